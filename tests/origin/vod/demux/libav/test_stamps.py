from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import Any

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from origin.vod.demux.film import MediaError
from origin.vod.demux.libav.stamps import Stamps, on, timescale_of


def packet(dts: int | None, pts: int | None = None, duration: int = 10) -> Any:
    made: av.Packet[Any] = av.Packet(b"x")
    made.dts, made.pts, made.duration = dts, pts, duration
    return made


def placed(*packets: Any) -> list[tuple[int, int]]:
    stamps = Stamps(Fraction(1, 100))
    return [stamps.place(each) for each in packets]


def test_what_is_there_is_taken() -> None:
    assert placed(packet(-5, 10), packet(5, 40), packet(15, 20)) == [(-5, 10), (5, 40), (15, 20)]


def test_what_is_missing_is_counted() -> None:
    assert placed(packet(None, 7), packet(None, None), packet(None, 40)) == [(7, 7), (17, 17), (27, 40)]
    assert placed(packet(None), packet(5)) == [(0, 0), (5, 5)]


def test_times_that_begin_anew_go_on_where_they_were() -> None:
    assert placed(packet(500, 520), packet(510, 510), packet(0, 20), packet(10, 10)) == [
        *((500, 520), (510, 510), (520, 540), (530, 530)),
    ]


def test_a_little_disorder_is_left() -> None:
    assert placed(packet(500), packet(450), packet(520)) == [(500, 500), (450, 450), (520, 520)]


def test_a_leap_of_a_day_is_damage() -> None:
    with pytest.raises(MediaError, match="leap"):
        placed(packet(0), packet(100 * 24 * 3600 + 20))


@given(st.lists(st.tuples(st.none() | st.integers(-(2**62), 2**62), st.none() | st.integers(-(2**62), 2**62))))
def test_any_times_are_placed_or_refused(times: list[tuple[int | None, int | None]]) -> None:
    try:
        found = placed(*(packet(dts, pts) for dts, pts in times))
    except MediaError:
        return
    assert all(after >= before - 100 for (before, _), (after, _) in pairwise(found))


@pytest.mark.parametrize(
    ("base", "timescale"),
    [
        (Fraction(1, 1000), 1000),
        (Fraction(1, 90_000), 90_000),
        (Fraction(1001, 30_000), 30_000),
        (Fraction(1, 25), 1000),
        (Fraction(1, 30), 1020),
        (Fraction(1, 10**9), 10**6),
        (Fraction(1, 1), 1000),
    ],
)
def test_ticks_of_containers(base: Fraction, timescale: int) -> None:
    assert timescale_of(base) == timescale
    assert on(3, base, timescale) == round(3 * base * timescale)
    assert on(-7, Fraction(1, 1000), 48_000) == -336
