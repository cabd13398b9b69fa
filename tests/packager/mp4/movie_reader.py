"""Reads an MP4 by the book (ISO/IEC 14496-12, section 8), with nothing of the writer's own."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate, chain, pairwise, repeat
from struct import iter_unpack, unpack_from
from typing import TYPE_CHECKING

from tests.packager.fragments import boxes, find

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Row:
    """A sample; times in ticks from where its track's media begins."""

    dts: int
    pts: int
    duration: int
    key: bool
    at: int
    data: bytes


@dataclass(frozen=True)
class Trak:
    """`edits` are duration in ticks of the movie, and media time; `movie_ticks` and `ticks` are a second's."""

    handler: bytes
    movie_ticks: int
    ticks: int
    entries: tuple[bytes, ...]
    edits: tuple[tuple[int, int], ...]
    rows: tuple[Row, ...]
    kinds: tuple[bytes, ...]

    @property
    def shown_from_s(self) -> float:
        """When the first sample is shown."""
        edits = self.edits or ((0, 0),)
        empty = sum(duration for duration, time in edits if time == -1) / self.movie_ticks
        return empty + (self.rows[0].pts - edits[-1][1]) / self.ticks


def read_movie(data: bytes) -> list[Trak]:
    """All tracks, with every sample's bytes."""
    moov = find(data, b"moov")
    movie_ticks = _clock(find(moov, b"mvhd"))
    return [_trak(payload, movie_ticks, data) for kind, _, payload in boxes(moov) if kind == b"trak"]


def top(data: bytes) -> list[tuple[bytes, int]]:
    """Type and size of the boxes of the file; the last may have its size in 64 bits."""
    at, found = 0, []
    while at < len(data):
        size, kind = unpack_from(">I4s", data, at)
        size = unpack_from(">Q", data, at + 8)[0] if size == 1 else size
        found.append((kind, size))
        at += size
    assert at == len(data)
    return found


def _clock(header: bytes) -> int:
    ticks: int = unpack_from(">I", header, 20 if header[0] else 12)[0]
    return ticks


def _trak(trak: bytes, movie_ticks: int, data: bytes) -> Trak:
    mdia = find(trak, b"mdia")
    stbl = find(mdia, b"minf", b"stbl")
    kinds = tuple(kind for kind, _, _ in boxes(stbl))
    stsd = find(stbl, b"stsd")
    entries = tuple(stsd[8 + at : 8 + at + len(entry) + 8] for _, at, entry in boxes(stsd[8:]))
    return Trak(
        find(mdia, b"hdlr")[8:12],
        movie_ticks,
        _clock(find(mdia, b"mdhd")),
        entries,
        _edits(trak),
        tuple(_rows(stbl, kinds, data)),
        kinds,
    )


def _edits(trak: bytes) -> tuple[tuple[int, int], ...]:
    if b"edts" not in [kind for kind, _, _ in boxes(trak)]:
        return ()
    elst = find(trak, b"edts", b"elst")
    return tuple((duration, time) for duration, time, _, _ in iter_unpack(">QqHH" if elst[0] else ">IiHH", elst[8:]))


def _rows(stbl: bytes, kinds: tuple[bytes, ...], data: bytes) -> Iterator[Row]:
    stsz = find(stbl, b"stsz")
    assert unpack_from(">II", stsz) == (0, 0)
    sizes = [size for (size,) in iter_unpack(">I", stsz[12:])]
    durations = _runs(find(stbl, b"stts"), ">II")
    offsets = [0] * len(sizes)
    if b"ctts" in kinds:
        ctts = find(stbl, b"ctts")
        offsets = _runs(ctts, ">Ii" if ctts[0] else ">II")
    keys = set(range(1, len(sizes) + 1))
    if b"stss" in kinds:
        keys = {number for (number,) in iter_unpack(">I", find(stbl, b"stss")[8:])}
    assert len(sizes) == len(durations) == len(offsets) == unpack_from(">I", stsz, 8)[0]
    places = _places(stbl, kinds, sizes)
    times = accumulate(durations, initial=0)
    for number, (size, dts, ticks, offset, at) in enumerate(
        zip(sizes, times, durations, offsets, places, strict=False), 1
    ):
        yield Row(dts, dts + offset, ticks, number in keys, at, data[at : at + size])


def _runs(table: bytes, row: str) -> list[int]:
    assert unpack_from(">I", table, 4)[0] == len(table[8:]) // 8
    return list(chain.from_iterable(repeat(value, count) for count, value in iter_unpack(row, table[8:])))


def _places(stbl: bytes, kinds: tuple[bytes, ...], sizes: list[int]) -> list[int]:
    """Where each sample is, by its chunk (8.7.4)."""
    wide = b"co64" in kinds
    chunks = [at for (at,) in iter_unpack(">Q" if wide else ">I", find(stbl, b"co64" if wide else b"stco")[8:])]
    runs = [*iter_unpack(">III", find(stbl, b"stsc")[8:]), (len(chunks) + 1, 0, 0)]
    counts = [run[1] for run, after in pairwise(runs) for _ in range(run[0], after[0])]
    assert {run[2] for run in runs[:-1]} == {1}
    found: list[int] = []
    for at, count in zip(chunks, counts, strict=True):
        own = sizes[len(found) : len(found) + count]
        found += [at + before for before in accumulate(own[:-1], initial=0)][:count]
    return found
