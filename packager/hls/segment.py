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


@dataclass(frozen=True)
class Head:
    """What is known of a segment when it begins.

    `date` is the wall-clock time (unix seconds) of its first sample. `discontinuity` and `new_init` compare it with the
    one before.
    """

    init: str
    date: float
    discontinuity: bool
    new_init: bool

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
    """A closed segment; a gap has no parts, and nothing can be fetched under its file.

    `end` is the seconds of all segments up to its end that the window ever held.
    """

    msn: int
    file: str
    duration: float
    head: Head
    parts: tuple[Part, ...]
    size: int
    end: float

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
        """All lines."""
        return "".join((self.head.lines, *(part.lines for part in self.parts), self.tail))
