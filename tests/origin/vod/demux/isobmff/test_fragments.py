from __future__ import annotations

from itertools import product
from struct import pack

import pytest

from origin.vod.demux.film import MediaError
from origin.vod.demux.isobmff.columns import ROWS
from origin.vod.demux.isobmff.fragments import Defaults, Run, read_defaults, read_runs
from tests.support.box_tree import Node

MOOF = 5_000
TRACKS = {1: Defaults(100, 10, 7), 2: Defaults(50, 3, 0)}
COLUMNS = (0x100, 0x200, 0x400, 0x800)


def tfhd(number: int, flags: int, *fields: bytes) -> Node:
    return Node(b"tfhd", pack(">II", flags, number) + b"".join(fields))


def trun(flags: int, count: int, body: bytes = b"") -> Node:
    return Node(b"trun", pack(">II", flags, count) + body)


def tfdt(time: int, version: int = 1) -> Node:
    return Node(b"tfdt", pack(">IQ" if version else ">II", version << 24, time))


def runs(*trafs: list[Node], wanted: int = 1) -> list[Run]:
    moof = Node(b"moof", inside=[Node(b"mfhd", bytes(8)), *(Node(b"traf", inside=each) for each in trafs)])
    return list(read_runs(memoryview(moof.write()[8:]), MOOF, wanted, TRACKS))


def word(number: int) -> bytes:
    return pack(">i" if number < 0 else ">I", number)


@pytest.mark.parametrize("present", list(product([False, True], repeat=4)))
def test_all_combinations_of_columns(present: tuple[bool, ...]) -> None:
    written = [(200, 20, 9, -5), (300, 30, 11, 6)]
    flags = sum(bit for bit, there in zip(COLUMNS, present, strict=True) if there)
    body = b"".join(word(row[place]) for row in written for place in range(4) if present[place])
    [run] = runs([tfhd(1, 0x20000), trun(flags | 1, 2, word(100) + body)])
    wanted = [tuple(row[place] if present[place] else (100, 10, 7, 0)[place] for place in range(4)) for row in written]
    assert list(run.read()) == wanted
    assert run.size() == sum(row[1] for row in wanted)
    assert (run.at, run.start, run.samples) == (MOOF + 100, None, 2)


def test_many_rows_are_read_a_block_at_a_time() -> None:
    rows = [(number, number + 1) for number in range(2 * ROWS + 5)]
    [run] = runs([tfhd(1, 0), trun(0x300, len(rows), b"".join(pack(">II", *row) for row in rows))])
    assert [row[:2] for row in run.read()] == rows


@pytest.mark.parametrize("present", list(product([False, True], repeat=5)))
def test_all_combinations_of_fields_of_a_track(present: tuple[bool, ...]) -> None:
    base, entry, duration, size, flags = present
    fields = [
        *([pack(">Q", 900)] if base else []),
        *([word(1)] if entry else []),
        *(word(value) for value, there in ((1, duration), (2, size), (3, flags)) if there),
    ]
    said = base * 0x1 | entry * 0x2 | duration * 0x8 | size * 0x10 | flags * 0x20
    [run] = runs([tfhd(1, said, *fields), trun(1, 1, word(8))])
    assert run.defaults == Defaults(1 if duration else 100, 2 if size else 10, 3 if flags else 7)
    assert run.at == (900 if base else MOOF) + 8


def test_times_of_both_versions_hold_for_the_first_run_of_a_fragment() -> None:
    both = [runs([tfhd(1, 0), tfdt(77, version), trun(0, 1), trun(0, 1)]) for version in (0, 1)]
    assert [[run.start for run in found] for found in both] == [[77, None], [77, None]]


def test_runs_stand_behind_each_other_where_nothing_is_said() -> None:
    found = runs([tfhd(1, 0x20000), trun(1, 2, word(40)), trun(0, 3), trun(0, 1)])
    assert [run.at for run in found] == [MOOF + 40, MOOF + 60, MOOF + 90]


def test_the_next_track_stands_behind_the_one_before_where_nothing_is_said() -> None:
    first, second = [tfhd(2, 0), trun(1, 4, word(60))], [tfhd(1, 0), trun(0, 1)]
    assert [run.at for run in runs(first, second)] == [MOOF + 60 + 4 * 3]
    assert [run.at for run in runs(first, [tfhd(1, 0x20000), trun(0, 1)])] == [MOOF]
    assert [run.at for run in runs(second, first, second)] == [MOOF, MOOF + 10 + 60 + 4 * 3]


def test_a_run_for_each_sample() -> None:
    found = runs([tfhd(1, 0x20000), *(trun(1, 1, word(20 * number)) for number in range(5_000))])
    assert [run.at for run in found] == [MOOF + 20 * number for number in range(5_000)]


def test_only_the_track_that_is_wanted() -> None:
    found = runs([tfhd(2, 0), trun(0, 1)], [tfhd(1, 0), trun(0, 5)], [tfhd(1, 0), tfdt(9), trun(0, 6)])
    assert [(run.samples, run.start) for run in found] == [(5, None), (6, 9)]


def test_flags_of_the_first_sample() -> None:
    [run] = runs([tfhd(1, 0), trun(0x4, 2, word(99))])
    assert run.first_flags == 99
    [run] = runs([tfhd(1, 0), trun(0x404, 1, word(99) + word(98))])
    assert run.first_flags is None


@pytest.mark.parametrize(
    ("traf", "said"),
    [
        ([trun(0, 1)], "of which track it is"),
        ([tfhd(1, 0), trun(0x300, 1 << 31, bytes(80))], "trun box is cut short"),
        ([tfhd(1, 0x1)], "tfhd box is cut short"),
        ([tfhd(1, 0x2, word(2)), trun(0, 1)], "changes its format"),
        ([tfhd(1, 0), trun(1, 1, word(-MOOF - 1))], "before its beginning"),
        ([tfhd(1, 0), Node(b"tfdt", b"\1\0\0\0")], "tfdt box is cut short"),
    ],
)
def test_what_is_damaged(traf: list[Node], said: str) -> None:
    with pytest.raises(MediaError, match=said):
        runs(traf)


def test_defaults_of_tracks() -> None:
    trex = b"".join(Node(b"trex", pack(">6I", 0, number, 1, *TRACKS[number])).write() for number in TRACKS)
    assert read_defaults(memoryview(trex + Node(b"mehd", bytes(8)).write())) == TRACKS
