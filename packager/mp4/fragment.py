"""Reads the heads of a segment's parts: where each sample's bytes are, and when it is decoded and shown.

Only the heads: `walk` asks for the few bytes that it needs, so a segment of megabytes costs some hundred bytes a part.
It knows what `packager.fmp4` writes and takes nothing else, since the objects are our own: what differs is damaged.
"""

from __future__ import annotations

from struct import unpack_from
from typing import TYPE_CHECKING, Final, NamedTuple

from media.record import record
from packager.fmp4.part import DELTA, HEAD, MDAT, SYNC, TRUN_NARROW, TRUN_WIDE, write_head
from packager.mp4.errors import BadSegmentError
from packager.mp4.words import signed, words

if TYPE_CHECKING:
    from array import array
    from collections.abc import Generator, Sequence

HEAD_BYTES: Final = 2048
"""Asked for at a time: a reference time and the head of a part of a second at 60 pictures, with room to spare."""
MAX_HEAD_BYTES: Final = 1 << 16
"""A part has at most 1,024 samples (`packager.parts`), each of 16 bytes here; four times that is no part of ours."""
MAX_SEGMENT_BYTES: Final = (1 << 32) - 1
"""Offsets within a segment are kept in 32 bits; ten seconds would need 3.4 Gbit/s."""
_REFERENCE_TIME: Final = (32).to_bytes(4, "big") + b"prft"


class Span(NamedTuple):
    """Bytes `start` to before `end` of an object."""

    start: int
    end: int


@record
class Fragment:
    """One part; times in ticks of its track, `start` being the decode time of its first sample.

    The samples' bytes stand in their segment from `at` to `end`, one after the other, of `sizes` bytes each. `keys` are
    the places of sync samples; `offsets` are presentation minus decode times, None where all are 0.
    """

    start: int
    at: int
    end: int
    sizes: array[int]
    durations: array[int]
    keys: Sequence[int]
    offsets: array[int] | None


def walk(size: int) -> Generator[Span, bytes, list[Fragment]]:
    """Read the parts of a segment of `size` bytes: yields what it needs next, and wants to be sent exactly that.

    Raises:
        BadSegmentError: what was sent, or what is missing at the end, shows that the segment is not one of ours.
    """
    if size > MAX_SEGMENT_BYTES:
        raise BadSegmentError("a segment is larger than any that is written")
    found: list[Fragment] = []
    at = 0
    while at < size:
        data = yield Span(at, min(at + HEAD_BYTES, size))
        skipped = len(_REFERENCE_TIME) + 24 if data.startswith(_REFERENCE_TIME) else 0
        needed = skipped + _head_bytes(data[skipped : skipped + 8])
        if needed > len(data):
            data = yield Span(at, min(at + needed, size))
        found.append(read_head(data[skipped:needed], at + skipped))
        at = found[-1].end
    if at > size or not found:
        raise BadSegmentError("a segment is cut off")
    return found


def _head_bytes(beginning: bytes) -> int:
    """How long the moof and the head of the mdat are, by the moof's own."""
    if len(beginning) < MDAT.size:
        raise BadSegmentError("a segment is cut off")
    moof, kind = unpack_from(">I4s", beginning)
    if kind != b"moof" or not HEAD.size <= moof <= MAX_HEAD_BYTES:
        raise BadSegmentError("a segment holds a box that is not written there")
    return int(moof) + MDAT.size


def read_head(data: bytes, base: int) -> Fragment:
    """Read a moof and the head of its mdat, no more and no less, which stand at `base` in their segment."""
    if len(data) < HEAD.size + MDAT.size:
        raise BadSegmentError("a segment is cut off")
    fields = HEAD.unpack_from(data)
    number, start, flags, count = fields[5], fields[16], fields[19], fields[20]
    wide = flags == TRUN_WIDE
    if not (wide or flags == TRUN_NARROW) or not 0 < count < len(data):
        raise BadSegmentError("a part's boxes are not as they are written")
    head = write_head(number, start, count, wide=wide)
    if not data.startswith(head):
        raise BadSegmentError("a part's boxes are not as they are written")
    if int.from_bytes(head[:4], "big") + MDAT.size != len(data):
        raise BadSegmentError("a segment is cut off")
    rows = words(data[HEAD.size : -MDAT.size])
    sizes, at = rows[1::4] if wide else rows[1::2], base + len(data)
    if data[-MDAT.size :] != MDAT.pack(min(MDAT.size + sum(sizes), MAX_SEGMENT_BYTES), b"mdat"):
        raise BadSegmentError("a part's samples do not fill it")
    keys = _keys(rows[2::4]) if wide else range(count)
    offsets = signed(rows[3::4]) if wide else None
    return Fragment(start, at, at + sum(sizes), sizes, rows[0::4] if wide else rows[0::2], keys, offsets)


def _keys(flags: array[int]) -> Sequence[int]:
    if not {SYNC, DELTA}.issuperset(flags):
        raise BadSegmentError("a sample has flags that are not written")
    return [place for place, flag in enumerate(flags) if flag == SYNC]
