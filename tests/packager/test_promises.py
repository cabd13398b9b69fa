"""Two numbers for all renditions: fixed once, told to every window, never taken back (RFC 8216bis, 6.2.1)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packager.hls.window import Window
from packager.promises import Promises


def window(name: str, *, low_latency: bool = True) -> Window:
    return Window(name, media_sequence=0, discontinuity_sequence=0, low_latency=low_latency)


def test_nothing_is_promised_at_first() -> None:
    promises = Promises({"v0": window("v0")}, 0.2, 2.0)
    assert not promises.parts_fixed
    assert promises.part(90_000) is None
    assert promises.duration is None
    assert promises.patience_s == 10, "the longest that the target duration may become"


@pytest.mark.parametrize(("timescale", "ticks"), [(90_000, 18_018), (48_000, 9609), (44_100, 8828)])
def test_part_target_is_the_same_time_on_every_clock_or_a_fraction_of_a_tick_less(timescale: int, ticks: int) -> None:
    promises = Promises({}, 0.2, 2.0)
    promises.fix_part(18_018, 90_000)
    assert promises.part(timescale) == ticks
    assert ticks / timescale <= 18_018 / 90_000


def test_the_first_part_target_stays() -> None:
    live = window("v0")
    promises = Promises({"v0": live}, 0.2, 2.0)
    promises.fix_part(18_000, 90_000)
    promises.fix_part(30_000, 90_000)
    assert promises.part(90_000) == 18_000
    assert live.part_target == 0.2


def test_windows_are_told_and_a_later_one_too() -> None:
    windows = {"v0": window("v0")}
    promises = Promises(windows, 0.2, 2.0)
    promises.fix_part(18_000, 90_000)
    promises.fix_duration()
    windows["a0"] = window("a0")
    assert windows["a0"].target_duration is None
    promises.tell()
    for each in windows.values():
        assert (each.part_target, each.target_duration) == (0.2, 2)


def test_a_stream_without_parts_is_told_of_no_part_target() -> None:
    plain = window("v0", low_latency=False)
    promises = Promises({"v0": plain}, 1.0, 4.0)
    promises.fix_part(90_000, 90_000)
    assert plain.part_target == 0.0
    assert promises.part(90_000) == 90_000, "samples are written a second at a time all the same"


@pytest.mark.parametrize(
    ("seen", "duration"),
    [((), 2), ((1.0,), 2), ((2.002,), 2), ((2.2, 8.333, 4.0), 9), ((37.0,), 10)],
    ids=["none", "short", "29.97 a second", "the longest counts", "no more than ten"],
)
def test_the_target_duration_suits_the_segments_so_far(seen: tuple[float, ...], duration: int) -> None:
    live = window("v0")
    promises = Promises({"v0": live}, 0.2, 2.0)
    for seconds in seen:
        promises.saw(seconds)
    promises.fix_duration()
    assert promises.duration == promises.patience_s == live.target_duration == duration


@given(st.lists(st.floats(0.01, 100) | st.none(), min_size=1))
def test_a_target_duration_never_changes(story: list[float | None]) -> None:
    """Segments are seen, and promises asked for (None), in any order: the first promise is the last."""
    live = window("v0")
    promises = Promises({"v0": live}, 0.2, 2.0)
    told = set()
    for seconds in story:
        if seconds is None:
            promises.fix_duration()
        else:
            promises.saw(seconds)
        told.add(live.target_duration)
    assert len(told - {None}) <= 1
    assert live.target_duration == promises.duration
