"""Films, which are whole before they are packaged: whoever wants the next piece pulls it out of `package`.

    tracks, each with its samples → cuts at the leading track's key frames → segments, piece by piece; init segments

One track leads: video, or the first one. Its key frames decide where segments end, and the others are cut at the same
moments, so that segment number n covers the same time in all renditions; what one of them does not have at that time is
a gap in its numbers (`packager.recording`). Nothing is read ahead but a sample of each track, and what a long segment
has is given out before it is whole: a film of twelve hours takes as much memory as one of a minute.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain, count
from typing import TYPE_CHECKING, Final

from media.codecs import codec_string
from media.timing import rescale, ticks_at_least
from media.track import Kind
from packager.fmp4 import write_init, write_part
from packager.names import Names
from packager.recorded import Recorded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from media.sample import Sample
    from media.track import Track

SEGMENT_S: Final = 4.0
"""What a segment lasts at least, as in live streams of standard latency: players seek to segments, requests cost."""
LONGEST_S: Final = 60.0
"""A segment is cut here though no key frame has come: who joins or seeks loads all of one."""
PIECE_BYTES: Final = 8 << 20
"""A segment is given out in pieces of about so much: 4 s at 16 Mbit/s are one."""
_HOLE_S: Final = 1.0
"""A segment is not stretched over a longer time in which its track has nothing."""
_LETTERS: Final = {Kind.VIDEO: "v", Kind.AUDIO: "a"}


@dataclass(frozen=True, slots=True)
class Init:
    """The init segment of a rendition, by its name within the package."""

    name: str
    track: Track
    body: bytes


@dataclass(frozen=True, slots=True)
class Piece:
    """What comes next of the segment called `name`: chunks to be written one behind the other."""

    name: str
    body: tuple[bytes | memoryview, ...]


@dataclass(frozen=True, slots=True)
class Closed:
    """The segment whose pieces came last is whole. Its row lacks nothing but the hash; a film has no date."""

    segment: Recorded


Step = Init | Piece | Closed


def package(tracks: Sequence[Track], samples: Sequence[Iterator[Sample]], epoch: int, least_s: float) -> Iterator[Step]:
    """Package the samples of each track in segments of at least `least_s` seconds.

    The film begins with 0; each sample lasts until the next one of its track begins. Raises MalformedConfig, a
    ValueError, for a track whose codec string cannot be told.
    """
    for track in tracks:
        codec_string(track)
    lanes = [
        _Lane(track, each, Names(name, epoch))
        for track, each, name in zip(tracks, samples, rendition_names(tracks), strict=True)
    ]
    lead = next((lane for lane in lanes if lane.track.kind is Kind.VIDEO), lanes[0])
    others = [lane for lane in lanes if lane is not lead]
    cuts = _Cuts(lead, least_s)
    for msn in count():
        yield from cuts.segment(msn)
        for lane in others:
            yield from lane.segment_until(msn, -rescale(-cuts.end, lead.track.timescale, lane.track.timescale))
        if not any(lane.next for lane in lanes):
            return


def rendition_names(tracks: Sequence[Track]) -> list[str]:
    """`v0`, `a0`, `a1`, …: a name for each track, counted by kind."""
    counts = {kind: count() for kind in Kind}
    return [f"{_LETTERS[track.kind]}{next(counts[track.kind])}" for track in tracks]


class _Lane:
    """A track on its way into segments. `next` is its next sample, None at the end."""

    def __init__(self, track: Track, samples: Iterator[Sample], names: Names) -> None:
        self.track = track
        self.next = next(samples, None)
        self._samples = samples
        self._names = names
        self._fragments = count(1)
        self._told = False

    def segment_until(self, msn: int, end: int) -> Iterator[Step]:
        """What is shown before `end`, if there is any."""
        if self.next and self.next.pts < end:
            yield from self.segment(msn, lambda _, sample: sample.pts >= end)

    def segment(self, msn: int, ends: Callable[[Sample, Sample], bool]) -> Iterator[Step]:
        """The next sample, if there is one, and those behind it up to one with which it `ends`."""
        first, self.next = self.next, None
        if first is None:
            return
        name = self._names.segment(msn)
        whole = _Open(first, self._names.within(name), self._fragments)
        for sample in chain((first,), self._samples):
            if sample is not first and ends(first, sample):
                self.next = sample
                break
            whole.samples.append(sample)
            whole.waiting += len(sample.data)
            if whole.waiting >= PIECE_BYTES:
                yield whole.piece()
        if whole.waiting:
            yield whole.piece()
        yield Closed(self._row(msn, name, whole))
        if not self._told:
            self._told = True
            yield self._init(whole)

    def _init(self, segment: _Open) -> Init:
        """The init segment, told after the first segment of media, whose pictures have shown how often they come."""
        track = self.track
        if track.kind is Kind.VIDEO and track.frame_rate is None:
            track = replace(track, frame_rate=round(segment.count * track.timescale / max(segment.ticks, 1), 3))
        return Init(self._names.within(self._names.init(0)), track, write_init(track))

    def _row(self, msn: int, file: str, done: _Open) -> Recorded:
        ticks = self._until(done.end) - done.first.pts
        return Recorded(
            *(self._names.rendition, msn, file, self._names.init(0), ticks / self.track.timescale, 0.0, False),
            *(done.first.pts, 0, 0, done.size, ""),
        )

    def _until(self, end: int) -> int:
        """When the next segment begins, unless there is a hole before it."""
        hole = self.next is None or self.next.pts - end > _HOLE_S * self.track.timescale
        return end if hole or self.next is None else self.next.pts


class _Open:
    """A segment that is not whole. `samples` were not given out yet, `waiting` bytes of them.

    Of those that were: their `count`, for how many `ticks` they last, where they `end`, and the bytes of all.
    """

    def __init__(self, first: Sample, name: str, fragments: Iterator[int]) -> None:
        self.first = first
        self.end = first.pts
        self.size = self.waiting = self.count = self.ticks = 0
        self._name = name
        self._fragments = fragments
        self.samples: list[Sample] = []

    def piece(self) -> Piece:
        """What waits, as one fragment."""
        samples, self.samples, self.waiting = self.samples, [], 0
        times = [sample.dts for sample in samples]
        times.append(times[-1] + samples[-1].duration)
        body = write_part(next(self._fragments), times, samples)
        self.size += sum(map(len, body))
        self.count += len(samples)
        self.ticks += times[-1] - times[0]
        self.end = max(self.end, *(sample.pts + sample.duration for sample in samples))
        return Piece(self._name, body)


class _Cuts:
    """Where the leading track is cut. `end` is where the segment that it gave last ends, in its ticks."""

    def __init__(self, lead: _Lane, least_s: float) -> None:
        self._lead = lead
        self._least = ticks_at_least(least_s, lead.track.timescale)
        self._most = ticks_at_least(LONGEST_S, lead.track.timescale)
        self.end = 0

    def segment(self, msn: int) -> Iterator[Step]:
        """The next one; when the film goes on without the leader, nothing but another moment at which it is cut."""
        if self._lead.next is None:
            self.end += self._least
            return
        for step in self._lead.segment(msn, self._ends):
            yield step
            if isinstance(step, Closed):
                self.end = self._after(step.segment)

    def _ends(self, first: Sample, sample: Sample) -> bool:
        elapsed = sample.dts - first.dts
        return (sample.key and elapsed + sample.duration // 2 >= self._least) or elapsed >= self._most

    def _after(self, last: Recorded) -> int:
        """Where the next segment begins; others may outlast the leader by half a segment in its last one."""
        if self._lead.next:
            return self._lead.next.pts
        return last.time + round(last.duration * self._lead.track.timescale) + self._least // 2
