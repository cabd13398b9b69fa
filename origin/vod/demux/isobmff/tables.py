"""The tables of a track that say where its samples are and when (ISO/IEC 14496-12, 8.6.1, 8.6.2 and 8.7).

They are views of the file, read anew by whoever goes through them. That counts fit their boxes is checked when they are
found; what they say, in `survey`.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate, chain, count, islice, pairwise, repeat
from struct import Struct
from typing import TYPE_CHECKING, Final

from origin.vod.demux.film import MediaError, NotUnderstoodError
from origin.vod.demux.isobmff.boxes import cut_short, fields, name, need
from origin.vod.demux.isobmff.columns import numbers, pairs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from origin.vod.demux.isobmff.boxes import Children

_NOTHING: Final = memoryview(b"")
_SPAN: Final = Struct(">III")
_CODES: Final = {8: "B", 16: "H", 32: "I"}
_GROUPS: Final = frozenset({b"rap ", b"sync"})
"""Groups of samples that one may begin with though they are no sync samples; libav takes them for some (8.9)."""


@dataclass(frozen=True, slots=True)
class Tables:
    """`samples` is how many there are. `times` are the rows of stts, `shown` those of ctts, `spans` those of stsc.

    Samples have the sizes of `sizes`, of `size_bits` each, or all `size`. `syncs` is stss, None where all are sync
    samples. `chunks` is stco or co64, of `chunk_code`. The last sample lasts `last` ticks, where that is not 0.
    """

    samples: int
    times: memoryview
    shown: memoryview
    syncs: memoryview | None
    spans: memoryview
    sizes: memoryview
    size_bits: int
    size: int
    chunks: memoryview
    chunk_code: str
    last: int = 0

    def durations(self) -> Iterator[int]:
        """Of all samples."""
        every = chain.from_iterable(repeat(delta, number) for number, delta in pairs(self.times))
        return chain(islice(every, self.samples - 1), (self.last,)) if self.last else every

    def decoded(self) -> Iterator[int]:
        """Decode times of all samples, and of the end."""
        return accumulate(self.durations(), initial=0)

    def offsets(self) -> Iterator[int]:
        """Presentation minus decode times of all samples. Both versions of ctts have a sign here, as with libav."""
        if not len(self.shown):
            return repeat(0, self.samples)
        return chain.from_iterable(repeat(offset, number) for number, offset in pairs(self.shown, "i"))

    def keys(self) -> Iterator[int]:
        """Numbers of the sync samples, from 1 on."""
        return count(1) if self.syncs is None else numbers(self.syncs)

    def bytes_from(self, sample: int) -> Iterator[int]:
        """Sizes of the samples, but for so many at the beginning."""
        if self.size:
            return repeat(self.size, self.samples - sample)
        return numbers(self.sizes[sample * self.size_bits // 8 :], _CODES[self.size_bits])

    def places(self) -> Iterator[tuple[int, int]]:
        """Where each chunk begins, and how many samples it has."""
        end = (self.chunk_count + 1, 0, 0)
        rows = pairwise(chain(_SPAN.iter_unpack(self.spans), (end,)))
        counts = chain.from_iterable(repeat(each, after - first) for (first, each, _), (after, _, _) in rows)
        return zip(numbers(self.chunks, self.chunk_code), counts, strict=False)

    @property
    def chunk_count(self) -> int:
        """How many chunks there are."""
        return len(self.chunks) // (8 if self.chunk_code == "Q" else 4)


def read_tables(stbl: Children) -> Tables:
    """Find the tables of a track that has samples. Raises MediaError for counts that are not true."""
    if b"stps" in stbl or any(bytes(stbl[kind][4:8]) in _GROUPS for kind in (b"sbgp", b"csgp") if kind in stbl):
        raise NotUnderstoodError("there are samples to begin with beside sync samples")
    samples, sizes, bits, size = _sizes(stbl)
    wide = b"stco" not in stbl
    return Tables(
        samples=samples,
        times=_rows(stbl, b"stts", 8),
        shown=_rows(stbl, b"ctts", 8) if b"ctts" in stbl else _NOTHING,
        syncs=_rows(stbl, b"stss", 4) if b"stss" in stbl else None,
        spans=_rows(stbl, b"stsc", 12),
        sizes=sizes,
        size_bits=bits,
        size=size,
        chunks=_rows(stbl, b"co64", 8) if wide else _rows(stbl, b"stco", 4),
        chunk_code="Q" if wide else "I",
    )


def sample_count(stbl: Children) -> int:
    """How many samples a track says that it has, outside of fragments."""
    kind = b"stz2" if b"stsz" not in stbl and b"stz2" in stbl else b"stsz"
    return int(fields(need(stbl, kind), ">I", 8, name(kind))[0])


def _sizes(stbl: Children) -> tuple[int, memoryview, int, int]:
    """Number of samples, sizes, their bits, and the size of all."""
    samples = sample_count(stbl)
    if b"stsz" in stbl:
        (size,) = fields(stbl[b"stsz"], ">I", 4, "stsz")
        return samples, _NOTHING if size else _rows(stbl, b"stsz", 4, 8), 32, size
    bits = stbl[b"stz2"][7]
    if bits not in (8, 16):
        raise NotUnderstoodError("sizes of samples have another width than any that is usual")
    return samples, _rows(stbl, b"stz2", bits // 8, 8), bits, 0


def _rows(stbl: Children, kind: bytes, width: int, at: int = 4) -> memoryview:
    """The rows of a table, whose number stands at `at`."""
    table = need(stbl, kind)
    (rows,) = fields(table, ">I", at, name(kind))
    end = at + 4 + rows * width
    if end > len(table):
        raise cut_short(name(kind))
    return table[at + 4 : end]


def too_much_media() -> MediaError:
    """Samples are larger than the file together: they overlap, and would come to any amount."""
    return MediaError("The file is damaged: its samples are larger than itself.")
