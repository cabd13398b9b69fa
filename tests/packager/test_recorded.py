from __future__ import annotations

from packager.hls.segment import Head, Segment
from packager.recorded import Recorded, RecordedInit
from tests.packager.feed import VIDEO

HEAD = Head("4-init-0.mp4", 1_800_000_000.25, discontinuity=True, new_init=True, time=900, period=99, period_time=90)
SEGMENT = Segment(100, "4-100.m4s", 2.002, HEAD, (), 5_000, 2.002)


def test_a_row_says_what_the_playlist_said_and_what_is_stored() -> None:
    row = Recorded.of("v0", SEGMENT, "ab" * 32)
    assert (row.msn, row.file, row.duration, row.date) == (100, "4-100.m4s", 2.002, 1_800_000_000.25)
    assert (row.discontinuity, row.time, row.period, row.period_time) == (True, 900, 99, 90)
    assert (row.stored.name, row.stored.size, row.stored.sha256) == ("v0/4-100.m4s", 5_000, "ab" * 32)
    assert row.init_name == "v0/4-init-0.mp4"
    assert not row.gap


def test_what_was_not_stored_is_a_gap() -> None:
    row = Recorded.of("v0", SEGMENT, "")
    assert row.gap
    assert (row.size, row.file) == (0, "4-100.m4s")


def test_an_init_segment_is_stored_under_its_name() -> None:
    assert RecordedInit("v0/4-init-0.mp4", VIDEO, 700, "cd" * 32).stored.name == "v0/4-init-0.mp4"
