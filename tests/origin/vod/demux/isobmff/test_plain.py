from __future__ import annotations

from typing import Any

import pytest

from media.sample import Sample
from media.track import Kind
from origin.vod.demux.film import MediaError
from origin.vod.demux.isobmff.cut import Cut
from origin.vod.demux.isobmff.plain import read_plain
from origin.vod.demux.isobmff.tables import read_tables
from tests.origin.vod.demux.isobmff.made import stbl

DATA = bytes(number % 251 for number in range(2_071))


def read(cut: Cut, data: bytes = DATA, **changes: Any) -> list[Sample]:
    return list(read_plain(memoryview(data), read_tables(stbl(**changes)), Kind.VIDEO, cut))


def sample(dts: int, pts: int, start: int, end: int, *, key: bool) -> Sample:
    return Sample(Kind.VIDEO, dts, pts, 100, key, DATA[start:end])


ALL = [
    sample(0, 50, 1000, 1010, key=True),
    sample(100, 150, 1010, 1030, key=False),
    sample(200, 250, 2000, 2030, key=True),
    sample(300, 350, 2030, 2070, key=False),
]
CHANGES: dict[str, Any] = {"shown": [(4, 50)], "syncs": [1, 3]}


@pytest.mark.parametrize("first", range(4))
@pytest.mark.parametrize("end", [1, 3, 4])
def test_samples_of_a_cut(first: int, end: int) -> None:
    found = read(Cut(first, max(first, end), 0, 0), **CHANGES)
    assert found == ALL[first:end]
    assert all(isinstance(each.data, memoryview) for each in found)


def test_times_are_moved() -> None:
    [found] = read(Cut(0, 1, 1_000, 2_000), **CHANGES)
    assert (found.dts, found.pts, found.duration) == (1_000, 2_050, 100)


def test_without_a_table_of_sync_samples_all_are() -> None:
    assert [each.key for each in read(Cut(1, 4, 0, 0))] == [True] * 3


def test_a_sample_beyond_the_end() -> None:
    samples = read_plain(memoryview(DATA[:2_069]), read_tables(stbl()), Kind.VIDEO, Cut(0, 4, 0, 0))
    assert [len(next(samples).data) for _ in range(3)] == [10, 20, 30]
    with pytest.raises(MediaError, match="ends after 2069 bytes"):
        next(samples)
