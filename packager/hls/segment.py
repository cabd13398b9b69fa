"""What a playlist can list: a part, a segment. Their lines never change, so each is made once and kept here."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from packager.hls import tags


@dataclass(frozen=True)
class Part:
    """A part by its file, as playlists name it; `duration` in seconds, `size` in bytes."""

    file: str
    duration: float
    independent: bool
    size: int

    @cached_property
    def lines(self) -> str:
        """The line that announces it."""
        return f"{tags.part(self.file, self.duration, independent=self.independent)}\n"

    @property
    def gap_lines(self) -> str:
        """The line that lists it when its segment is lost."""
        return f"{tags.part(self.file, self.duration, independent=self.independent, gap=True)}\n"


@dataclass(frozen=True, slots=True)
class Place:
    """Bytes `start` up to `end`, which is not among them, of a segment's file."""

    file: str
    start: int
    end: int


@dataclass(frozen=True)
class Head:
    """What is known of a segment when it begins.

    `date` is the wall-clock time (unix seconds) of its first sample, `time` when that is shown, in ticks of the track.
    `discontinuity` and `new_init` compare it with the one before. `period` is the sequence number of the segment that
    the DASH period of this one began with, `period_time` and `period_date` are time and date of that one
    (see `packager.periods`).
    """

    init: str
    date: float
    discontinuity: bool
    new_init: bool
    time: int = 0
    period: int = 0
    period_time: int = 0
    period_date: float = 0.0

    @cached_property
    def lines(self) -> str:
        """The lines before its parts."""
        lines = [
            "#EXT-X-DISCONTINUITY" if self.discontinuity else "",
            tags.media_map(self.init) if self.new_init else "",
            tags.program_date_time(self.date),
        ]
        return "".join(f"{line}\n" for line in lines if line)


@dataclass(frozen=True)
class Segment:
    """A closed segment; of a gap nothing can be fetched, neither under its file nor its parts.

    `end` is the seconds of all segments up to its end that the window ever held. `lost` tells a gap that was a segment
    once, and goes on to list the parts that it had, from one that never had bytes.
    """

    msn: int
    file: str
    duration: float
    head: Head
    parts: tuple[Part, ...]
    size: int
    end: float
    lost: bool = False

    def place(self, part: str) -> Place | None:
        """Where the bytes of a part lie: a segment is the concatenation of its parts. None for any other file."""
        start = 0
        found = None
        for each in self.parts:
            if each.file == part:
                found = Place(self.file, start, start + each.size)
            start += each.size
        return found if start == self.size else None

    @property
    def gap(self) -> bool:
        """Nothing came in all its time."""
        return not self.size

    @property
    def init(self) -> str:
        """The file of its init segment."""
        return self.head.init

    @cached_property
    def tail(self) -> str:
        """The lines after its parts."""
        gap = "#EXT-X-GAP\n" if self.gap else ""
        return f"{tags.inf(self.duration)}\n{gap}{self.file}\n"

    @cached_property
    def lines(self) -> str:
        """All lines but those of its parts."""
        return self.head.lines + self.tail

    @cached_property
    def lines_with_parts(self) -> str:
        """All lines.

        Parts must leave a playlist in the order in which they are there, and only once they are behind the live edge
        (RFC 8216bis, 6.2.1, 6.2.2); those that are not available have GAP=YES (4.4.4.9). So a lost segment keeps the
        lines of its parts for as long as the others. (That a segment becomes a gap afterwards, 6.2.1 does not allow
        either; but there is no other word for it, and players would stop at a 404.)
        """
        parts = (part.gap_lines if self.gap else part.lines for part in self.parts)
        return "".join((self.head.lines, *parts, self.tail))
