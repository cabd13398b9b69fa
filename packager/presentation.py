"""What players may see of one broadcast: a window for each rendition, and the tracks that are on the air.

The writer's pipeline changes it; whoever renders playlists only reads it. `diary` writes it down for others, so that
another node can show the same and a successor can go on with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from media.track import Kind
from packager.hls.multivariant import Rendition, render

if TYPE_CHECKING:
    from media.track import Track
    from packager.hls.window import Window


class Presentation:
    """Windows by rendition; tracks and usual durations of a sample (ticks, 0 if unknown) of the present run likewise.

    `reached_s` is the media time up to which there are parts, in seconds. `part_target` is PART-TARGET in ticks of a
    clock, with that clock's timescale; None until it is promised.
    """

    def __init__(self) -> None:
        self.windows: dict[str, Window] = {}
        self.tracks: dict[str, Track] = {}
        self.frames: dict[str, int] = {}
        self.reached_s = 0.0
        self.part_target: tuple[int, int] | None = None
        self._ready = False

    @property
    def ready(self) -> bool:
        """Whether playlists can be given out: the target duration is fixed and every rendition has a segment."""
        if not self._ready and self.tracks:
            windows = [self.windows[name] for name in self.tracks]
            self._ready = all(window.segments and window.target_duration for window in windows)
        return self._ready

    @property
    def ended(self) -> bool:
        """Whether nothing will follow in any rendition."""
        return all(window.ended for window in self.windows.values())

    @property
    def next_msn(self) -> int:
        """The lowest media sequence number that no segment or part has."""
        return max((window.last_msn + 1 for window in self.windows.values()), default=0)

    @property
    def discontinuity_sequence(self) -> int:
        """Discontinuity sequence number of the newest segment."""
        return max((window.last_discontinuity for window in self.windows.values()), default=0)

    def multivariant(self) -> str:
        """The multivariant playlist: the renditions of this run that players can load."""
        return render([self._row(name) for name in self.tracks if self.windows[name].segments])

    def _row(self, name: str) -> Rendition:
        """Bits a second are taken from segments of half a target duration or more (RFC 8216bis, 4.4.6.2)."""
        window, track, frame = self.windows[name], self.tracks[name], self.frames.get(name, 0)
        least = (window.target_duration or 0) / 2
        rates = [8 * each.size / each.duration for each in window.segments if each.duration >= least]
        return Rendition(
            name,
            track,
            peak=max(rates, default=0.0),
            average=8 * sum(each.size for each in window.segments) / max(window.duration, 0.001),
            frame_rate=track.timescale / frame if track.kind is Kind.VIDEO and frame else None,
        )
