"""What players may see of one rendition: closed segments, the parts of the open one, the part that is promised next.

The pipeline appends, the window slides, `media_playlist` reads. `version` rises at every change that players can see,
so that whoever holds a request knows when to look again.

Without low latency the parts are here as well, for whoever has to go on with an open segment; no player hears of them.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import replace
from operator import attrgetter
from typing import TYPE_CHECKING, Final

from packager.hls.segment import Head, Segment
from packager.names import Names, epoch_of, number_of, segment_of
from packager.periods import Opening

if TYPE_CHECKING:
    from collections.abc import Sequence

    from packager.hls.segment import Part, Place

SHORTEST_PLAYLIST: Final = 3
"""A live playlist lasts at least this many target durations (RFC 8216bis, 6.2.2)."""

NEAR: Final = 3
"""Parts are listed within so many target durations of the end (4.4.4.9)."""
LEAVING: Final = 2 * NEAR
"""The parts of a segment that left the playlist can be found until so many target durations have passed: players that
loaded the playlist just before still ask for them, and give up at a 404."""


class Window:
    """One rendition's playlist, as values.

    `target_duration` (whole seconds) is None until the first segment has fixed it; `part_target` (seconds) is 0.0 until
    the first part has, and where players hear of none. `hinted` is the name, relative to the playback id, of the part
    that comes next. `age` is the seconds of all segments that were ever appended, `longest` those of the longest
    playlist so far. `lost_count` says how often a segment became a gap afterwards.
    """

    def __init__(self, name: str, *, media_sequence: int, discontinuity_sequence: int, low_latency: bool) -> None:
        self.name = name
        self.low_latency = low_latency
        self.version = 0
        self.target_duration: int | None = None
        self.part_target = 0.0
        self.ended = False
        self.media_sequence = media_sequence
        self.discontinuity_sequence = discontinuity_sequence
        self.segments: list[Segment] = []
        self.open_head: Head | None = None
        self.open_parts: list[Part] = []
        self.hint: str | None = None
        self.age = 0.0
        self.longest = 0.0
        self.lost_count = 0
        self._left: list[Segment] = []

    @property
    def open_msn(self) -> int:
        """Media sequence number of the segment that is not closed yet."""
        return self.media_sequence + len(self.segments)

    @property
    def shown_parts(self) -> Sequence[Part]:
        """The parts of the open segment that players are told of: all, or none."""
        return self._shown(self.open_parts)

    def _shown(self, parts: Sequence[Part]) -> Sequence[Part]:
        return parts if self.low_latency else ()

    @property
    def last_msn(self) -> int:
        """Of the newest segment in the playlist, whole or begun; one less than `media_sequence` in an empty one."""
        return self.open_msn if self.shown_parts else self.open_msn - 1

    @property
    def last_part(self) -> int | None:
        """Index of the newest part of `last_msn` that players are told of; None where there is none."""
        parts = self.shown_parts or (self._shown(self.segments[-1].parts) if self.segments else ())
        return len(parts) - 1 if parts else None

    @property
    def last_discontinuity(self) -> int:
        """Discontinuity sequence number of the newest segment, whole or begun."""
        opens_one = self.open_head is not None and self.open_head.discontinuity
        return self.discontinuity_sequence + sum(each.head.discontinuity for each in self.segments) + opens_one

    @property
    def hinted(self) -> str | None:
        """Name of the part in EXT-X-PRELOAD-HINT."""
        return None if self.hint is None else f"{self.name}/{self.hint}"

    @property
    def duration(self) -> float:
        """Seconds of the closed segments."""
        return self.age - self._start

    @property
    def _start(self) -> float:
        return self.segments[0].end - self.segments[0].duration if self.segments else self.age

    def has(self, msn: int, part: int | None) -> bool:
        """Whether segment `msn`, or part `part` of it, is in the playlist or has been.

        A part beyond the last of a closed segment means the first of the next one (RFC 8216bis, 6.2.5.2).
        """
        if msn != self.open_msn:
            closed = msn < self.open_msn
            beyond = part is not None and msn == self.open_msn - 1 and closed and self._beyond_last(part)
            return self.has(msn + 1, 0) if beyond else closed
        return part is not None and part < len(self.shown_parts)

    def closed(self, msn: int) -> Segment | None:
        """The segment with that number, if it is closed and in the playlist."""
        place = msn - self.media_sequence
        return self.segments[place] if 0 <= place < len(self.segments) else None

    def period_of(self, msn: int) -> int | None:
        """The DASH period of the segment with that number, if it is in the playlist or has begun."""
        closed = self.closed(msn)
        head = closed.head if closed else self.open_head if msn == self.open_msn else None
        return head.period if head else None

    def lists(self, file: str) -> bool:
        """Whether the playlist names `file` as a segment or part that can be had."""
        far = bisect_right(self.segments, self.age - NEAR * (self.target_duration or 1), key=attrgetter("end"))
        near = (part for segment in self.segments[far:] if not segment.gap for part in self._shown(segment.parts))
        if any(part.file == file for part in (*near, *self.shown_parts)):
            return True
        segment = self.closed(number_of(file))
        return segment is not None and segment.file == file and not segment.gap

    def place(self, file: str) -> Place | None:
        """Where the bytes of a closed segment's part lie; None for any other file, and long after the segment left.

        None, too, for parts that players are not told of.
        """
        if not self.low_latency:
            return None
        msn = number_of(file)
        segment = self.closed(msn) or next((each for each in self._left if each.msn == msn), None)
        return segment.place(file) if segment else None

    def heir(self, file: str) -> str | None:
        """What became of a segment that an earlier writer told players to expect: it was open, or the one after that.

        The file that whoever went on closed it as, with the parts that were known of it: to be asked for by that name,
        for the earlier writer may have made a longer one. "" where nothing came of it; None for any other file.
        """
        msn, epoch = number_of(file), epoch_of(file)
        segment = self.closed(msn)
        if segment and segment.parts and not segment.gap and segment_of(segment.parts[0].file) == file:
            return segment.file if segment.file != file else None
        if segment and segment.file == file:
            return None
        before = [each for each in (self.closed(msn - 1), self.closed(msn - 2)) if each]
        was_next = any(epoch in (epoch_of(each.file), _epoch_of_parts(each)) for each in before)
        return "" if was_next and file == Names(self.name, epoch).segment(msn) else None

    def _beyond_last(self, part: int) -> bool:
        return bool(self.segments) and part >= len(self._shown(self.segments[-1].parts))

    def add_part(self, part: Part, hint: str) -> None:
        """Take a new part of the open segment, and show it and the file of the one that will follow if players may."""
        self.open_parts.append(part)
        if self.low_latency:
            self.promise(hint)

    def promise(self, hint: str) -> None:
        """Hint at another part than the one before."""
        self.hint = hint if self.low_latency else None
        self.version += 1

    def begin_segment(
        self, init: str, date: float, *, discontinuity: bool, time: int = 0, opening: Opening | None = None
    ) -> None:
        """Say what the next segment begins with, before its first part is shown.

        `time` and `opening` are in ticks of the rendition's own clock; without an `opening` the segment is one.
        """
        new_init = not self.segments or self.segments[-1].init != init
        period = opening or Opening(self.open_msn, time, date)
        self.open_head = Head(init, date, discontinuity, new_init, time, period.msn, period.time, period.date)

    def redate(self, seconds: float) -> None:
        """Move the date of a first segment that is still open: no playlist with it has been given out."""
        if self.open_head and not self.segments:
            head = self.open_head
            self.open_head = replace(head, date=head.date + seconds, period_date=head.period_date + seconds)

    def close_segment(self, file: str, duration: float, size: int, hint: str) -> None:
        """Turn the open parts into a segment of `size` bytes (0: a gap), after `begin_segment`."""
        if self.open_head is None:
            raise ValueError("the segment was never begun")
        self.age += duration
        segment = Segment(self.open_msn, file, duration, self.open_head, tuple(self.open_parts), size, self.age)
        self.segments.append(segment)
        self.open_head, self.open_parts = None, []
        self.longest = max(self.longest, self.duration)
        self.promise(hint)

    def slide(self, span: float) -> list[Segment]:
        """Drop the oldest segments while what stays lasts `span` seconds and three target durations."""
        least = max(span, SHORTEST_PLAYLIST * (self.target_duration or 0))
        removed: list[Segment] = []
        while self.segments and self.duration - self.segments[0].duration >= least:
            oldest = self.segments.pop(0)
            self.media_sequence += 1
            self.discontinuity_sequence += oldest.head.discontinuity
            removed.append(oldest)
        self._remember(removed)
        return removed

    def mark_lost(self, name: str) -> None:
        """Turn the segment of that name, relative to the playback id, into a gap; nothing happens if it is not here."""
        for index, segment in enumerate(self.segments):
            if name == f"{self.name}/{segment.file}":
                self.segments[index] = replace(segment, size=0, lost=True)
                self.lost_count += 1
                self.version += 1

    def take_over(  # noqa: PLR0913 - what a window is made of
        self,
        closed: Sequence[Segment],
        *,
        open_head: Head | None,
        open_parts: list[Part],
        media_sequence: int,
        discontinuity_sequence: int,
        longest: float,
    ) -> None:
        """Become what the window of another is: with its new segments, its open one, and where it begins."""
        self.segments += closed
        begin = bisect_left(self.segments, media_sequence, key=attrgetter("msn"))
        removed = self.segments[:begin]
        del self.segments[:begin]
        self.media_sequence, self.discontinuity_sequence = media_sequence, discontinuity_sequence
        self.open_head, self.open_parts = open_head, open_parts
        self.age = closed[-1].end if closed else self.age
        self.longest = longest
        self._remember(removed)

    def _remember(self, removed: list[Segment]) -> None:
        least = self.age - LEAVING * (self.target_duration or 1)
        self._left = [each for each in (*self._left, *removed) if each.end > least]

    def end(self) -> None:
        """Say that nothing will follow."""
        self.ended = True
        self.hint = None
        self.version += 1


def _epoch_of_parts(segment: Segment) -> int:
    return epoch_of(segment.parts[0].file) if segment.parts else -1
