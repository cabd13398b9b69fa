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

_MAX_GAPS: Final = 8
"""Of a hole of more segments than these the rest is left out of the playlists, and dates tell how long it was."""


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
        self._follower_front: int | None = None
        self._offset = 0
        self._away = False
        self._aims = False
        self._newest: Sample | None = None
        self._kind = leader.track.kind
        self._timescales = {each.track.kind: each.track.timescale for each in (leader, other) if each}
        retention.start()

    @property
    def dropped(self) -> int:
        """Samples that came too late, before a key frame, or of a kind that was not announced."""
        return self._dropped + (self._follower.dropped if self._follower else 0)

    def push(self, sample: Sample, out: list[Command]) -> None:
        """Take the next sample of either track."""
        if sample.kind is self._kind:
            self._newest = sample
            self._lead(sample, out)
        elif self._follower:
            self._newest = sample
            self._receive(self._follower, sample, out)
        else:
            self._dropped += 1

    def finish(self, out: list[Command]) -> None:
        """Close what is open in all renditions, so that they end with the same segment."""
        leader, follower = self._leader, self._follower
        if self._front is None and not self._away:
            self._dropped += follower.forget() if follower else 0
            return
        self._aim(out, at_once=True)
        if follower:
            follower.flush(out)
        if not (leader.begun or (follower and follower.rendition.begun)):
            return
        end = max(self._front or 0, 0 if leader.begun or not follower else follower.end_on(leader))
        end = min(end, leader.start + self._segmenter.limit)
        if follower:
            follower.end_segment(follower.ticks(end + self._offset, leader), out, flows=True, led=leader.begun)
        self._end_leader(end, out, flows=False)

    def _lead(self, sample: Sample, out: list[Command]) -> None:
        leader, end = self._leader, sample.dts + sample.duration
        if sample.dts != self._front or self._away:
            if not self._admits(sample):
                self._dropped += 1
                return
            self._begin_or_return(sample, out)
        if sample.key or end - leader.start > self._segmenter.limit:
            self._cut_before(sample, end, out)
        leader.add(sample, out)
        self._front = end
        if not (self._aims and leader.waiting) or end - leader.start > self._segmenter.limit:
            self._settle(end, out)
        follower = self._follower
        if follower:
            self._follower_front = front = follower.ticks(end, leader)
            follower.advance(front, out)

    def _cut_before(self, sample: Sample, end: int, out: list[Command]) -> None:
        leader = self._leader
        cut = self._segmenter.cuts(sample, sample.dts - leader.start, end - leader.start)
        if sample.key:
            self._offset = sample.pts - sample.dts
        if cut and leader.begun:
            self._cut(sample.dts, out, flows=True)

    def _settle(self, end: int, out: list[Command]) -> None:
        """After a sample of the leader that ends at `end`: what it may have changed."""
        if not self._aims:
            self._aim(out)
        if end - self._leader.start > self._segmenter.limit:
            self._fill(end, out)
        if not self._leader.waiting:
            self._hint(end)

    def _admits(self, sample: Sample) -> bool:
        """A decoder starts at a key frame, and no sample may come before the segment that it would be in."""
        if self._front is not None and not self._away:
            return True
        return sample.key and (not self._away or sample.dts >= self._leader.start)

    def _begin_or_return(self, sample: Sample, out: list[Command]) -> None:
        """Make the open segment one that `sample` can be in; a leader that was away begins a new one."""
        leader, follower = self._leader, self._follower
        returns, self._away = self._away, False
        self._offset = sample.pts - sample.dts if sample.key else self._offset
        if self._front is None and not returns:
            leader.start = sample.dts
            if follower:
                follower.begin(follower.ticks(sample.pts, leader))
            return
        self._fill(sample.dts, out)
        if returns and leader.elapsed(sample.dts) > _NO_GAP_S * leader.track.timescale:
            self._cut(sample.dts, out, flows=False)

    def _fill(self, until: int, out: list[Command]) -> None:
        """Where a frame stays, or none comes, for longer than a segment may last: close segments without another."""
        gaps = 0
        while self._leader.elapsed(until) > self._segmenter.limit:
            gaps += 1
            whole = self._leader.start + self._segmenter.whole
            self._cut(whole if gaps < _MAX_GAPS else until, out, flows=False)

    def _cut(self, at: int, out: list[Command], *, flows: bool) -> None:
        """End the leader's segment at `at`, and the follower's where it comes to the same time."""
        self._aim(out, at_once=True)
        led = self._leader.begun
        self._end_leader(at, out, flows=flows)
        self._fix_duration()
        if self._follower:
            self._follower.cut_at(self._follower.ticks(at + self._offset, self._leader), led=led)

    def _end_leader(self, at: int, out: list[Command], *, flows: bool) -> None:
        if self._newest:
            self._retention.reach(self._newest.dts / self._timescales[self._newest.kind])
        self._promises.saw(self._leader.end_segment(at, out, flows=flows))
        self._retention.slide(self._leader.window)
        self._retention.expire(out)

    def _fix_duration(self) -> None:
        if self._promises.duration is None:
            self._promises.fix_duration()
            self._segmenter.fix(self._promises.duration)

    def _hint(self, end: int) -> None:
        """Where the segment is likely to be at its end, promise the next one's first part and not one more of this."""
        leader, window = self._leader, self._leader.window
        if window.hint is not None and self._segmenter.expects_cut(end, leader.elapsed(end)):
            window.promise(leader.first_part(window.open_msn + 1))

    def _aim(self, out: list[Command], *, at_once: bool = False) -> None:
        """Fix PART-TARGET when the first samples have shown how long a frame lasts."""
        promises, follower = self._promises, self._follower
        first = follower.rendition if self._away and follower else self._leader
        timescale = first.track.timescale
        if promises.part(timescale) is not None:
            self._aims = True
            return
        durations = [sample.duration for sample in first.waiting]
        if (at_once and durations) or first.waiting_ticks >= (promises.part_s - 1e-6) * timescale:
            other = follower.frame_s if follower and first is self._leader else 0.0
            promises.fix_part(part_target(durations, timescale, promises.part_s, other), timescale)
            first.aim(out)

    def _receive(self, follower: Follower, sample: Sample, out: list[Command]) -> None:
        front = self._follower_front
        if front is not None and not self._away and follower.goes_with(sample, front, out):
            return
        follower.hold(sample)
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
            self._cut(self._front, out, flows=False)
        self._go_alone(follower, out)

    def _go_alone(self, follower: Follower, out: list[Command]) -> None:
        while sample := follower.next_held():
            at = rescale(sample.dts, follower.timescale, self._leader.track.timescale)
            self._fill(at, out)
            if follower.cuts_alone(sample):
                follower.end_segment(sample.dts, out, flows=True, led=False)
                self._end_leader(at, out, flows=False)
                self._fix_duration()
            follower.take(sample, out)
            self._aim(out)
