"""Where parts are cut: even frames exactly, uneven ones by moving decode times and nothing else."""

from __future__ import annotations

import pytest

from packager.parts import Cut, PartBuilder, part_target
from tests.packager.feed import picture

FRAME = 3000
TARGET = 18_000


def fed(builder: PartBuilder, *durations: int, start: int = 0) -> list[Cut]:
    """Cuts that frames of these durations make."""
    cuts, dts = [], start
    for duration in durations:
        sample = picture(dts, duration, key=False)
        if builder.overruns(sample):
            cuts.append(builder.cut())
        builder.add(sample)
        if builder.full:
            cuts.append(builder.cut())
        dts += duration
    return cuts


@pytest.mark.parametrize(
    ("frame", "timescale", "other_s", "target"),
    [
        (3000, 90_000, 0.0, 18_000),
        (3003, 90_000, 0.0, 18_018),
        (3750, 90_000, 0.0, 18_750),
        (1500, 90_000, 1024 / 48_000, 18_000),
        (1024, 48_000, 0.0, 10 * 1024),
        (90_000, 90_000, 0.0, 90_000),
        (3000, 90_000, 1024 / 8000, 24_000),
    ],
    ids=["30", "29.97", "24", "60 with AAC", "AAC alone", "one a second", "30 with AAC at 8 kHz"],
)
def test_part_target_is_whole_frames(frame: int, timescale: int, other_s: float, target: int) -> None:
    assert part_target([frame] * 7, timescale, 0.2, other_s) == target


def test_part_target_goes_by_the_usual_frame() -> None:
    assert part_target([6000, 3000, 3000, 9000, 3000], 90_000, 0.2, 0.0) == 18_000
    assert part_target([], 90_000, 0.2, 0.0) == 18_000


def test_even_frames_fill_parts_without_waiting_for_the_next_one() -> None:
    cuts = fed(PartBuilder(0, TARGET), *[FRAME] * 12)
    assert [cut.ticks for cut in cuts] == [TARGET, TARGET]
    assert list(cuts[0].times) == [0, 3000, 6000, 9000, 12_000, 15_000, 18_000]


def test_a_part_that_is_long_enough_ends_before_a_long_frame() -> None:
    cuts = fed(PartBuilder(0, 21_000), *[FRAME] * 6, 2 * FRAME)
    assert [cut.ticks for cut in cuts] == [18_000]


def test_a_long_frame_is_decoded_early_where_the_part_would_be_too_short() -> None:
    cuts = fed(PartBuilder(0, TARGET), *[FRAME] * 4, 4 * FRAME, *[FRAME] * 4, *[FRAME] * 6)
    assert [cut.ticks for cut in cuts] == [TARGET] * 3
    assert list(cuts[0].times) == [0, 3000, 6000, 9000, 12_000, 18_000]
    assert list(cuts[1].times)[:2] == [18_000, 27_000], "the next frame takes what the long one had to leave"
    for cut in cuts:
        assert all(time <= sample.dts for time, sample in zip(cut.times, cut.samples, strict=False))


def test_frames_longer_than_a_part_are_caught_up() -> None:
    builder = PartBuilder(0, TARGET)
    cuts = fed(builder, 10 * FRAME, *[FRAME] * 40)
    assert all(0.85 * TARGET <= cut.ticks <= TARGET for cut in cuts)
    assert builder.start == builder.end == 50 * FRAME or builder.samples
    assert cuts[-1].samples[-1].dts + FRAME == cuts[-1].times[-1], "decode times are the samples' own again"


def test_without_a_target_nothing_is_full() -> None:
    builder = PartBuilder(0, None)
    assert fed(builder, *[FRAME] * 100) == []
    assert not builder.aims
    builder.aim(TARGET)
    assert builder.full


def test_samples_of_no_duration_do_not_gather_for_ever() -> None:
    cuts = fed(PartBuilder(0, None), *[0] * 2000)
    assert len(cuts) == 1
    assert all(before < after for before, after in zip(cuts[0].times, cuts[0].times[1:], strict=False))
