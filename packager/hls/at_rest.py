"""Playlists as they rest in the store: they list what is there, and nothing that only a server at work can give.

No parts, no hints, no blocking reload: whoever reads them finds files. A window's newest segments, which the store has
not taken yet, are left out; once the window has ended, the playlist says so.
"""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Final

from packager.hls import tags

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from packager.hls.segment import Segment
    from packager.hls.window import Window

_VERSION: Final = 8
"""EXT-X-GAP needs it (RFC 8216bis, section 8)."""


def manifests(windows: Mapping[str, Window], multivariant: str, stored: Container[str]) -> dict[str, bytes]:
    """Every playlist by its name, for a store that holds `stored` (names such as `v0/1-7.m4s`)."""
    playlists = {f"{name}/index.m3u8": render(window, stored).encode() for name, window in windows.items()}
    return {"index.m3u8": multivariant.encode(), **playlists}


def render(window: Window, stored: Container[str]) -> str:
    """The playlist of one window, up to the first segment that `stored` lacks."""

    def resting(segment: Segment) -> bool:
        media = segment.gap or f"{window.name}/{segment.file}" in stored
        return media and f"{window.name}/{segment.init}" in stored

    segments = list(takewhile(resting, window.segments))
    lines = [
        "#EXTM3U",
        f"#EXT-X-VERSION:{_VERSION}",
        f"#EXT-X-TARGETDURATION:{window.target_duration or 1}",
        f"#EXT-X-MEDIA-SEQUENCE:{window.media_sequence}",
        f"#EXT-X-DISCONTINUITY-SEQUENCE:{window.discontinuity_sequence}" if window.discontinuity_sequence else "",
        tags.media_map(segments[0].init) if segments and not segments[0].head.new_init else "",
    ]
    end = "#EXT-X-ENDLIST\n" if window.ended else ""
    return "".join([*(f"{line}\n" for line in lines if line), *(segment.lines for segment in segments), end])
