from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from media.track import Codec, Track
from origin.catalog import recordings
from origin.catalog.ids import DEFAULT_TENANT
from packager.recorded import RecordedInit
from tests.origin.catalog.made import a_row

if TYPE_CHECKING:
    from sqlalchemy import Connection

VIDEO = Track(Codec.H264, 90_000, bytes.fromhex("0164001f"), 1280, 720, frame_rate=30.0)
INIT = RecordedInit("v0/1-init-0.mp4", VIDEO, 700, "cd" * 32)


def add(conn: Connection, *numbers: int, rendition: str = "v0", broadcast: str = "bc_one") -> None:
    recordings.add(conn, DEFAULT_TENANT, broadcast, [a_row(msn, rendition) for msn in numbers])


def test_segments_come_back_as_they_were_page_by_page(conn: Connection) -> None:
    add(conn, 5, 3, 4)
    add(conn, 3, 4, rendition="a0")
    add(conn, 9, broadcast="bc_other")
    first = recordings.segments(conn, "bc_one", ("", -1), 3)
    assert first == [a_row(3, "a0"), a_row(4, "a0"), a_row(3)]
    rest = recordings.segments(conn, "bc_one", ("v0", 3), 3)
    assert rest == [a_row(4), a_row(5)]
    assert recordings.segments(conn, "bc_one", ("v0", 5), 3) == []


def test_what_is_known_stays_as_it_is(conn: Connection) -> None:
    add(conn, 3)
    recordings.add(conn, DEFAULT_TENANT, "bc_one", [a_row(3, size=0), a_row(4, size=0)])
    recordings.add(conn, DEFAULT_TENANT, "bc_one", [])
    assert recordings.segments(conn, "bc_one", ("", -1), 9) == [a_row(3), a_row(4, size=0)]


def test_an_init_segment_is_told_anew_with_what_is_known_later(conn: Connection) -> None:
    early = replace(INIT, track=replace(VIDEO, frame_rate=None))
    recordings.add_inits(conn, DEFAULT_TENANT, "bc_one", [early])
    assert recordings.inits(conn, "bc_one") == [early]
    recordings.add_inits(conn, DEFAULT_TENANT, "bc_one", [INIT])
    recordings.add_inits(conn, DEFAULT_TENANT, "bc_one", [])
    assert recordings.inits(conn, "bc_one") == [INIT]
    assert recordings.inits(conn, "bc_other") == []


def test_what_a_window_lists_is_found_and_what_comes_anew_is_cut(conn: Connection) -> None:
    add(conn, *range(6))
    add(conn, *range(6), rendition="a0")
    assert recordings.since(conn, "bc_one", {"v0": 4, "a0": 5}) == [a_row(4), a_row(5), a_row(5, "a0")]
    recordings.cut(conn, "bc_one", {"v0": 2, "a0": 9})
    assert [(row.rendition, row.msn) for row in recordings.segments(conn, "bc_one", ("a0", 4), 9)] == [
        ("a0", 5),
        ("v0", 0),
        ("v0", 1),
    ]


def test_rows_go_in_slices_and_init_segments_last(conn: Connection) -> None:
    add(conn, *range(5))
    add(conn, 7, broadcast="bc_other")
    recordings.add_inits(conn, DEFAULT_TENANT, "bc_one", [INIT])
    assert recordings.any_of(conn, "bc_one")
    assert [recordings.drop(conn, "bc_one", 2) for _ in range(3)] == [2, 2, 1]
    assert not recordings.any_of(conn, "bc_one")
    assert recordings.inits(conn, "bc_one") == [INIT]
    assert recordings.drop(conn, "bc_one", 2) == 0
    assert recordings.inits(conn, "bc_one") == []
    assert recordings.any_of(conn, "bc_other")
