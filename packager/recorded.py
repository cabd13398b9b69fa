"""What is written down of a recorded broadcast: a row for each segment that playlists listed, and each init segment.

A row says what the playlist said, and what is stored under its name. So a recording is the rows and the objects that
were there already: nothing is copied.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from packager.inventory import Stored

if TYPE_CHECKING:
    from media.track import Track
    from packager.hls.segment import Segment


@dataclass(frozen=True, slots=True)
class Recorded:
    """A closed segment of a rendition. Numbers rise by one; number n covers the same time in all renditions.

    `duration` is in seconds, `date` the wall-clock time (unix seconds) of its first sample, or 0.0 where there is none,
    as in films. `time` is when that sample is shown, in ticks of the track. `discontinuity` compares it with the one
    before. `period` is the number of the segment that its DASH period began with, `period_time` the time of that one.
    `size` is in bytes, `sha256` in hex; a gap, under whose file there is nothing, has 0 and "".
    """

    rendition: str
    msn: int
    file: str
    init: str
    duration: float
    date: float
    discontinuity: bool
    time: int
    period: int
    period_time: int
    size: int
    sha256: str

    @classmethod
    def of(cls, rendition: str, segment: Segment, sha256: str) -> Recorded:
        """A segment of a window, stored with this hash; without one it is a gap, whatever it was."""
        head = segment.head
        return cls(
            *(rendition, segment.msn, segment.file, head.init, segment.duration, head.date, head.discontinuity),
            *(head.time, head.period, head.period_time, segment.size if sha256 else 0, sha256),
        )

    @property
    def gap(self) -> bool:
        """Whether nothing is stored of it."""
        return not self.size

    @property
    def init_name(self) -> str:
        """The name of its init segment, relative to the playback id."""
        return f"{self.rendition}/{self.init}"

    @property
    def stored(self) -> Stored:
        """Its object, by the name relative to the playback id."""
        return Stored(f"{self.rendition}/{self.file}", self.size, self.sha256)


@dataclass(frozen=True, slots=True)
class RecordedInit:
    """An init segment that is stored, by its name relative to the playback id, and what it is for."""

    name: str
    track: Track
    size: int
    sha256: str

    @property
    def stored(self) -> Stored:
        """Its object."""
        return Stored(self.name, self.size, self.sha256)
