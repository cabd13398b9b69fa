"""Names of everything that is put: `v0/1-7.3.m4s` is part 3 of segment 7 of rendition v0 by the writer of epoch 1.

The epoch is the writer's fencing number, so two writers can never give one name two contents.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

POSTER: Final = "poster.jpg"
"""A still of the whole, which is of no rendition."""


@dataclass(frozen=True, slots=True)
class Names:
    """Names of one rendition, relative to the playback id; playlists leave the folder out (`file`)."""

    rendition: str
    epoch: int

    def init(self, number: int) -> str:
        """The file of the `number`-th init segment of this rendition."""
        return f"{self.epoch}-init-{number}.mp4"

    def segment(self, msn: int) -> str:
        """The file of the segment with media sequence number `msn`."""
        return f"{self.epoch}-{msn}.m4s"

    def part(self, msn: int, part: int) -> str:
        """The file of part `part`, counted from 0, of segment `msn`."""
        return f"{self.epoch}-{msn}.{part}.m4s"

    def within(self, file: str) -> str:
        """The name of `file` relative to the playback id."""
        return f"{self.rendition}/{file}"


def in_period(period: int) -> str:
    """The folder, within a rendition's, in which a live DASH manifest names the segments of its newest period.

    Files are not there a second time. A player that asks for a segment that is still to come tells with it which
    period it was told of, for the segment may come in the next one, behind another init segment.
    """
    return f"period-{period}/"


def rendition_of(name: str) -> str:
    """The rendition that a name relative to the playback id belongs to: `v0` of `v0/1-7.3.m4s`."""
    return name.partition("/")[0]


def segment_of(part: str) -> str:
    """The name of the segment that a part's name belongs to: `v0/1-7.m4s` of `v0/1-7.3.m4s`."""
    return f"{part.rsplit('.', 2)[0]}.m4s"


def is_part(name: str) -> bool:
    """Whether a name or file is a part's: `v0/1-7.3.m4s` is, `v0/1-7.m4s` is not."""
    return name.endswith(".m4s") and name.count(".") == 2  # noqa: PLR2004 - one before the number, one behind it


def number_of(name: str) -> int:
    """The media sequence number in the name or file of a segment or part: 7 in `v0/1-7.3.m4s`; -1 in any other name."""
    number = name.rpartition("-")[2].partition(".")[0]
    return int(number) if name.endswith(".m4s") and number.isdecimal() else -1


def epoch_of(name: str) -> int:
    """The epoch in the name or file of anything that a packager puts: 5 in `v0/5-init-2.mp4`; -1 in any other name."""
    epoch, hyphen, _ = name.rpartition("/")[2].partition("-")
    media = hyphen and epoch.isdecimal() and (is_init(name) or number_of(name) >= 0)
    return int(epoch) if media else -1


def is_init(name: str) -> bool:
    """Whether a name is an init segment's."""
    return name.endswith(".mp4")


def init_place(name: str) -> tuple[int, int]:
    """Where an init segment stands among those of its rendition: by its writer's epoch, then by its number."""
    epoch, _, number = name.rpartition("/")[2].removesuffix(".mp4").partition("-init-")
    return int(epoch), int(number)
