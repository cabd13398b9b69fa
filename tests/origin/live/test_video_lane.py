from __future__ import annotations

from dataclasses import replace

import pytest

from media.sample import Sample
from media.track import Kind
from tests.origin.live.feed import AAC_TRACK, SURROUND, Watched, interleaved, picture, pictures, sounds, video_track

V = Kind.VIDEO
ONE = 3_000
"""Ticks of a picture at 30 a second."""


def times(samples: list[Sample]) -> list[int]:
    return [sample.dts for sample in samples]


def test_a_picture_leaves_when_the_next_tells_its_duration() -> None:
    watched = Watched((video_track(),))
    assert watched.timeline.push(picture(0, 67, key=True)) == []
    assert watched.timeline.push(picture(33)) == [Sample(V, 90_000, 96_000, ONE, key=True, data=b"picture")]
    assert watched.timeline.flush() == [Sample(V, 93_000, 93_000, ONE, key=False, data=b"picture")]
    assert watched.timeline.flush() == []


@pytest.mark.parametrize(
    ("stamps", "ticks", "fault"),
    [
        ((0, 33, 33, 67, 100), [0, 3_000, 3_750, 6_000, 9_000], "duplicate"),
        ((0, 33, 20, 67, 100), [0, 3_000, 3_750, 6_000, 9_000], "backward"),
        ((0, 133, 67, 33, 100, 267), [0, 12_000, 12_750, 13_500, 14_250, 24_000], "backward"),
        ((0, 33, 67, 100_000, 100_033), [0, 3_000, 6_000, 9_000, 12_000], "jump_forward"),
        ((100_000, 100_033, 100_067, 5, 38), [0, 3_000, 6_000, 9_000, 12_000], "jump_backward"),
        ((0, 33, 67, 1_500, 1_533), [0, 3_000, 6_000, 135_000, 138_000], "gap"),
    ],
    ids=["twice", "back", "presentation order", "jump ahead", "jump back", "gap"],
)
def test_bad_stamps(stamps: tuple[int, ...], ticks: list[int], fault: str) -> None:
    watched = Watched((video_track(),), start_s=0).push(map(picture, stamps)).done()
    assert times(watched.of(V)) == ticks
    assert not watched.holes(V)
    assert set(watched.faults()) == {fault}


def test_small_steps_back_for_ever_end_in_a_jump() -> None:
    """Each stamp 40 ms before the last one: nothing is true here, but time goes on and nothing piles up."""
    watched = Watched((video_track(),)).push(picture(100_000 - 40 * n) for n in range(3_000)).done()
    assert not watched.holes(V)
    assert watched.faults()["jump_backward"] > 10
    assert watched.end_s(V) > 1 + 3_000 / 30 / 4 - 1


@pytest.mark.parametrize("cts", [-2_000, -(2**31), 10_001, 2**40])
def test_presentation_times_are_never_negative(cts: int) -> None:
    watched = Watched((video_track(),)).push([picture(0, cts), picture(33)]).done()
    assert 0 <= watched.of(V)[0].pts <= 90_000
    assert ("composition" in watched.faults()) == (cts != -2_000)


def test_a_held_picture_is_let_go_when_only_sound_goes_on() -> None:
    watched = Watched((video_track(), AAC_TRACK))
    watched.push(interleaved(pictures(0, 1_000), sounds(0, 10_000)))
    assert len(watched.of(V)) == 30
    watched.push(pictures(10_000, 11_000)).done()
    assert watched.holes(V) == [(90_000 * 2, 90_000 * 11)]
    assert watched.faults()["gap"] == 1


def test_a_short_stall_leaves_no_hole() -> None:
    watched = Watched((video_track(), SURROUND))
    watched.push(interleaved(pictures(0, 1_000), sounds(0, 3_500), pictures(3_500, 4_000))).done()
    assert not watched.holes(V)
    assert max(sample.duration for sample in watched.of(V)) == round(2.5 * 90_000) + ONE


def test_new_parameters_flush_the_held_picture_and_time_goes_on() -> None:
    watched = Watched((video_track(),)).push(pictures(0, 1_000))
    wider = replace(video_track(), width=1280)
    last = watched.timeline.set_track(wider)
    assert times(last) == [90_000 + 29 * ONE]
    assert watched.timeline.set_track(wider) == []
    watched.samples += last
    watched.push(pictures(1_000, 2_000)).done()
    assert not watched.holes(V)
    assert len(watched.of(V)) == 60


def test_the_last_duration_is_not_guessed_beyond_measure() -> None:
    watched = Watched((video_track(None),)).push(map(picture, (0, 450, 900))).done()
    assert [sample.duration for sample in watched.of(V)] == [40_500, 40_500, 18_000]
