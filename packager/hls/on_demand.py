"""The playlist of a rendition that is over and whole: everything that it ever listed, from the first segment on.

Players see one presentation, however often the publisher came and went: `EXT-X-PLAYLIST-TYPE:VOD` (RFC 8216bis,
4.4.3.5), with numbers, dates and discontinuities as they were told live. What was not stored, or not published at the
time while another rendition was, is a gap, so that all renditions go on to have the same numbers.

What is kept of a segment is its file's name and a few numbers, since a week has 300,000 of them.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Final

from packager.hls import tags

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from packager.recorded import Recorded

_VERSION: Final = 8
"""EXT-X-GAP needs it (section 8)."""


class OnDemandPlaylist:
    """Segments of one rendition, added in order of their numbers.

    `first` is the number of the first one, `sizes` (bytes) and `seconds` are theirs, from there on; a number that was
    passed over has 0 of both until `cover` finds out how long it lasted.
    """

    def __init__(self) -> None:
        self.first = 0
        self.sizes = array("q")
        self.seconds = array("d")
        self._dates = array("d")
        self._files: list[str] = []
        self._inits: dict[int, str] = {}
        self._init = ""

    @property
    def next(self) -> int:
        """The number after the last one."""
        return self.first + len(self.seconds)

    def add(self, segment: Recorded) -> None:
        """Take a segment, or a gap, whose number is at least `next`."""
        if not self.seconds:
            self.first = segment.msn
        self._miss(segment.msn - self.next)
        if not segment.gap and segment.init != self._init:
            self._init = self._inits[segment.msn] = segment.init
        self.sizes.append(segment.size)
        self.seconds.append(segment.duration)
        self._dates.append(segment.date)
        self._files.append("" if segment.gap else segment.file)

    def cover(self, first: int, end: int, others: Sequence[OnDemandPlaylist]) -> None:
        """Go from `first` to before `end`, with gaps as long as what `others` had meanwhile."""
        missing = self.first - first
        self.first = first
        self.sizes = array("q", bytes(8 * missing)) + self.sizes
        self.seconds = array("d", bytes(8 * missing)) + self.seconds
        self._dates = array("d", bytes(8 * missing)) + self._dates
        self._files = [""] * missing + self._files
        self._miss(end - self.next)
        for index, seconds in enumerate(self.seconds):
            if not seconds:
                self._fill(index, others)

    def render(self, target_duration: int, discontinuities: Collection[int]) -> str:
        """The playlist; `discontinuities` are the numbers of the segments, in any rendition, that come after one.

        Numbers that nothing is known of are left out, which is a discontinuity, too.
        """
        lines = [
            "#EXTM3U",
            f"#EXT-X-VERSION:{_VERSION}",
            f"#EXT-X-TARGETDURATION:{target_duration}",
            f"#EXT-X-MEDIA-SEQUENCE:{self.first}",
            "#EXT-X-PLAYLIST-TYPE:VOD",
        ]
        after_hole = False
        for index, seconds in enumerate(self.seconds):
            if seconds:
                after_break = after_hole or self.first + index in discontinuities
                lines += self._segment(index, after_break=after_break and index > 0)
            after_hole = not seconds
        return "\n".join([*lines, "#EXT-X-ENDLIST", ""])

    def _miss(self, count: int) -> None:
        self.sizes.extend([0] * count)
        self.seconds.extend([0.0] * count)
        self._dates.extend([0.0] * count)
        self._files += [""] * count

    def _fill(self, index: int, others: Sequence[OnDemandPlaylist]) -> None:
        for other in others:
            there = self.first + index - other.first
            if 0 <= there < len(other.seconds) and other.seconds[there]:
                self.seconds[index], self._dates[index] = other.seconds[there], other._dates[there]  # noqa: SLF001 - of our kind

    def _segment(self, index: int, *, after_break: bool) -> list[str]:
        msn, file = self.first + index, self._files[index]
        lines = ["#EXT-X-DISCONTINUITY"] if after_break else []
        if msn in self._inits:
            lines.append(tags.media_map(self._inits[msn]))
        if self._dates[index]:
            lines.append(tags.program_date_time(self._dates[index]))
        lines.append(tags.inf(self.seconds[index]))
        # A gap needs a name as well; epochs begin with 1, so that nothing was ever put under this one.
        return [*lines, file] if file else [*lines, "#EXT-X-GAP", f"0-{msn}.m4s"]
