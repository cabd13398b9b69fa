from __future__ import annotations

import pytest

from packager.hls.segment import Part, Place
from packager.hls.window import Window


def window(*, low_latency: bool = True) -> Window:
    return Window("v0", media_sequence=5, discontinuity_sequence=2, low_latency=low_latency)


def add(to: Window, *, parts: int = 2, duration: float = 2.0, discontinuity: bool = False, init: str = "i0") -> None:
    msn = to.open_msn
    to.begin_segment(init, 0.0, discontinuity=discontinuity)
    for part in range(parts):
        to.add_part(
            Part(f"1-{msn}.{part}.m4s", duration / parts, independent=not part, size=1), f"1-{msn}.{part + 1}.m4s"
        )
    to.close_segment(f"1-{msn}.m4s", duration, parts, f"1-{msn + 1}.0.m4s")


def test_a_new_window_has_nothing() -> None:
    empty = window()
    assert (empty.open_msn, empty.last_msn, empty.last_part, empty.hinted) == (5, 4, None, None)
    assert not empty.has(5, None)
    assert not empty.has(5, 0)


def test_positions_follow_parts_and_segments() -> None:
    live = window()
    live.begin_segment("i0", 0.0, discontinuity=False)
    live.add_part(Part("1-5.0.m4s", 1.0, independent=True, size=1), "1-5.1.m4s")
    assert (live.last_msn, live.last_part, live.hinted) == (5, 0, "v0/1-5.1.m4s")
    live.close_segment("1-5.m4s", 1.0, 1, "1-6.0.m4s")
    assert (live.last_msn, live.last_part, live.hinted) == (5, 0, "v0/1-6.0.m4s")


@pytest.mark.parametrize(
    ("msn", "part", "there"),
    [(4, None, True), (5, 1, True), (6, 1, True), (6, 2, False), (7, None, False), (7, 0, False)],
)
def test_what_is_there(msn: int, part: int | None, *, there: bool) -> None:
    live = window()
    add(live)
    add(live)
    assert live.has(msn, part) == there


def test_a_part_beyond_the_last_means_the_first_of_the_next_segment() -> None:
    live = window()
    add(live)
    assert not live.has(5, 2)
    live.begin_segment("i0", 0.0, discontinuity=False)
    live.add_part(Part("1-6.0.m4s", 1.0, independent=True, size=1), "1-6.1.m4s")
    assert live.has(5, 2)


def test_what_can_be_had_is_told_from_what_cannot() -> None:
    live = window()
    live.target_duration = 2
    for _ in range(5):
        add(live)
    live.begin_segment("i0", 0.0, discontinuity=False)
    live.add_part(Part("1-10.0.m4s", 1.0, independent=True, size=1), "1-10.1.m4s")
    assert [msn for msn in range(4, 12) if live.lists(f"1-{msn}.m4s")] == [5, 6, 7, 8, 9]
    assert [msn for msn in range(4, 12) if live.lists(f"1-{msn}.0.m4s")] == [7, 8, 9, 10]
    assert not any(map(live.lists, ("1-10.1.m4s", "2-7.m4s", "1-init-0.mp4", "")))
    live.mark_lost("v0/1-7.m4s")
    assert not any(map(live.lists, ("1-7.m4s", "1-7.0.m4s", "1-7.1.m4s")))
    assert live.lists("1-8.0.m4s")
    assert live.closed(7) == live.segments[2]
    assert (live.closed(4), live.closed(10)) == (None, None)


def test_a_part_lies_within_its_segment_until_a_while_after_that_left() -> None:
    live = window()
    live.target_duration = 2
    for _ in range(8):
        add(live, parts=3)
    assert live.place("1-5.0.m4s") == Place("1-5.m4s", 0, 1)
    assert live.place("1-12.2.m4s") == Place("1-12.m4s", 2, 3)
    assert not any(map(live.place, ("1-5.3.m4s", "2-5.0.m4s", "1-13.0.m4s", "1-5.m4s", "1-init-0.mp4", "")))
    live.slide(4.0)
    assert [msn for msn in range(4, 14) if live.place(f"1-{msn}.1.m4s")] == [7, 8, 9, 10, 11, 12]
    assert live.media_sequence == 10
    live.mark_lost("v0/1-12.m4s")
    assert live.place("1-12.0.m4s") is None


def test_a_window_that_follows_another_knows_as_long_where_parts_lie() -> None:
    live, other = window(), window()
    live.target_duration = other.target_duration = 2
    for _ in range(8):
        add(live)
    closed = tuple(live.segments)
    live.slide(4.0)
    other.take_over(
        closed,
        open_head=None,
        open_parts=[],
        media_sequence=live.media_sequence,
        discontinuity_sequence=2,
        longest=live.longest,
    )
    files = [f"1-{msn}.1.m4s" for msn in range(4, 14)]
    assert [other.place(file) for file in files] == [live.place(file) for file in files]


def test_a_segment_that_is_not_its_parts_has_no_place_for_them() -> None:
    live = window()
    live.begin_segment("i0", 0.0, discontinuity=False)
    live.add_part(Part("1-5.0.m4s", 1.0, independent=True, size=3), "1-5.1.m4s")
    live.close_segment("2-5.m4s", 1.0, 4, "2-6.0.m4s")
    assert live.place("1-5.0.m4s") is None


