"""Looks through the tables of a track once, before anybody relies on them: a few milliseconds for an hour of film.

What is damaged beyond doubt is a MediaError. Where libav makes something of it, or rare things are meant, it is asked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain, islice, pairwise
from operator import lt, mul
from struct import Struct
from typing import TYPE_CHECKING, Final

from origin.vod.demux.film import MediaError, NotUnderstoodError
from origin.vod.demux.isobmff.boxes import cut_off
from origin.vod.demux.isobmff.columns import blocks, signed
from origin.vod.demux.isobmff.tables import too_much_media

if TYPE_CHECKING:
    from origin.vod.demux.isobmff.tables import Tables

_MAX_OFFSET: Final = 1 << 28
"""Libav takes no ctts with offsets above: at 90 kHz it is 50 minutes between decoding and showing."""
_MAX_DELTA: Final = 1 << 31
"""From here on libav reads a sign."""
MAX_SAMPLES: Final = 100_000_000
"""Ten days of sound. A byte each would make some thousand times as many of a file as there can be."""
_SPAN: Final = Struct(">III")
_FIRST_CHUNK: Final = b"\0\0\0\1"
_TIME: Final = Struct(">II")


@dataclass(frozen=True, slots=True)
class Surveyed:
    """Tables to be relied on: the samples last `ticks`, and are shown `least` to `most` after they are decoded."""

    tables: Tables
    ticks: int
    least: int
    most: int


def survey(tables: Tables, length: int) -> Surveyed:
    """Check the tables of a track in a file of `length` bytes. Raises MediaError and NotUnderstoodError."""
    if tables.samples > MAX_SAMPLES:
        raise MediaError("The file is damaged: it has more samples than any film.")
    if not len(tables.chunks):
        raise MediaError("The file is damaged: it does not say where its samples are.")
    _check_spans(tables)
    _check_end(tables, length)
    _check_bytes(tables, length)
    _check_syncs(tables)
    ticks, zeros = _ticks(tables)
    last = _last(tables, zeros)
    least, most = _offsets(tables)
    return Surveyed(replace(tables, last=last), ticks + last, least, most)


def _check_bytes(tables: Tables, length: int) -> None:
    total, code = tables.size * tables.samples, {8: "B", 16: "H", 32: "I"}[tables.size_bits]
    for sizes in blocks(tables.sizes, code):
        total += sum(sizes)
        if sizes.count(0):
            raise NotUnderstoodError("a sample is empty")
    if total > length:
        raise too_much_media()


def _check_spans(tables: Tables) -> None:
    """One sample description; as many samples in chunks as there are sizes."""
    samples, end = 0, (tables.chunk_count + 1, 0, 1)
    if bytes(tables.spans[:4]) != _FIRST_CHUNK:
        raise NotUnderstoodError("chunks are not in order")
    for (first, each, entry), (after, _, _) in pairwise(chain(_SPAN.iter_unpack(tables.spans), (end,))):
        samples += (after - first) * each
        if entry != 1:
            raise NotUnderstoodError("a track has several sample descriptions")
        if first >= after or not each:
            raise NotUnderstoodError("chunks are not in order")
    if samples != tables.samples:
        raise NotUnderstoodError("chunks hold more samples than there are, or fewer")


def _ticks(tables: Tables) -> tuple[int, int]:
    """How long all samples last, and how many rows say that samples last no time."""
    samples = ticks = zeros = 0
    for block in blocks(tables.times, width=2):
        counts, deltas = block[0::2], block[1::2]
        samples += sum(counts)
        ticks += sum(map(mul, counts, deltas))
        zeros += deltas.count(0)
        if max(deltas) >= _MAX_DELTA:
            raise NotUnderstoodError("samples last a negative time")
    if samples != tables.samples:
        raise NotUnderstoodError("there are times for more samples than there are, or for fewer")
    return ticks, zeros


def _last(tables: Tables, zeros: int) -> int:
    """How long the last sample lasts where nothing is said: as long as the one before it. 0 where it is said."""
    if not zeros:
        return 0
    rows = list(_TIME.iter_unpack(tables.times[-2 * _TIME.size :]))
    if zeros == 1 and len(rows) > 1 and rows[-1] == (1, 0):
        return int(rows[0][1])
    raise NotUnderstoodError("samples last no time")


def _offsets(tables: Tables) -> tuple[int, int]:
    """The least and the largest composition offset."""
    if not len(tables.shown):
        return 0, 0
    samples, least, most = 0, _MAX_OFFSET, -_MAX_OFFSET
    for block in blocks(tables.shown, width=2):
        offsets = signed(block[1::2])
        samples += sum(block[0::2])
        least, most = min(least, *offsets), max(most, *offsets)
    if samples != tables.samples or max(-least, most) > _MAX_OFFSET:
        raise NotUnderstoodError("composition offsets are not those of these samples")
    return least, most


def _check_end(tables: Tables, length: int) -> None:
    """The chunk that stands last is in the file as a whole: else a film that is cut off would be half made first."""
    samples = last = first = most = 0
    for at, count in tables.places():
        if at >= last:
            last, first, most = at, samples, count
        samples += count
    size = most * tables.size or sum(islice(tables.bytes_from(first), most))
    if last + size > length:
        raise cut_off(length)


def _check_syncs(tables: Tables) -> None:
    """They rise; the first sample is one."""
    if tables.syncs is None:
        return
    before = 0
    for block in blocks(tables.syncs):
        if not before < block[0] or not all(map(lt, block, block[1:])):
            raise NotUnderstoodError("sync samples are not in order")
        if not before and block[0] != 1:
            raise NotUnderstoodError("the first sample is no sync sample")
        before = block[-1]
    if not 0 < before <= tables.samples:
        raise NotUnderstoodError("there are no sync samples, or more than samples")
