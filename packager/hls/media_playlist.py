"""The playlist of one rendition, rendered when asked for out of lines that are kept with their segments."""

from __future__ import annotations

from bisect import bisect_right
from operator import attrgetter
from typing import TYPE_CHECKING, Final

from packager.hls import tags

if TYPE_CHECKING:
    from collections.abc import Mapping

    from packager.hls.window import Window

_VERSION: Final = 9
"""EXT-X-SKIP needs it (RFC 8216bis, section 8)."""
_PARTS_FOR: Final = 3
"""Parts are of use within three target durations of the end (4.4.4.9)."""
_SKIP_UNTIL: Final = 6
"""The skip boundary in target durations (4.4.3.8)."""


def render(window: Window, others: Mapping[str, Window], *, skip: bool) -> str:
    """The playlist of `window`; with `skip` a delta update, if there is anything to leave out.

    `others` are the windows of the broadcast by rendition; reports are given of those that go on.
    A window whose target duration is not fixed yet is told with a target duration of its longest segment.
    """
    target = window.target_duration or 1
    skipped = _first_ending_after(window, _edge(window) - _SKIP_UNTIL * target) if skip else 0
    body = (tags.skip(skipped) + "\n" if skipped else "") + _segments(window, skipped, target)
    return _header(window, target) + body + _tail(window, others)


def _header(window: Window, target: int) -> str:
    parts = window.part_target if window.low_latency else None
    lines = [
        "#EXTM3U",
        f"#EXT-X-VERSION:{_VERSION}",
        f"#EXT-X-TARGETDURATION:{target}",
        tags.server_control(target, parts),
        tags.part_inf(parts) if parts is not None else "",
        f"#EXT-X-MEDIA-SEQUENCE:{window.media_sequence}",
        f"#EXT-X-DISCONTINUITY-SEQUENCE:{window.discontinuity_sequence}" if window.discontinuity_sequence else "",
    ]
    return "".join(f"{line}\n" for line in lines if line)


def _segments(window: Window, skipped: int, target: int) -> str:
    segments = window.segments
    with_parts = len(segments)
    if window.low_latency and not window.ended:
        with_parts = max(skipped, _first_ending_after(window, _edge(window) - _PARTS_FOR * target))
    lines = [segment.lines for segment in segments[skipped:with_parts]]
    if not skipped and segments and not segments[0].head.new_init:
        lines.insert(0, f"{tags.media_map(segments[0].init)}\n")
    lines += [segment.lines_with_parts for segment in segments[with_parts:]]
    return "".join(lines)


def _edge(window: Window) -> float:
    """The playlist's end, in seconds of the window's age."""
    return window.age + sum(part.duration for part in window.shown_parts)


def _first_ending_after(window: Window, age: float) -> int:
    """Index of the first segment that ends after `age`: those before lie behind a boundary."""
    return bisect_right(window.segments, age, key=attrgetter("end"))


def _tail(window: Window, others: Mapping[str, Window]) -> str:
    """What follows the closed segments: the open one's parts, the hint, the reports, or the end."""
    if window.ended:
        return "#EXT-X-ENDLIST\n"
    lines = [part.lines for part in window.shown_parts]
    if lines and window.open_head:
        lines.insert(0, window.open_head.lines)
    if window.hint is not None:
        lines.append(tags.preload_hint(window.hint) + "\n")
    lines += [_report(other) for other in others.values() if other.name != window.name and not other.ended]
    return "".join(lines)


def _report(other: Window) -> str:
    if other.last_msn < other.media_sequence:
        return ""
    return tags.rendition_report(f"../{other.name}/index.m3u8", other.last_msn, other.last_part) + "\n"
