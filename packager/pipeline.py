"""Live samples in, commands out: `LivePackager` is the packager as the origin sees it.

    push(sample) → Run: where to cut → Rendition: parts and segments → [Put, Put, Delete], and `windows` for playlists

All that outlasts a run lives here: the windows, what players were promised, what is to be deleted when.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from media.track import Kind
from packager.dash import mpd
from packager.hls import multivariant
from packager.hls.window import Window
from packager.names import Names, rendition_of
from packager.periods import Periods
from packager.promises import Promises
from packager.rates import peak
from packager.rendition import Rendition
from packager.retention import Retention
from packager.run import Run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from media.sample import Sample
    from media.track import Track
    from packager.commands import Command

_CHUNK_S: Final = 1.0
"""Where no parts are shown, samples are still written a second at a time, so that a crash loses no more."""
_NAMES: Final = {Kind.VIDEO: "v0", Kind.AUDIO: "a0"}
"""The leader first."""


@dataclass(frozen=True, slots=True)
class LiveSettings:
    """What a broadcast is packaged by.

    `epoch` is the writer's fencing number, `first_msn` and `first_discontinuity` go on where the writer before ended.
    `part_target_s` is the least that a part should last; PART-TARGET is the whole number of frames that does.
    `segment_min_s` is the least that a segment should last, `dvr_window_s` what playlists hold.
    """

    epoch: int
    first_msn: int
    first_discontinuity: int
    low_latency: bool
    dvr_window_s: float
    segment_min_s: float
    part_target_s: float = 0.2


class LivePackager:
    """Packages one broadcast. Call `start`, then `push` for every sample, then `close`.

    Samples of one kind come in order of their decode times; kinds may be some seconds apart. Audio samples are all key.
    `start` may be called again, for a discontinuity. Commands are to be carried out in order.
    """

    def __init__(self, settings: LiveSettings) -> None:
        self._settings = settings
        self._windows: dict[str, Window] = {}
        part_s = settings.part_target_s if settings.low_latency else _CHUNK_S
        self._promises = Promises(self._windows, part_s, settings.segment_min_s)
        self._retention = Retention(self._windows, settings.dvr_window_s)
        self._periods = Periods()
        self._renditions: dict[str, Rendition] = {}
        self._past: dict[str, Track] = {}
        self._run: Run | None = None
        self._runs = 0
        self._wall = 0.0
        self._run_msn = settings.first_msn
        self._discontinuity = settings.first_discontinuity
        self._dropped = 0
        self._ready = False

    @property
    def windows(self) -> Mapping[str, Window]:
        """The windows by rendition; one that a later run lacks has ended and goes when nobody can need it."""
        return self._windows

    @property
    def epoch(self) -> int:
        """The writer's fencing number, in every name."""
        return self._settings.epoch

    @property
    def runs(self) -> int:
        """How many runs have begun."""
        return self._runs

    @property
    def flowing(self) -> bool:
        """Whether a run is open: what is predicted by the last segments will come."""
        return self._run is not None

    @property
    def tracks(self) -> Mapping[str, Track]:
        """What each init segment that playlists name is for, by its name; `frame_rate` is measured."""
        return self._past | {each.init_name: each.measured_track for each in self._renditions.values()}

    @property
    def ready(self) -> bool:
        """Whether playlists can be given out: the target duration is fixed and every rendition has a segment."""
        if not self._ready and self._promises.duration is not None:
            self._ready = all(self._windows[name].segments for name in self._renditions)
        return self._ready

    @property
    def next_msn(self) -> int:
        """The lowest media sequence number under which nothing was put."""
        return max((each.next_msn for each in self._renditions.values()), default=self._run_msn)

    @property
    def discontinuity_sequence(self) -> int:
        """Discontinuity sequence number of the present run."""
        return self._discontinuity

    @property
    def dropped(self) -> int:
        """Samples that were left out: too late, before a key frame, or of a kind that was not announced."""
        return self._dropped + (self._run.dropped if self._run else 0)

    def start(self, tracks: Sequence[Track], wall_at_zero: float) -> list[Command]:
        """Begin a run with these tracks, at most one of a kind; `wall_at_zero` is the unix time of media time 0.

        Raises ValueError where there is no track or a configuration cannot be packaged.
        """
        by_kind = {track.kind: track for track in tracks}
        named = {name: by_kind[kind] for kind, name in _NAMES.items() if kind in by_kind}
        if not named or len(by_kind) < len(tracks):
            raise ValueError("a run has one video track, one audio track, or both")
        multivariant.check(named.values())
        out: list[Command] = []
        self._wall = wall_at_zero
        self._finish(out)
        self._past = self._listed_tracks()
        self._periods.require()
        self._renditions = {name: self._rendition(name, track, wall_at_zero) for name, track in named.items()}
        out += [each.put_init() for each in self._renditions.values()]
        leader, *others = self._renditions.values()
        self._run = Run(leader, others[0] if others else None, self._promises, self._retention)
        self._runs += 1
        self._promises.tell()
        self._retire([name for name in self._windows if name not in named])
        return out

    def set_wall(self, wall_at_zero: float) -> None:
        """Date what comes from now on by another unix time of media time 0."""
        if not any(window.segments for window in self._windows.values()):
            self._periods.redate(wall_at_zero - self._wall)
        self._wall = wall_at_zero
        for rendition in self._renditions.values():
            rendition.redate(wall_at_zero)

    def pause(self) -> list[Command]:
        """End the run: what is open is closed at once. Nothing comes before the next `start`."""
        out: list[Command] = []
        self._finish(out)
        return out

    def mark_lost(self, name: str) -> None:
        """Show a segment that was put but cannot be fetched any more as a gap (RFC 8216bis, 4.4.4.7)."""
        window = self._windows.get(rendition_of(name))
        if window:
            window.mark_lost(name)

    def push(self, sample: Sample) -> list[Command]:
        """Take the next sample."""
        out: list[Command] = []
        if self._run:
            self._run.push(sample, out)
        return out

    def close(self) -> list[Command]:
        """End the broadcast: open segments are closed, and playlists say so."""
        out: list[Command] = []
        self._finish(out)
        self._promises.fix_duration()
        for window in self._windows.values():
            window.end()
        return out

    def mpd(self, *, over: bool = False) -> str:
        """The DASH manifest; `over` when everybody has heard of the end."""
        span = self._settings.dvr_window_s
        return mpd.render(self._windows, self.tracks, span=span, flowing=self.flowing, over=over)

    def multivariant(self) -> str:
        """The multivariant playlist: the renditions of this run that players can load."""
        return multivariant.render(
            [_row(each) for each in self._renditions.values() if each.window.segments],
        )

    def _finish(self, out: list[Command]) -> None:
        if not self._run:
            return
        self._run.finish(out)
        self._dropped += self._run.dropped
        self._run = None
        msn = self.next_msn
        if msn > self._run_msn:
            self._discontinuity += 1
        self._run_msn = msn

    def _listed_tracks(self) -> dict[str, Track]:
        """Those of past runs that windows still name."""
        named = {f"{name}/{each.init}" for name, window in self._windows.items() for each in window.segments}
        return {name: track for name, track in self.tracks.items() if name in named}

    def _rendition(self, name: str, track: Track, wall_at_zero: float) -> Rendition:
        window = self._windows.get(name)
        if window is None or window.ended:
            window = self._windows[name] = Window(
                name,
                media_sequence=self._run_msn,
                discontinuity_sequence=self._discontinuity,
                low_latency=self._settings.low_latency,
            )
        names = Names(name, self._settings.epoch)
        window.promise(names.part(window.open_msn, 0))
        return Rendition(
            track,
            names,
            window,
            self._promises,
            self._periods,
            init_number=self._runs,
            wall_at_zero=wall_at_zero,
            discontinuity=bool(window.segments),
        )

    def _retire(self, names: Sequence[str]) -> None:
        for name in names:
            window = self._windows[name]
            if not window.ended:
                window.end()
                self._retention.retire(window)


def _row(rendition: Rendition) -> multivariant.Rendition:
    """Bits a second are taken from segments of half a target duration or more (RFC 8216bis, 4.4.6.2)."""
    window, track = rendition.window, rendition.track
    least = (window.target_duration or 0) / 2
    return multivariant.Rendition(
        rendition.window.name,
        track,
        peak=peak(((each.size, each.duration) for each in window.segments), least),
        average=8 * sum(each.size for each in window.segments) / max(window.duration, 0.001),
        frame_rate=rendition.measured_track.frame_rate if track.kind is Kind.VIDEO and rendition.frame else None,
    )
