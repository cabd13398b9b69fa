from __future__ import annotations

import itertools

import pytest

from media.sample import Sample
from media.track import Kind
from packager.segmenter import MAX_TARGET_DURATION, Segmenter, target_duration

SCALE = 90_000
FRAME = 3_000


def cuts(keys: set[int], frames: int, least_s: float = 2.0, target: int | None = None) -> list[int]:
    """Where a picture of 30 frames a second is cut, by frame."""
    segmenter = Segmenter(SCALE, least_s, target)
    found, start = [], 0
    for frame in range(frames):
        at = frame * FRAME
        sample = Sample(Kind.VIDEO, at, at, FRAME, frame in keys, b"x")
        if segmenter.cuts(sample, at - start, at - start + FRAME):
            found.append(frame)
            start = at
    return found


@pytest.mark.parametrize(
    ("longest_s", "least_s", "seconds"),
    [(2.0, 2.0, 2), (2.002, 2.0, 2), (2.2, 2.0, 3), (8.333, 2.0, 9), (0.5, 2.0, 2), (0.0, 0.0, 1), (60.0, 2.0, 10)],
)
def test_target_durations(longest_s: float, least_s: float, seconds: int) -> None:
    assert target_duration(longest_s, least_s) == seconds


def test_key_frames_cut_when_the_segment_is_long_enough() -> None:
    assert cuts(set(range(0, 300, 30)), 300) == [60, 120, 180, 240]


def test_a_key_frame_at_every_sample_cuts_by_time() -> None:
    assert cuts(set(range(300)), 300) == [60, 120, 180, 240]


def test_without_key_frames_the_limit_cuts() -> None:
    assert cuts({0}, 700) == [30 * MAX_TARGET_DURATION, 60 * MAX_TARGET_DURATION]
    first, second = cuts({0}, 200, target=2)
    assert 60 < first == second - first < 75


def test_a_key_frame_is_taken_early_if_the_next_would_come_too_late() -> None:
    keys = {0, 50, 100, 150, 200}
    assert cuts(keys, 250, least_s=2.0, target=2) == [50, 100, 150, 200]


def test_no_segment_overruns_its_promise() -> None:
    found = [0, *cuts({0, 10, 95, 100, 190, 260, 261, 350}, 500, target=2)]
    assert all(after - before <= 2.5 * 30 for before, after in itertools.pairwise(found))


def test_a_cut_is_expected_once_the_distance_of_key_frames_is_known() -> None:
    segmenter = Segmenter(SCALE, 2.0, 2)
    assert not segmenter.expects_cut(60 * FRAME, 60 * FRAME)
    for frame in 0, 60:
        segmenter.cuts(Sample(Kind.VIDEO, frame * FRAME, 0, FRAME, key=True, data=b"x"), 60 * FRAME, 61 * FRAME)
    assert segmenter.expects_cut(120 * FRAME, 60 * FRAME)
    assert not segmenter.expects_cut(119 * FRAME, 59 * FRAME)
