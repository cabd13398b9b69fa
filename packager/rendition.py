"""One track on its way into parts, segments and its window. When to cut segments is decided elsewhere."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Final

from media.timing import usual
from media.track import Kind
from packager.commands import Life, Put
from packager.fmp4 import write_init, write_part, write_prft
from packager.hls.segment import Part
from packager.parts import PartBuilder
from packager.periods import Opening
from packager.segmenter import MAX_TARGET_DURATION

if TYPE_CHECKING:
    from media.sample import Sample
    from media.track import Track
    from packager.commands import Command
    from packager.hls.window import Window
    from packager.names import Names
    from packager.periods import Periods
    from packager.promises import Promises

_SLIGHTLY_S: Final = 0.1
"""A segment that could begin this little earlier than its first sample begins with it; more is a hole, and counts."""
_MAX_BEHIND_S: Final = 1.0
"""How far decode times may lie behind the samples' own where a segment starts without a key frame: a hole there would
make players wait for the next one, but none should take the segment for one of another time."""


class Rendition:
    """One track through one run; all times in its ticks, `wall_at_zero` in unix seconds.

    `start` is where the open segment begins, `begun` says whether it has any sample yet. `frame` is the usual duration
    of a sample, 0 until a part was cut.
    """

    def __init__(  # noqa: PLR0913 - the parts that a run puts together
        self,
        track: Track,
        names: Names,
        window: Window,
        promises: Promises,
        periods: Periods,
        *,
        init_number: int,
        wall_at_zero: float,
        discontinuity: bool,
    ) -> None:
        self.track = track
        self.window = window
        self.start = 0
        self.begun = False
        self.frame = 0
        self.init = names.init(init_number)
        self._is_video = track.kind is Kind.VIDEO
        self._names = names
        self._promises = promises
        self._periods = periods
        self._wall_at_zero = wall_at_zero
        self._discontinuity = discontinuity
        self._builder: PartBuilder | None = None
        self._parts: list[tuple[bytes, ...]] = []
        self._size = 0
        self._number = 0

    def redate(self, wall_at_zero: float) -> None:
        """Date what comes from now on, and what no player has seen yet, by another unix time of media time 0."""
        self.window.redate(wall_at_zero - self._wall_at_zero)
        self._wall_at_zero = wall_at_zero

    def put_init(self) -> Put:
        """The init segment."""
        return Put(self.init_name, (write_init(self.track),), Life.STORED)

    @property
    def init_name(self) -> str:
        """Name of the init segment."""
        return self._names.within(self.init)

    @property
    def measured_track(self) -> Track:
        """The track with the frame rate that samples have, as soon as a part was cut."""
        return replace(self.track, frame_rate=self.track.timescale / self.frame) if self.frame else self.track

    @property
    def flowing(self) -> bool:
        """Whether the next sample goes on where the last one ended, with no gap between them."""
        return self._builder is not None

    @property
    def _follows_gap(self) -> bool:
        last = self.window.segments[-1] if self.window.segments else None
        return last is not None and last.gap and not last.lost

    @property
    def next_msn(self) -> int:
        """The lowest media sequence number under which nothing was put."""
        return self.window.open_msn + (1 if self._parts else 0)

    @property
    def reached_s(self) -> float:
        """Media time up to which there are parts, in seconds."""
        return (self._builder.start if self._builder else self.start) / self.track.timescale

    @property
    def waiting(self) -> list[Sample]:
        """Samples of the part that is not cut yet."""
        return self._builder.samples if self._builder else []

    @property
    def waiting_ticks(self) -> int:
        """How long the part is that is not cut yet."""
        return self._builder.end - self._builder.start if self._builder else 0

    def elapsed(self, at: int) -> int:
        """How long the open segment is if it ends at `at`."""
        return at - self.start

    def aim(self, out: list[Command]) -> None:
        """Take PART-TARGET from the promises."""
        target = self._promises.part(self.track.timescale)
        if self._builder and target:
            self._builder.aim(target)
            if self._builder.full:
                self._cut_part(self._builder, out)

    def add(self, sample: Sample, out: list[Command]) -> None:
        """Take a sample into the open segment; put a part if one is done."""
        builder = self._builder
        if builder is None or not self.begun:
            builder = self._builder_for(sample)
        if builder.overruns(sample) or (self._is_video and sample.key and self._starts_part(builder)):
            self._cut_part(builder, out)
        builder.add(sample)
        if builder.full:
            self._cut_part(builder, out)

    def end_segment(self, at: int, out: list[Command], *, flows: bool) -> float:
        """Close the open segment at `at`, where the next one begins; answers with its seconds.

        `flows` says that the next sample will go on where the last one ended. A segment without samples becomes a gap,
        of which no more is told than a segment may last.
        """
        if self._builder and self._builder.samples:
            self._cut_part(self._builder, out)
        if not (flows and self._parts):
            self._builder = None
        duration = max(at - self.start, 1) / self.track.timescale
        if not self._parts:
            duration = min(duration, self._promises.duration or MAX_TARGET_DURATION)
        self._close(duration, out)
        self.start = at
        return duration

    def _builder_for(self, sample: Sample) -> PartBuilder:
        """Where the first sample of a segment belongs; it may begin anew, at its own decode time."""
        builder, late = self._builder, 0
        if builder is None or self._starts_anew(builder, sample):
            late = max(sample.dts - self.start, 0)
            if 0 < sample.dts - self.start <= _SLIGHTLY_S * self.track.timescale:
                self.start = sample.dts
            builder = self._builder = PartBuilder(sample.dts, self._promises.part(self.track.timescale))
        if self._follows_gap:
            self._periods.require()
        self._begin(sample.pts, late)
        return builder

    def _starts_anew(self, builder: PartBuilder, sample: Sample) -> bool:
        behind = sample.dts - builder.start
        return behind != 0 and (sample.key or behind > _MAX_BEHIND_S * self.track.timescale)

    def _starts_part(self, builder: PartBuilder) -> bool:
        """A key frame within a segment opens a part, for players to join at, unless the present part has one."""
        if not builder.aims or not builder.samples:
            return False
        return not any(each.key for each in builder.samples)

    def _cut_part(self, builder: PartBuilder, out: list[Command]) -> None:
        cut = builder.cut()
        self.frame = self.frame or usual(sample.duration for sample in cut.samples)
        body = write_part(self._number, cut.times, cut.samples)
        if not self._parts:
            body = (write_prft(cut.samples[0].pts, self._date(cut.samples[0].pts)), *body)
        self._number += 1
        msn, index = self.window.open_msn, len(self._parts)
        size = sum(map(len, body))
        self._parts.append(body)
        self._size += size
        file = self._names.part(msn, index)
        out.append(Put(self._names.within(file), body, Life.EDGE))
        part = Part(file, cut.ticks / self.track.timescale, cut.samples[0].key, size)
        self.window.add_part(part, self._names.part(msn, index + 1))

    def _begin(self, first_pts: int, late: int = 0) -> None:
        """Begin a segment whose first sample comes `late` after where it could: other renditions may begin there."""
        self.begun = True
        window, timescale = self.window, self.track.timescale
        date = self._date(first_pts)
        first = Opening(window.open_msn, first_pts - late, date - late / timescale)
        opening = self._periods.of(first, timescale)
        window.begin_segment(self.init, date, discontinuity=self._discontinuity, time=first_pts, opening=opening)
        self._discontinuity = False

    def _date(self, time: int) -> float:
        return self._wall_at_zero + time / self.track.timescale

    def _close(self, duration: float, out: list[Command]) -> None:
        if not self.begun:
            self._begin(self.start)
        msn = self.window.open_msn
        file = self._names.segment(msn)
        if self._parts:
            out.append(Put(self._names.within(file), tuple(chain.from_iterable(self._parts)), Life.STORED))
        self.window.close_segment(file, duration, self._size, self.first_part(msn + 1))
        self._parts, self._size, self.begun = [], 0, False

    def first_part(self, msn: int) -> str:
        """The file of the first part of segment `msn`."""
        return self._names.part(msn, 0)
