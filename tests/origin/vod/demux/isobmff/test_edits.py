from __future__ import annotations

from struct import pack

import pytest

from origin.vod.demux.film import MediaError, NotUnderstoodError
from origin.vod.demux.isobmff.boxes import children
from origin.vod.demux.isobmff.edits import Edit, read_edit
from tests.support.box_tree import Node, table

ONE = 1 << 16


def edit(*rows: tuple[int, int, int], wide: bool = False, fragmented: bool = False) -> Edit | None:
    elst = Node(b"elst", table(rows, ">Qqi" if wide else ">Iii", wide << 24))
    trak = children(memoryview(Node(b"edts", inside=[elst]).write()), "trak")
    return read_edit(trak, 48_000, 1_000, fragmented=fragmented)


def test_none() -> None:
    assert read_edit({}, 48_000, 1_000, fragmented=False) is None
    assert edit() is None


@pytest.mark.parametrize("wide", [False, True])
def test_a_wait_and_then_all(wide: bool) -> None:  # noqa: FBT001 - both versions
    assert edit((500, -1, ONE), (250, -1, 0), (2_000, 1_024, ONE), wide=wide) == Edit(36_000, 1_024, 97_024)


def test_the_end_of_a_list_that_was_written_before_the_fragments_is_none() -> None:
    assert edit((0, 1_024, ONE), fragmented=True) == Edit(0, 1_024, None)


def test_ticks_are_rounded_to_the_nearest() -> None:
    assert read_edit(_trak(1), 1_500, 1_000, fragmented=False) == Edit(0, 0, 2)
    assert read_edit(_trak(1), 1_499, 1_000, fragmented=False) == Edit(0, 0, 1)


def _trak(duration: int) -> dict[bytes, memoryview]:
    elst = Node(b"elst", table([(duration, 0, ONE)], ">Iii"))
    return dict(children(memoryview(Node(b"edts", inside=[elst]).write()), "trak"))


@pytest.mark.parametrize(
    "rows",
    [
        [(500, -1, ONE)],
        [(500, 0, ONE), (500, 1_000, ONE)],
        [(500, 0, ONE), (500, -1, ONE)],
        [(500, -2, ONE)],
        [(500, 0, 2 * ONE)],
        [(500, 0, 0)],
        [(0, 0, ONE)],
        [(1, -1, ONE)] * 17,
    ],
)
def test_more_than_that(rows: list[tuple[int, int, int]]) -> None:
    with pytest.raises(NotUnderstoodError):
        edit(*rows)


def test_longer_than_any_film() -> None:
    with pytest.raises(MediaError, match="longer than any film"):
        edit((1 << 63, 0, ONE), wide=True)


def test_more_rows_than_there_are() -> None:
    elst = Node(b"elst", pack(">II", 0, 1 << 31) + bytes(12))
    with pytest.raises(MediaError, match="cut short"):
        read_edit(children(memoryview(Node(b"edts", inside=[elst]).write()), ""), 1, 1, fragmented=False)
