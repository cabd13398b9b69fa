from __future__ import annotations

from typing import Any

import pytest

from origin.vod.demux.film import MediaError, NotUnderstoodError
from origin.vod.demux.isobmff.survey import Surveyed, survey
from origin.vod.demux.isobmff.tables import read_tables
from tests.origin.vod.demux.isobmff.made import stbl

LENGTH = 3_000


def surveyed(length: int = LENGTH, **changes: Any) -> Surveyed:
    return survey(read_tables(stbl(**changes)), length)


def test_sound_tables() -> None:
    found = surveyed(times=[(2, 100), (2, 50)], shown=[(1, 0), (1, 200), (2, -7)], syncs=[1, 4])
    assert (found.ticks, found.least, found.most) == (300, -7, 200)
    assert (surveyed().least, surveyed().most) == (0, 0)


def test_the_last_chunk_may_end_with_the_file() -> None:
    assert surveyed(chunks=[1000, 2930]).ticks == surveyed(chunks=[2970, 1000]).ticks == 400


def test_a_last_sample_of_no_length_lasts_as_long_as_the_one_before() -> None:
    found = surveyed(times=[(3, 100), (1, 0)])
    assert list(found.tables.durations()) == [100, 100, 100, 100]
    assert found.ticks == 400


@pytest.mark.parametrize(
    "changes",
    [
        {"times": [(3, 100)]},
        {"times": [(5, 100)]},
        {"times": [(1, 0), (3, 100)]},
        {"times": [(4, 0)]},
        {"times": [(4, 1 << 31)]},
        {"shown": [(3, 1)]},
        {"shown": [(4, 1 << 29)]},
        {"syncs": []},
        {"syncs": [2]},
        {"syncs": [1, 1]},
        {"syncs": [1, 3, 2]},
        {"syncs": [1, 5]},
        {"syncs": [0, 1]},
        {"spans": [(1, 2, 2)]},
        {"spans": [(2, 2, 1)]},
        {"spans": []},
        {"spans": [(1, 1, 1)]},
        {"spans": [(1, 1, 1), (1, 2, 1)]},
        {"spans": [(1, 2, 1), (4, 1, 1)]},
        {"spans": [(1, 4, 1), (2, 0, 1)], "chunks": [1, 2, 3], "sizes": [1, 2, 3]},
        {"sizes": [1, 0, 2, 3]},
    ],
    ids=str,
)
def test_what_libav_may_make_something_of(changes: dict[str, Any]) -> None:
    with pytest.raises(NotUnderstoodError):
        surveyed(**changes)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"sizes": [1000, 500, 1000, 1000], "chunks": [500, 600]}, "larger than itself"),
        ({"chunks": [1000, 3000]}, "ends after 3000 bytes"),
        ({"chunks": [2971, 1000]}, "ends after 3000 bytes"),
        ({"chunks": [1000, 2931]}, "ends after 3000 bytes"),
        ({"chunks": []}, "where its samples are"),
    ],
)
def test_what_is_damaged(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(MediaError, match=said):
        surveyed(**changes)


def test_more_samples_than_any_film() -> None:
    sizes = memoryview(b"\0\0\0\0\0\0\0\1\xff\xff\xff\xff")
    with pytest.raises(MediaError, match="more samples than any film"):
        survey(read_tables(stbl() | {b"stsz": sizes}), 1 << 40)


def test_samples_of_one_size_end_with_the_file() -> None:
    tables = read_tables(stbl() | {b"stsz": memoryview(b"\0\0\0\0\0\0\0\7\0\0\0\4")})
    assert survey(tables, 2_014).ticks == 400
    with pytest.raises(MediaError, match="ends after 2013 bytes"):
        survey(tables, 2_013)
