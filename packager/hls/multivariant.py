"""The playlist that names the renditions, written by the `m3u8` package (RFC 8216bis, 4.4.6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import m3u8

from media.codecs import codec_string
from media.track import Kind
from packager.labels import label
from packager.rates import declared, rounded

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from media.track import Track

_GROUP: Final = "audio"


@dataclass(frozen=True, slots=True)
class Rendition:
    """One row: name, track, bits a second of its densest segment and on average, and its measured frame rate.

    `others` are tracks that it had at other times.
    """

    name: str
    track: Track
    peak: float
    average: float
    frame_rate: float | None = None
    others: tuple[Track, ...] = ()

    @property
    def uri(self) -> str:
        """Relative to the multivariant playlist."""
        return f"{self.name}/index.m3u8"


def render(renditions: Sequence[Rendition]) -> str:
    """One variant for each video rendition with the audio group beside it; without video, one for each audio."""
    videos = [row for row in renditions if row.track.kind is Kind.VIDEO]
    audios = [row for row in renditions if row.track.kind is Kind.AUDIO]
    playlist: Any = m3u8.M3U8()
    playlist.version = 9
    names = _names(audios)
    group = (
        [_media(row, name, default=row is audios[0]) for row, name in zip(audios, names, strict=True)] if videos else []
    )
    for medium in group:
        playlist.add_media(medium)
    for row in videos or audios:
        playlist.add_playlist(_variant(row, audios if videos else [], group))
    return str(playlist.dumps())


def check(tracks: Iterable[Track]) -> None:
    """Raise MalformedConfig, a ValueError, for a track whose codec string cannot be told."""
    for track in tracks:
        codec_string(track)


def _variant(row: Rendition, audios: Sequence[Rendition], group: list[m3u8.Media]) -> m3u8.Playlist:
    codecs = dict.fromkeys(codec_string(track) for each in (row, *audios) for track in (each.track, *each.others))
    info: dict[str, Any] = {
        "bandwidth": declared(row.peak + max((audio.peak for audio in audios), default=0.0)),
        "average_bandwidth": rounded(row.average + max((audio.average for audio in audios), default=0.0)),
        "codecs": ",".join(codecs),
    }
    if row.track.width:
        info["resolution"] = "x".join(map(str, row.track.shown_size))
    if row.frame_rate:
        info["frame_rate"] = round(row.frame_rate, 3)
    if audios:
        info["audio"] = _GROUP
    return m3u8.Playlist(row.uri, info, group, None)


def _names(rows: Sequence[Rendition]) -> list[str]:
    """What a player's menu shows: no two alike within the group (4.4.6.1.1)."""
    wanted = [label(row.track) or row.track.known_language or row.name for row in rows]
    return [name if wanted.count(name) == 1 else f"{name} ({row.name})" for name, row in zip(wanted, rows, strict=True)]


def _media(row: Rendition, name: str, *, default: bool) -> m3u8.Media:
    language = row.track.known_language
    return m3u8.Media(
        uri=row.uri,
        type="AUDIO",
        group_id=_GROUP,
        language=language,
        name=name,
        default="YES" if default else "NO",
        autoselect="YES",
        channels=str(row.track.channels),
    )
