"""What a manifest lists: periods, the renditions in each, and their segments, found in the windows.

Presentation time is wall-clock time. A period starts at the date of its first segment, so a pause of the publisher is
as long on the presentation's timeline as it was in life, and what players take for the live edge is where it is.

The numbers of a template rise by one from segment to segment, so a list of segments cannot leave one out: it ends
before a gap, and goes on in the period that begins after it (`packager.periods` sees to that). A segment that was there
once and got lost keeps its place, and whoever asks for it is told that it is gone.

Sound that a successor closed beside pictures that were whole already would be a period of its own, and end theirs in
their midst: it is left out (HLS has it).

At the live edge two segments are listed before they are whole: the open one and the next, as long as they are expected
to be. What is predicted can come otherwise; what is closed never changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from media.timing import rescale
from media.track import Kind
from packager.names import in_period

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from media.track import Track
    from packager.hls.segment import Head, Segment
    from packager.hls.window import Window

JOINED_S: Final = 0.1
"""A segment is told to last up to the next one, where that begins within so much of its end: decode times decide where
segments are cut, presentation times where they begin."""
FINE: Final = 64
"""Periods start at whole 64ths of a second, which binary fractions and microseconds both hold exactly: at ten digits, a
player that seeks to the start of a period may come out a hair before the first sample otherwise, and stand there."""
_RECENT: Final = 4
"""The next segment is predicted to last as long as the shortest of so many: a player that expects it too soon is made
to wait for a moment, one that expects it too late misses one."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A segment: sequence number, when it is shown and for how long, in ticks; bytes, 0 while they are not known."""

    msn: int
    time: int
    ticks: int
    size: int = 0

    @property
    def end(self) -> int:
        """Where the next one begins."""
        return self.time + self.ticks


@dataclass(frozen=True, slots=True)
class Lane:
    """A rendition within a period: `offset` is where the period begins, in ticks; numbers of `entries` rise by one.

    `ahead` says how many of the last entries are not whole yet, `folder` where to ask for such within the rendition's.
    """

    rendition: str
    track: Track
    init: str
    epoch: str
    offset: int
    entries: tuple[Entry, ...]
    ahead: int = 0
    folder: str = ""

    @property
    def whole_until(self) -> int:
        """Where the first entry that is not whole begins, or the last one ends."""
        return self.entries[-self.ahead].time if self.ahead else self.entries[-1].end

    def seconds(self, time: int) -> float:
        """How long after the beginning of the period `time` is."""
        return (time - self.offset) / self.track.timescale


@dataclass(frozen=True, slots=True)
class Period:
    """All renditions between two openings: `msn` of the first segment there was, `start` in unix seconds."""

    msn: int
    start: float
    lanes: tuple[Lane, ...]

    @property
    def begin(self) -> float:
        """Where the oldest entry begins, unix seconds."""
        return self.start + min(lane.seconds(lane.entries[0].time) for lane in self.lanes)

    @property
    def end(self) -> float:
        """Where the first rendition ends, unix seconds."""
        return self.start + min(lane.seconds(lane.entries[-1].end) for lane in self.lanes)

    @property
    def known(self) -> float:
        """The end of what is whole, unix seconds."""
        return self.start + max(lane.seconds(lane.whole_until) for lane in self.lanes)


def periods(windows: Mapping[str, Window], tracks: Mapping[str, Track], *, flowing: bool) -> list[Period]:
    """The periods of a broadcast, oldest first; `tracks` are by the name of their init segment.

    A period is listed as soon as every rendition on the air has come to it. `flowing` says that the run goes on, so
    that more than the closed segments can be told.
    """
    current = _current(windows.values())
    oldest = min((window.media_sequence for window in current), default=0)
    drafts: dict[int, list[_Draft]] = {}
    for window in sorted(windows.values(), key=_video_first):
        for draft in _drafts(window, oldest):
            drafts.setdefault(draft.head.period, []).append(draft)
    kept = [msn for msn in sorted(drafts) if not _parts_pictures(msn, drafts[msn], current)]
    found = [_period(msn, drafts[msn], tracks, flowing=flowing and msn == max(drafts)) for msn in kept]
    if found and any(_last_period(window) < found[-1].msn for window in current if not window.ended):
        found.pop()
    return [period for period in found if period.lanes]


def _video_first(window: Window) -> tuple[bool, str]:
    return not window.name.startswith("v"), window.name


def _parts_pictures(msn: int, drafts: Sequence[_Draft], windows: Iterable[Window]) -> bool:
    """Whether a period would begin amid another one's pictures, and have none."""
    names = {draft.window.name for draft in drafts}
    beside = [window.closed(msn) for window in windows if window.name not in names and window.name.startswith("v")]
    return any(segment and not segment.gap and segment.head.period < msn for segment in beside)


