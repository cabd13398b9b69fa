"""What players may see of one broadcast: a window for each rendition, and the tracks that are on the air.

The writer's pipeline changes it; whoever renders playlists only reads it. `diary` writes it down for others, so that
another node can show the same and a successor can go on with it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from media.track import Kind
from packager.dash import mpd
from packager.hls.multivariant import Rendition, render
from packager.names import epoch_of, is_part, number_of, rendition_of
from packager.rates import peak

if TYPE_CHECKING:
    from media.track import Track
    from packager.hls.segment import Place
    from packager.hls.window import Window


class Presentation:
    """Windows by rendition, and what is common to them.

    `inits` are the tracks by the names of the init segments that windows list, with measured frame rates; `present` are
    the init segments of the present run, or the last one, by rendition. `flowing` says that a run is open. `epoch` is
    the writer's fencing number, `span_s` for how many seconds players can go back. `reached_s` is the media time up to
    which there are parts, in seconds. `part_target` is PART-TARGET in ticks of a clock, with that clock's timescale;
    None until it is promised.
    """

    def __init__(self) -> None:
        self.windows: dict[str, Window] = {}
        self.inits: dict[str, Track] = {}
        self.present: dict[str, str] = {}
        self.flowing = False
        self.epoch = 0
        self.span_s = 0.0
        self.reached_s = 0.0
        self.part_target: tuple[int, int] | None = None
        self._ready = False

    @property
    def tracks(self) -> dict[str, Track]:
        """The tracks of the present run by rendition."""
        return {name: self.inits[init] for name, init in self.present.items()}

    @property
    def ready(self) -> bool:
        """Whether playlists can be given out: the target duration is fixed and every rendition has a segment."""
        if not self._ready and self.present:
            windows = [self.windows[name] for name in self.present]
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

    def lists(self, name: str) -> bool:
        """Whether playlists name it as something that can be had: an init segment, a segment, or a part."""
        window = self.windows.get(rendition_of(name))
        return name in self.inits or (window is not None and window.lists(name.rpartition("/")[2]))

    def hides(self, name: str) -> bool:
        """Whether it is a part that no player is told of, and that none may have."""
        window = self.windows.get(rendition_of(name))
        return is_part(name) and (window is None or not window.low_latency)

    def place(self, name: str) -> Place | None:
        """As `Window.place`, by names."""
        window = self.windows.get(rendition_of(name))
        found = window.place(name.rpartition("/")[2]) if window else None
        return replace(found, file=f"{rendition_of(name)}/{found.file}") if found else None

    def heir(self, name: str) -> str | None:
        """As `Window.heir`, by names: of segments that a writer before the present one told players to expect."""
        window = self.windows.get(rendition_of(name))
        if window is None or not 0 <= epoch_of(name) < self.epoch:
            return None
        file = window.heir(name.rpartition("/")[2])
        return f"{window.name}/{file}" if file else file

    def strays(self, name: str, period: int) -> bool:
        """Whether a segment came in another DASH period than `period`, in which players were told to expect it."""
        window = self.windows.get(rendition_of(name))
        return window is not None and window.period_of(number_of(name)) not in {None, period}

    def multivariant(self) -> str:
        """The multivariant playlist: the renditions of this run that players can load."""
        tracks = self.tracks.items()
        return render([self._row(name, track) for name, track in tracks if self.windows[name].segments])

    def mpd(self, *, over: bool = False) -> str:
        """The DASH manifest; `over` when everybody has heard of the end."""
        return mpd.render(self.windows, self.inits, span=self.span_s, flowing=self.flowing, over=over)

    def _row(self, name: str, track: Track) -> Rendition:
        """Bits a second are taken from segments of half a target duration or more (RFC 8216bis, 4.4.6.2)."""
        window = self.windows[name]
        least = (window.target_duration or 0) / 2
        return Rendition(
            name,
            track,
            peak=peak(((each.size, each.duration) for each in window.segments), least),
            average=8 * sum(each.size for each in window.segments) / max(window.duration, 0.001),
            frame_rate=track.frame_rate if track.kind is Kind.VIDEO else None,
        )