def test_what_became_of_segments_that_an_earlier_writer_had_told_of() -> None:
    live = window()
    add(live)
    live.begin_segment("i0", 0.0, discontinuity=False)
    live.add_part(Part("1-6.0.m4s", 1.0, independent=True, size=1), "1-6.1.m4s")
    live.close_segment("2-6.m4s", 1.0, 1, "2-7.0.m4s")
    assert live.heir("1-6.m4s") == "2-6.m4s"
    assert [live.heir(f"1-{msn}.m4s") for msn in (4, 5, 7, 8, 9)] == [None, None, "", "", None]
    assert [live.heir(f"2-{msn}.m4s") for msn in (5, 6, 9)] == [None, None, None]
    assert [live.heir(file) for file in ("1-6.0.m4s", "1-7.0.m4s", "1-init-0.mp4", "")] == [None] * 4


def test_without_low_latency_parts_are_kept_and_nothing_tells_of_them() -> None:
    live = window(low_latency=False)
    live.target_duration = 2
    add(live)
    version = live.version
    live.begin_segment("i0", 0.0, discontinuity=False)
    live.add_part(Part("1-6.0.m4s", 1.0, independent=True, size=1), "1-6.1.m4s")
    kept = [part.file for part in (*live.segments[0].parts, *live.open_parts)]
    assert kept == ["1-5.0.m4s", "1-5.1.m4s", "1-6.0.m4s"]
    assert live.version == version, "nobody has to look again"
    assert (live.last_msn, live.last_part, live.hinted, list(live.shown_parts)) == (5, None, None, [])
    assert live.has(5, None)
    assert not any(live.has(msn, part) for msn, part in [(5, 0), (5, 2), (6, None), (6, 0)])
    assert live.lists("1-5.m4s")
    assert not any(live.lists(file) or live.place(file) for file in ("1-5.0.m4s", "1-5.1.m4s", "1-6.0.m4s"))
    live.close_segment("2-6.m4s", 1.0, 1, "2-7.0.m4s")
    assert live.heir("1-6.m4s") == "2-6.m4s"


def test_every_change_is_a_new_version() -> None:
    live, seen = window(), [0]
    for _ in range(3):
        add(live)
        seen.append(live.version)
    live.end()
    seen.append(live.version)
    assert seen == sorted(set(seen))
    assert live.ended
    assert live.hinted is None


def test_sliding_counts_what_left_and_keeps_three_target_durations() -> None:
    live = window()
    live.target_duration = 2
    for index in range(8):
        add(live, discontinuity=index in (0, 1))
    removed = live.slide(4.0)
    assert [segment.msn for segment in removed] == [5, 6, 7, 8, 9]
    assert live.duration == 6.0
    assert (live.media_sequence, live.discontinuity_sequence) == (10, 4)
    assert live.slide(4.0) == []


def test_only_a_new_init_segment_is_told() -> None:
    live = window()
    for init in ("i0", "i0", "i1"):
        add(live, init=init)
    assert [segment.head.new_init for segment in live.segments] == [True, False, True]


def test_a_segment_that_was_never_begun_cannot_be_closed() -> None:
    with pytest.raises(ValueError, match="never begun"):
        window().close_segment("1-5.m4s", 2.0, 1, "1-6.0.m4s")


def test_a_first_segment_is_dated_anew_while_nobody_has_seen_it() -> None:
    live = window()
    live.redate(1.0)
    live.begin_segment("i0", 100.0, discontinuity=False)
    live.redate(-0.4)
    live.close_segment("1-5.m4s", 2.0, 1, "1-6.0.m4s")
    live.begin_segment("i0", 101.6, discontinuity=False)
    live.redate(-0.4)
    live.close_segment("1-6.m4s", 2.0, 1, "1-7.0.m4s")
    assert [segment.head.date for segment in live.segments] == [99.6, 101.6]


def test_a_lost_segment_is_shown_as_a_gap() -> None:
    live = window()
    for _ in range(3):
        add(live)
    version = live.version
    live.mark_lost("v0/1-6.m4s")
    live.mark_lost("v0/1-99.m4s")
    assert [segment.gap for segment in live.segments] == [False, True, False]
    assert live.version == version + 1


def test_positions_count_the_parts_of_a_segment_that_was_lost() -> None:
    live = window()
    add(live)
    add(live)
    live.mark_lost("v0/1-6.m4s")
    assert (live.last_msn, live.last_part) == (6, 1)
    assert [live.has(6, part) for part in range(3)] == [True, True, False]
    assert not live.has(7, 0)


def test_of_an_earlier_writers_open_segment_that_was_lost_nothing_came() -> None:
    live = window()
    add(live)
    live.begin_segment("i0", 0.0, discontinuity=False)
    live.add_part(Part("1-6.0.m4s", 1.0, independent=True, size=1), "1-6.1.m4s")
    live.close_segment("2-6.m4s", 1.0, 1, "2-7.0.m4s")
    live.mark_lost("v0/2-6.m4s")
    assert [live.heir(f"1-{msn}.m4s") for msn in (5, 6, 7)] == [None, "", ""]