def _current(windows: Iterable[Window]) -> list[Window]:
    """The windows of the last run: those that have not ended or, after the end, that got as far as any."""
    listed = list(windows)
    going = [window for window in listed if not window.ended]
    newest = max((window.open_msn for window in listed), default=0)
    return going or [window for window in listed if window.open_msn == newest]


def _last_period(window: Window) -> int:
    """The period that the newest segment belongs to, -1 without any."""
    head = _open_head(window) or (window.segments[-1].head if window.segments else None)
    return head.period if head else -1


def _open_head(window: Window) -> Head | None:
    """That of the open segment, where players can have it before it is whole."""
    return window.open_head if window.low_latency else None


@dataclass(slots=True)
class _Draft:
    """A rendition's segments in one period; `broken` once there was a gap, after which no more can be listed."""

    window: Window
    head: Head
    file: str
    segments: list[Segment]
    broken: bool = False


def _drafts(window: Window, oldest: int) -> Iterator[_Draft]:
    draft: _Draft | None = None
    for segment in window.segments:
        if segment.msn < oldest:
            continue
        if draft is None or draft.head.period != segment.head.period:
            if draft:
                yield draft
            draft = _Draft(window, segment.head, segment.file, [])
        draft.broken = draft.broken or (segment.gap and not segment.lost)
        if not draft.broken:
            draft.segments.append(segment)
    if draft:
        yield draft
    head = _open_head(window)
    if head and (draft is None or draft.head.period != head.period):
        yield _Draft(window, head, window.hint or "", [])


def _period(msn: int, drafts: Sequence[_Draft], tracks: Mapping[str, Track], *, flowing: bool) -> Period:
    lanes: list[Lane] = []
    for draft in drafts:
        lane = _lane(draft, tracks[f"{draft.window.name}/{draft.head.init}"], flowing=flowing, leader=lanes[:1])
        if lane.entries:
            lanes.append(lane)
    return Period(msn, round(drafts[0].head.period_date * FINE) / FINE, tuple(lanes))


def _lane(draft: _Draft, track: Track, *, flowing: bool, leader: Sequence[Lane]) -> Lane:
    closed = _closed(draft, track.timescale)
    coming: list[Entry] = []
    if flowing and draft.window.low_latency and not draft.broken and not draft.window.ended:
        coming = _coming(draft, track, closed, leader)
    head, entries, folder = draft.head, (*closed, *coming), in_period(draft.head.period) if coming else ""
    epoch = draft.file.partition("-")[0]
    return Lane(draft.window.name, track, head.init, epoch, head.period_time, entries, len(coming), folder)


def _closed(draft: _Draft, timescale: int) -> list[Entry]:
    """The closed segments, each made to end where the next one begins if that is about where it ends."""
    entries: list[Entry] = []
    heads = [segment.head for segment in draft.segments[1:]]
    open_head = draft.window.open_head
    if open_head and open_head.period == draft.head.period:
        heads.append(open_head)
    for index, segment in enumerate(draft.segments):
        time, ticks = segment.head.time, max(round(segment.duration * timescale), 1)
        until = heads[index].time - time if index < len(heads) else ticks
        joined = 0 < until < ticks or 0 <= until - ticks <= JOINED_S * timescale
        entries.append(Entry(segment.msn, time, until if joined else ticks, segment.size))
    return entries


def _coming(draft: _Draft, track: Track, closed: Sequence[Entry], leader: Sequence[Lane]) -> list[Entry]:
    """The open segment and the next one, or the next one alone where none is open."""
    window, usual = draft.window, _expected(draft.window, track.timescale)
    if not usual:
        return []
    coming: list[Entry] = []
    time = closed[-1].end if closed else 0
    if window.open_head:
        if window.open_head.period != draft.head.period:
            return []
        time = window.open_head.time
        coming.append(_predicted(window.open_msn, time, usual, track, leader))
        time = coming[-1].end
    coming.append(_predicted(window.open_msn + len(coming), time, usual, track, leader))
    return coming


def _expected(window: Window, timescale: int) -> int:
    """How long a segment lasts; of those of late, only what ended by itself counts, and not with its run."""
    recent = [segment for segment in window.segments[-_RECENT:] if not segment.gap]
    heads = [*(segment.head for segment in recent[1:]), window.open_head]
    usual = [each for each, after in zip(recent, heads, strict=False) if after and after.period == each.head.period]
    return round(min((segment.duration for segment in usual or recent), default=0.0) * timescale)


def _predicted(msn: int, time: int, usual: int, track: Track, leader: Sequence[Lane]) -> Entry:
    """What is not whole: as long as usual or, for a track that follows, up to its first sample after the cut."""
    for lane in leader:
        cut = next((entry.end for entry in lane.entries if entry.msn == msn), None)
        if cut is not None and track.kind is Kind.AUDIO and track.frame_rate:
            frame = round(track.timescale / track.frame_rate)
            frames = -((time - rescale(cut, lane.track.timescale, track.timescale)) // frame)
            return Entry(msn, time, max(frames, 1) * frame)
    return Entry(msn, time, usual)
