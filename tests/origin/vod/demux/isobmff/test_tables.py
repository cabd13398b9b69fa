from __future__ import annotations

from itertools import islice
from struct import pack

import pytest

from origin.vod.demux.film import MediaError, NotUnderstoodError
from origin.vod.demux.isobmff.tables import read_tables, sample_count, too_much_media
from tests.origin.vod.demux.isobmff.made import stbl


@pytest.mark.parametrize("wide", [False, True])
def test_columns(wide: bool) -> None:  # noqa: FBT001 - both widths of offsets
    tables = read_tables(stbl(times=[(3, 100), (1, 50)], shown=[(1, 0), (3, -7)], syncs=[1, 3], wide=wide))
    assert tables.samples == 4
    assert list(tables.durations()) == [100, 100, 100, 50]
    assert list(tables.decoded()) == [0, 100, 200, 300, 350]
    assert list(tables.offsets()) == [0, -7, -7, -7]
    assert list(tables.keys()) == [1, 3]
    assert list(tables.bytes_from(1)) == [20, 30, 40]
    assert list(tables.places()) == [(1000, 2), (2000, 2)]
    assert tables.chunk_count == 2


def test_what_need_not_be_said() -> None:
    tables = read_tables(stbl())
    assert list(tables.offsets()) == [0, 0, 0, 0]
    assert list(islice(tables.keys(), 3)) == [1, 2, 3]


def test_chunks_of_various_length() -> None:
    spans = [(1, 3, 1), (2, 1, 1), (4, 2, 1)]
    assert list(read_tables(stbl(spans=spans, chunks=[1, 2, 3, 4, 5])).places()) == [
        (1, 3),
        (2, 1),
        (3, 1),
        (4, 2),
        (5, 2),
    ]


def test_samples_of_one_size() -> None:
    boxes = stbl() | {b"stsz": memoryview(pack(">III", 0, 7, 4))}
    assert list(read_tables(boxes).bytes_from(2)) == [7, 7]


@pytest.mark.parametrize(("bits", "rows"), [(8, b"\1\2\3"), (16, b"\0\1\0\2\0\3")])
def test_sizes_of_fewer_bits(bits: int, rows: bytes) -> None:
    boxes = {**stbl(), b"stz2": memoryview(pack(">III", 0, bits, 3) + rows)}
    del boxes[b"stsz"]
    assert sample_count(boxes) == 3
    assert list(read_tables(boxes).bytes_from(1)) == [2, 3]
    boxes[b"stz2"] = memoryview(pack(">III", 0, 4, 3) + rows)
    with pytest.raises(NotUnderstoodError):
        read_tables(boxes)


@pytest.mark.parametrize("kind", [b"stts", b"ctts", b"stss", b"stsc", b"stsz", b"stco"])
def test_counts_that_are_not_true(kind: bytes) -> None:
    boxes = stbl(shown=[(4, 1)], syncs=[1])
    at = 8 if kind == b"stsz" else 4
    boxes[kind] = memoryview(bytes(boxes[kind][:at]) + b"\xff\xff\xff\xff" + bytes(boxes[kind][at + 4 :]))
    with pytest.raises(MediaError, match=f"{kind.decode()} box is cut short"):
        read_tables(boxes)


@pytest.mark.parametrize("kind", [b"stts", b"stsc", b"stsz", b"stco"])
def test_tables_that_are_not_there(kind: bytes) -> None:
    boxes = stbl()
    del boxes[kind]
    with pytest.raises(MediaError, match="there is no"):
        read_tables(boxes)


@pytest.mark.parametrize("more", [{b"stps": b""}, {b"sbgp": b"\0\0\0\0rap "}, {b"sbgp": b"\0\0\0\0sync"}])
def test_other_samples_to_begin_with(more: dict[bytes, bytes]) -> None:
    with pytest.raises(NotUnderstoodError):
        read_tables(stbl() | {kind: memoryview(body) for kind, body in more.items()})
    assert read_tables(stbl() | {b"sbgp": memoryview(b"\0\0\0\0roll")}).samples == 4


def test_overlapping_samples_are_said_to_be() -> None:
    assert "larger than itself" in str(too_much_media())
