"""One MP4 of a recording, without one byte of media being moved (ISO/IEC 14496-12).

The segments that HLS and DASH play hold their samples whole and in order; a plain MP4 is the same samples behind one
table. So a download is a plan: a header made from the heads of the segments, and then extents of the stored objects,
one after the other. Whoever holds the plan can answer for any byte of the file, always with the same one.

    init segments → `description` → `parameters` (one sample entry for all)
    segments → `fragment` (heads, by ranged reads) → `track` (tables) → `joining` → `layout` (order) → `movie` (header)

`Planner` puts these together, with silence where no sound came (`quiet`). It holds at most 24 bytes of memory a sample
and 100 a part: 12 h of 30 pictures a second with AAC, in parts of 0.2 s, are 3.3 million samples and 432,000 parts, and
with B-frames take less than 100 MB.
"""

from packager.mp4.description import read_init
from packager.mp4.errors import BadSegmentError, CannotJoinError
from packager.mp4.fragment import Span, walk
from packager.mp4.layout import Extent
from packager.mp4.planner import Plan, Planner

__all__ = ["BadSegmentError", "CannotJoinError", "Extent", "Plan", "Planner", "Span", "read_init", "walk"]
