"""A run: samples between two discontinuities, and the cuts that all renditions make together.

One track leads: video, or the only one there is. It decides where segments end (`segmenter`), and the other one
follows: its samples are held until the leader has come as far, which costs players nothing, since they need both to go
on. So segment number n covers the same time in all renditions.

A leader that stays away for a target duration while the other goes on is given up until its next key frame: the
follower cuts by itself, and the leader's segments are gaps. A follower that stays away as long has its segments closed
without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from media.timing import rescale
from packager.follower import Follower
from packager.parts import part_target
from packager.segmenter import Segmenter

if TYPE_CHECKING:
    from media.sample import Sample
    from packager.commands import Command
    from packager.promises import Promises
    from packager.rendition import Rendition
    from packager.retention import Retention

_NO_GAP_S: Final = 0.1
"""A leader that comes back this soon after a cut needs no gap before it."""


class Run:
    """Two tracks, or one, until the next discontinuity."""

    def __init__(self, leader: Rendition, other: Rendition | None, promises: Promises, retention: Retention) -> None:
        self._dropped = 0
        self._leader = leader
        self._follower = Follower(other, promises, retention) if other else None
        self._promises = promises
        self._retention = retention
        self._segmenter = Segmenter(leader.track.timescale, promises.least_s, promises.duration)
        self._front: int | None = None
        self._offset = 0
        self._away = False

    @property
    def dropped(self) -> int:
        """Samples that came too late, before a key frame, or of a kind that was not announced."""
        return self._dropped + (self._follower.dropped if self._follower else 0)

    def push(self, sample: Sample, out: list[Command]) -> None:
        """Take the next sample of either track."""
        if sample.kind is self._leader.track.kind:
            self._lead(sample, out)
        elif self._follower:
            self._receive(self._follower, sample, out)
        else:
            self._dropped += 1

    def finish(self, out: list[Command]) -> None:
        """Close what is open in all renditions, so that they end with the same segment."""
        leader, follower = self._leader, self._follower
        if self._front is None and not self._away:
            return
        self._aim(out, at_once=True)
        if follower:
            follower.flush(out)
        if not (leader.begun or (follower and follower.rendition.begun)):
            return
        end = max(self._front or 0, follower.end_on(leader) if follower else 0)
        if follower:
            follower.end_segment(follower.ticks(end + self._offset, leader), out, flows=False)
        self._end_leader(end, out, flows=False)

    def _lead(self, sample: Sample, out: list[Command]) -> None:
        if not self._admits(sample):
            self._dropped += 1
            return
        if sample.key:
            self._offset = sample.pts - sample.dts
        self._begin_or_return(sample, out)
        leader, end = self._leader, sample.dts + sample.duration
        cut = self._segmenter.cuts(sample, leader.elapsed(sample.dts), leader.elapsed(end))
        if cut and leader.begun:
            self._cut(sample.dts, out)
        leader.add(sample, out)
        self._front = end
        self._aim(out)
        self._hint(end)
        if self._follower:
            self._follower.advance(self._follower.ticks(end, leader), out)

    def _admits(self, sample: Sample) -> bool:
        """A decoder starts at a key frame, and no sample may come before the segment that it would be in."""
        if self._front is not None and not self._away:
            return True
        return sample.key and (not self._away or sample.dts >= self._leader.start)

    def _begin_or_return(self, sample: Sample, out: list[Command]) -> None:
        leader, follower = self._leader, self._follower
        if follower and self._front is None and not self._away:
            follower.begin(follower.ticks(sample.pts, leader))
        if follower and self._away:
            self._away = False
            if sample.dts - leader.start > _NO_GAP_S * leader.track.timescale:
                self._end_leader(min(sample.dts, leader.start + self._segmenter.limit), out, flows=False)
                follower.cut_at(follower.ticks(sample.pts, leader))

    def _cut(self, at: int, out: list[Command]) -> None:
        """End the leader's segment at `at`, and the follower's where it comes to the same time."""
        self._end_leader(at, out, flows=not self._away)
        self._fix_duration()
        if self._follower:
            self._follower.cut_at(self._follower.ticks(at + self._offset, self._leader))

    def _end_leader(self, at: int, out: list[Command], *, flows: bool) -> None:
        seconds = self._leader.end_segment(at, out, flows=flows)
        self._promises.saw(seconds)
        self._retention.slide(self._leader.window)
        self._retention.passed(seconds, out)

    def _fix_duration(self) -> None:
        if self._promises.duration is None:
            self._promises.fix_duration()
            self._segmenter.fix(self._promises.duration)

    def _hint(self, end: int) -> None:
        """Where the segment is likely to be at its end, promise the next one's first part and not one more of this."""
        leader, window = self._leader, self._leader.window
        if window.hint is None or leader.waiting:
            return
        if self._segmenter.expects_cut(end, leader.elapsed(end)):
            window.promise(leader.first_part(window.open_msn + 1))

    def _aim(self, out: list[Command], *, at_once: bool = False) -> None:
        """Fix PART-TARGET when the first samples have shown how long a frame lasts."""
        promises, follower = self._promises, self._follower
        first = follower.rendition if self._away and follower else self._leader
        timescale = first.track.timescale
        if promises.part(timescale) is not None:
            return
        durations = [sample.duration for sample in first.waiting]
        if at_once or sum(durations) >= (promises.part_s - 1e-6) * timescale:
            other = follower.frame_s if follower and first is self._leader else 0.0
            promises.fix_part(part_target(durations, timescale, promises.part_s, other), timescale)
            first.aim(out)

    def _receive(self, follower: Follower, sample: Sample, out: list[Command]) -> None:
        follower.hold(sample)
        front = None if self._front is None else follower.ticks(self._front, self._leader)
        if self._away:
            self._go_alone(follower, out)
        elif follower.has_run_ahead(front):
            self._give_up(follower, out)
        elif front is not None:
            follower.advance(front, out)

    def _give_up(self, follower: Follower, out: list[Command]) -> None:
        """Go on without the leader."""
        self._away = True
        if self._front is None:
            self._leader.start = rescale(follower.begin_here(), follower.timescale, self._leader.track.timescale)
        elif self._leader.begun:
            self._cut(self._front, out)
        self._go_alone(follower, out)

    def _go_alone(self, follower: Follower, out: list[Command]) -> None:
        while sample := follower.next_held():
            if follower.cuts_alone(sample):
                follower.end_segment(sample.dts, out, flows=True)
                self._end_leader(
                    rescale(sample.dts, follower.timescale, self._leader.track.timescale), out, flows=False
                )
                self._fix_duration()
            follower.take(sample, out)
            self._aim(out)
