"""The track that is cut where the leading one is: holds samples until the leader has come as far.

A segment that has samples of the leader and none of this track would be a gap beside pictures, and players stand still
before one of sound, some for ever. So it is filled with silence, where a silent frame of the codec is known.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from media.silence import silence_for
from media.timing import rescale, usual
from packager.segmenter import Segmenter

if TYPE_CHECKING:
    from media.sample import Sample
    from media.silence import Silence
    from packager.commands import Command
    from packager.promises import Promises
    from packager.rendition import Rendition
    from packager.retention import Retention

_MAX_HELD: Final = 8192
"""Samples held for the leader: ten seconds of the shortest Opus frames are 4000."""
OVER_TARGET_S: Final = 0.45
"""How much longer than the target duration a segment may be and still round down (RFC 8216bis, 4.4.3.1)."""
_HOLE_S: Final = 0.1
"""A hole longer than this between two segments stays one: the second segment starts where its samples do."""


class Follower:
    """A rendition, the samples that wait, and the cuts that it has not reached; times in its own ticks."""

    def __init__(self, rendition: Rendition, promises: Promises, retention: Retention) -> None:
        self.rendition = rendition
        self.dropped = 0
        self.timescale = rendition.track.timescale
        self._promises = promises
        self._retention = retention
        self._alone = Segmenter(self.timescale, promises.least_s, promises.duration)
        self._held: deque[Sample] = deque()
        self._cuts: deque[int] = deque()
        self._led: deque[bool] = deque()
        self._silence = silence_for(rendition.track)
        self._end = 0

    def ticks(self, at: int, leader: Rendition) -> int:
        """A time of the leader's clock on this one."""
        return rescale(at, leader.track.timescale, self.timescale)

    def end_on(self, leader: Rendition) -> int:
        """The end of the last sample taken, on the leader's clock."""
        return rescale(self._end, self.timescale, leader.track.timescale)

    @property
    def frame_s(self) -> float:
        """The usual duration of the samples held, in seconds; 0.0 without any."""
        return usual(sample.duration for sample in self._held) / self.timescale

    @property
    def patience(self) -> int:
        """For how long one track may go on without the other."""
        return self._promises.patience_s * self.timescale

    def begin(self, at: int) -> None:
        """Leave out what comes before `at`."""
        self.rendition.start = at

    def begin_here(self) -> int:
        """Begin with the first sample held; answers with its time."""
        self.begin(self._held[0].dts)
        return self.rendition.start

    def hold(self, sample: Sample) -> None:
        """Keep a sample until the leader comes."""
        self._held.append(sample)

    def goes_with(self, sample: Sample, front: int, out: list[Command]) -> bool:
        """Take a sample at once that the leader has come to already, as most are; False where it must be held first.

        The same as to hold it and advance, where nothing else waits: a third of the calls.
        """
        if sample.dts >= front or self._held or self._cuts or not self._promises.parts_fixed:
            return False
        if sample.duration > self.patience:
            return False
        self.take(sample, out)
        return True

    def has_run_ahead(self, front: int | None) -> bool:
        """Whether the leader, which came as far as `front` (None: it never came), has stayed away for too long."""
        held = self._held
        if not held:
            return False
        since = held[0].dts if front is None else front
        newest = held[-1]
        ahead = newest.dts + newest.duration - since
        return ahead > self._promises.patience_s * self.timescale or len(held) > _MAX_HELD

    def cut_at(self, at: int, *, led: bool) -> None:
        """End the segment where `at` is reached; `led` says whether the leader's has samples."""
        self._cuts.append(at)
        self._led.append(led)

    def advance(self, front: int, out: list[Command]) -> None:
        """Take what is held from before `front`, to which the leader has come, and end what is reached or overdue."""
        if not self._promises.parts_fixed:
            return
        held = self._held
        while held and held[0].dts < front:
            self.take(held.popleft(), out)
        while self._cuts and (self._end >= self._cuts[0] or front - self._cuts[0] > self.patience):
            self._retention.reach(front / self.timescale)
            self._end_at_cut(out)

    def flush(self, out: list[Command]) -> None:
        """Take all that is held and make all cuts."""
        while self._held:
            self.take(self._held.popleft(), out)
        while self._cuts:
            self._end_at_cut(out)

    def forget(self) -> int:
        """Give up what is held; answers with the number of samples."""
        count = len(self._held)
        self._held.clear()
        return count

    def next_held(self) -> Sample | None:
        """Take the oldest sample out of those held."""
        return self._held.popleft() if self._held else None

    def cuts_alone(self, sample: Sample) -> bool:
        """Whether to end the segment before `sample`, with no leader to say so."""
        rendition, end = self.rendition, sample.dts + sample.duration
        if self._cuts or not rendition.begun:
            return False
        self._alone.fix(self._promises.duration)
        return self._alone.cuts(sample, rendition.elapsed(sample.dts), rendition.elapsed(end))

    def take(self, sample: Sample, out: list[Command]) -> None:
        """Put a sample into its segment, or drop it where that is closed or would grow too long."""
        while self._cuts and sample.dts >= self._cuts[0]:
            self._retention.reach(sample.dts / self.timescale)
            flows = sample.dts - self._end <= _HOLE_S * self.timescale
            self.end_segment(self._cuts.popleft(), out, flows=flows, led=self._led.popleft())
        end = sample.dts + sample.duration
        if not self._fits(sample, end):
            self.dropped += 1
            return
        self.rendition.add(sample, out)
        self._end = end

    def end_segment(self, at: int, out: list[Command], *, flows: bool, led: bool) -> None:
        """Close the open segment at `at`, or where its samples end, if those to come `flow` on from there.

        Without samples it becomes silence if the leader's has some (`led`), and a gap if not.
        """
        if led and not self.rendition.begun and self._silence:
            at, flows = self._fill(self._silence, at, out), False
        elif flows and self.rendition.begun:
            at = self._end
        self._retention.reach(at / self.timescale)
        self._promises.saw(self.rendition.end_segment(at, out, flows=flows))
        self._retention.slide(self.rendition.window)

    def _end_at_cut(self, out: list[Command]) -> None:
        at = self._cuts.popleft()
        self.end_segment(at, out, flows=self._end >= at, led=self._led.popleft())

    def _fill(self, silence: Silence, until: int, out: list[Command]) -> int:
        """Put silence up to `until`, a frame at least; answers where it ends. Sound that comes later begins there."""
        for sample in silence.samples(self.rendition.start, until):
            end = sample.dts + sample.duration
            if not self._fits(sample, end):
                break
            self.rendition.add(sample, out)
            self._end = end
        return self._end

    def _fits(self, sample: Sample, end: int) -> bool:
        rendition = self.rendition
        if not rendition.flowing:
            return sample.dts >= rendition.start
        longest = self._promises.patience_s + OVER_TARGET_S
        return end - rendition.start <= longest * self.timescale
