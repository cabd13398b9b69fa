from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from media.track import Kind
from origin.vod.demux.libav.timing import samples
from origin.vod.demux.libav.unit import Unit
from origin.vod.demux.zero import Shift


def unit(dts: int, span: int = 0) -> Unit:
    return Unit(dts, dts + 5, span, key=True, data=b"x")


@given(st.lists(st.integers(-1000, 1000), min_size=1), st.integers(0, 50))
def test_decode_times_only_rise_and_samples_join(times: list[int], span: int) -> None:
    shift = Shift(-times[0], 7)
    made = list(samples([unit(dts, span) for dts in times], Kind.VIDEO, shift))
    assert len(made) == len(times)
    assert made[0].dts == 0
    assert all(sample.duration > 0 for sample in made)
    assert all(before.dts + before.duration == after.dts for before, after in pairwise(made))
    assert [sample.pts for sample in made] == [dts + 12 for dts in times]


def test_the_last_one_lasts_as_it_says_or_as_the_one_before() -> None:
    def durations(*units: Unit) -> list[int]:
        return [sample.duration for sample in samples(units, Kind.AUDIO, Shift(0, 0))]

    assert durations(unit(0), unit(10, 4)) == [10, 4]
    assert durations(unit(0), unit(10)) == [10, 10]
    assert durations(unit(0)) == [1]
    assert durations() == []
