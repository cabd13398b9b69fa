"""A whole recording: rows in, manifests out.

    inits, and segments in order → Recording → index.m3u8, v0/index.m3u8, …, manifest.mpd; every file that is needed

Segments of a rendition come in order of their numbers; renditions may come one after the other. A recording of a week
in segments of 2 s has 300,000 of each rendition; while its manifests are made, each takes some 0.8 KB of memory.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import floor
from typing import TYPE_CHECKING, Final

from media.track import Kind
from packager.dash import mpd
from packager.dash.on_demand import Stretches, periods
from packager.hls import multivariant
from packager.hls.on_demand import OnDemandPlaylist
from packager.rates import peak

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from packager.inventory import Stored
    from packager.recorded import Recorded, RecordedInit

MULTIVARIANT: Final = "index.m3u8"
MPD: Final = "manifest.mpd"
_LEAST_S: Final = 0.001
"""What is divided by when nothing lasts at all."""


class Recording:
    """What was recorded of a broadcast. `inits` are all its init segments.

    A segment whose init segment is not among them cannot be played, and is a gap like one that was not stored.
    """

    def __init__(self, inits: Iterable[RecordedInit]) -> None:
        self._inits = {init.name: init for init in inits}
        self._renditions: dict[str, _Rendition] = {}
        self._media: list[Stored] = []
        self._discontinuities: set[int] = set()

    def add(self, segment: Recorded) -> None:
        """Take the next segment of its rendition."""
        rendition = self._renditions.setdefault(segment.rendition, _Rendition(segment.rendition))
        init = self._inits.get(segment.init_name)
        if segment.discontinuity:
            self._discontinuities.add(segment.msn)
        if init is None or segment.gap:
            rendition.playlist.add(segment if segment.gap else replace(segment, size=0, sha256=""))
        else:
            rendition.add(segment, init)
            self._media.append(segment.stored)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to play."""
        return not self._media

    @property
    def media(self) -> list[Stored]:
        """Every object that manifests name."""
        inits = [init.stored for each in self._renditions.values() for init in each.inits]
        return [*inits, *self._media]

    def finish(self) -> Finished:
        """Its manifests, once everything was added; nothing may be added afterwards."""
        whole = sorted((each for each in self._renditions.values() if each.inits), key=_video_first)
        first = min((each.playlist.first for each in whole), default=0)
        end = max((each.playlist.next for each in whole), default=0)
        for each in whole:
            each.playlist.cover(first, end, [other.playlist for other in whole if other is not each])
        return Finished(self._manifests(whole), max((sum(each.playlist.seconds) for each in whole), default=0.0))

    def _manifests(self, whole: Sequence[_Rendition]) -> dict[str, bytes]:
        longest = max((max(each.playlist.seconds) for each in whole), default=1.0)
        target = max(1, floor(longest + 0.5))
        made = {MULTIVARIANT: multivariant.render([each.row(target) for each in whole])}
        for each in whole:
            made[f"{each.name}/{MULTIVARIANT}"] = each.playlist.render(target, self._discontinuities)
        made[MPD] = mpd.render_on_demand(periods({each.name: each.stretches for each in whole}))
        return {name: text.encode() for name, text in made.items()}


@dataclass(frozen=True, slots=True)
class Finished:
    """Manifests by name, and for how many seconds they play, gaps included."""

    manifests: Mapping[str, bytes]
    duration_s: float


class _Rendition:
    """One rendition of a recording; `inits` are those that it needs."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.inits: list[RecordedInit] = []
        self.playlist = OnDemandPlaylist()
        self.stretches = Stretches()

    def add(self, segment: Recorded, init: RecordedInit) -> None:
        if init not in self.inits:
            self.inits.append(init)
        self.playlist.add(segment)
        self.stretches.add(segment, init.track)

    def row(self, target_duration: int) -> multivariant.Rendition:
        """Its line in the multivariant playlist: the largest picture, and the codecs of all times."""
        tracks = [init.track for init in self.inits]
        largest = max(tracks, key=lambda track: track.width * track.height)
        sizes, seconds = self.playlist.sizes, self.playlist.seconds
        played = sum(each for each, size in zip(seconds, sizes, strict=True) if size)
        return multivariant.Rendition(
            self.name,
            largest,
            peak=peak(zip(sizes, seconds, strict=True), target_duration / 2),
            average=8 * sum(sizes) / max(played, _LEAST_S),
            frame_rate=max((track.frame_rate or 0.0 for track in tracks), default=0.0) or None,
            others=tuple(tracks),
        )


def _video_first(rendition: _Rendition) -> tuple[bool, str]:
    return rendition.inits[0].track.kind is not Kind.VIDEO, rendition.name
