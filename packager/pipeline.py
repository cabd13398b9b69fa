"""Live samples in, commands out: `LivePackager` is the packager as the origin sees it.

    push(sample) → Run: where to cut → Rendition: parts and segments → [Put, Put, Delete], and `windows` for playlists

All that outlasts a run lives here: what players see (`presentation`), what they were promised, what is to be deleted
when.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from media.track import Kind
from packager.hls import multivariant
from packager.hls.window import Window
from packager.names import Names, rendition_of
from packager.periods import Periods
from packager.presentation import Presentation
from packager.promises import Promises
from packager.rendition import Rendition
from packager.resumption import close_open_segments
from packager.retention import Retention
from packager.run import Run

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

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

    def __init__(self, settings: LiveSettings, presentation: Presentation | None = None) -> None:
        self._settings = settings
        self.presentation = presentation or Presentation()
        self.presentation.epoch, self.presentation.span_s = settings.epoch, settings.dvr_window_s
        self._windows = self.presentation.windows
        part_s = settings.part_target_s if settings.low_latency else _CHUNK_S
        self._promises = Promises(self._windows, part_s, settings.segment_min_s)
        self._retention = Retention(self._windows, settings.dvr_window_s)
        self._periods = Periods()
        self._renditions: dict[str, Rendition] = {}
        self._unmeasured: list[Rendition] = []
        self._run: Run | None = None
        self._runs = 0
        self._wall: float | None = None
        self._run_msn = settings.first_msn
        self._discontinuity = settings.first_discontinuity
        self._dropped = 0

    @classmethod
    def resume(
        cls, settings: LiveSettings, presentation: Presentation, bodies: Mapping[str, tuple[bytes, ...]]
    ) -> tuple[LivePackager, list[Command]]:
        """Go on with what another writer has shown, under a higher epoch; `start` begins the next run.

        `bodies` are the parts of the open segments, by name, as far as they could be saved: those segments are closed
        with them. What players were promised is kept, whatever `settings` say.
        """
        packager = cls(settings, presentation)
        presentation.flowing = False
        durations = {window.target_duration for window in presentation.windows.values()} - {None}
        packager._promises.keep(presentation.part_target, max((each or 0 for each in durations), default=None))
        out = close_open_segments(presentation, settings.epoch, bodies, packager._promises)
        if presentation.windows:
            packager._run_msn = presentation.next_msn
            packager._discontinuity = presentation.discontinuity_sequence + 1
        for window in presentation.windows.values():
            packager._retention.slide(window)
        return packager, out

    def adopt(self, names: Iterable[str]) -> None:
        """Take charge of stored objects that no playlist lists any more: they are deleted when nobody can need them."""
        self._retention.adopt(names)

    @property
    def windows(self) -> Mapping[str, Window]:
        """The windows by rendition; one that a later run lacks has ended and goes when nobody can need it."""
        return self._windows

    @property
    def wall_at_zero(self) -> float | None:
        """The unix time of media time 0 by which the last run is dated; None before the first."""
        return self._wall

    @property
    def flowing(self) -> bool:
        """As the presentation's."""
        return self.presentation.flowing

    @property
    def tracks(self) -> Mapping[str, Track]:
        """What each init segment that playlists name is for, by its name; `frame_rate` is measured."""
        return self.presentation.inits

    @property
    def ready(self) -> bool:
        """As the presentation's."""
        return self.presentation.ready

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
        self._periods.require()
        self._renditions = {name: self._rendition(name, track, wall_at_zero) for name, track in named.items()}
        self._unmeasured = list(self._renditions.values())
        self._show_tracks()
        out += [each.put_init() for each in self._renditions.values()]
        leader, *others = self._renditions.values()
        self._run = Run(leader, others[0] if others else None, self._promises, self._retention)
        self._runs += 1
        self.presentation.flowing = True
        self._promises.tell()
        self._retire([name for name in self._windows if name not in named])
        return out

    def set_wall(self, wall_at_zero: float) -> None:
        """Date what comes from now on by another unix time of media time 0."""
        if not any(window.segments for window in self._windows.values()):
            self._periods.redate(wall_at_zero - (self._wall or 0.0))
        self._wall = wall_at_zero
        for rendition in self._renditions.values():
            rendition.redate(wall_at_zero)

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
            if out:
                self._note_progress()
        return out

    def pause(self) -> list[Command]:
        """End the run: open segments are closed, and whatever comes next begins with `start`."""
        out: list[Command] = []
        self._finish(out)
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
        """As the presentation's."""
        return self.presentation.mpd(over=over)

    def multivariant(self) -> str:
        """As the presentation's."""
        return self.presentation.multivariant()

    def _note_progress(self) -> None:
        shown = self.presentation
        for rendition in self._renditions.values():
            shown.reached_s = max(shown.reached_s, rendition.reached_s)
        if self._unmeasured:
            self._unmeasured = [each for each in self._renditions.values() if not each.frame]
            self._show_tracks()
        shown.part_target = self._promises.part_target

    def _show_tracks(self) -> None:
        """Tell of the tracks of this run, and of those before that windows still name."""
        shown = self.presentation
        named = {f"{name}/{each.init}" for name, window in self._windows.items() for each in window.segments}
        past = {name: init for name, init in shown.inits.items() if name in named}
        shown.inits = past | {each.init_name: each.measured_track for each in self._renditions.values()}
        shown.present = {name: each.init_name for name, each in self._renditions.items()}

    def _finish(self, out: list[Command]) -> None:
        if not self._run:
            return
        self._run.finish(out)
        self._note_progress()
        self._dropped += self._run.dropped
        self._run = None
        self.presentation.flowing = False
        msn = self.next_msn
        if msn > self._run_msn:
            self._discontinuity += 1
        self._run_msn = msn

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
