from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from math import sin
from typing import TYPE_CHECKING

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.codecs import aac_config
from transcoder.sound.conversion import FRAME, MOST_SILENCE, TOLERANCE, Coded, Conversion

if TYPE_CHECKING:
    from collections.abc import Sequence

LOUD = 0.05


def tone(samples: int = 960, rate: int = 48_000, layout: str = "stereo", format_: str = "s16") -> av.AudioFrame:
    frame = av.AudioFrame(format_, layout, samples)
    frame.sample_rate = rate
    levels = [int(12_000 * sin(2764.6 * number / rate)) for number in range(samples)]
    width = frame.planes[0].buffer_size // (2 * samples)
    data = b"".join(level.to_bytes(2, "little", signed=True) * width for level in levels)
    for plane in frame.planes:
        plane.update(data)
    return frame


def converted(frames: Sequence[tuple[av.AudioFrame, Fraction | None]]) -> tuple[Conversion, list[Coded]]:
    conversion = Conversion(frames[0][0])
    coded = [each for frame, at in frames for each in conversion.push(frame, at)]
    return conversion, coded + conversion.finish()


def loudness(conversion: Conversion, coded: list[Coded]) -> list[bool]:
    """Whether something is heard, for each frame that is decoded; the first one is priming."""
    decoder = av.AudioCodecContext.create("aac", "r")
    decoder.extradata = conversion.track.config
    frames = [frame for each in coded for frame in decoder.decode(av.Packet(each.data))] + decoder.decode(None)
    heard = []
    for frame in frames:
        levels = memoryview(bytes(frame.planes[0])[: 4 * frame.samples]).cast("f")
        heard.append(max(map(abs, levels)) > LOUD)
    return heard


def at(seconds: float) -> Fraction:
    return Fraction(round(seconds * 48_000), 48_000)


def test_the_first_frame_is_as_much_earlier_as_an_encoder_primes() -> None:
    conversion, coded = converted([(tone(), at(0.5 + number / 50)) for number in range(50)])
    assert [each.at for each in coded] == list(range(24_000 - FRAME, 24_000 + 48_000, FRAME))
    config = aac_config(conversion.track.config)
    assert (config.object_type, config.sample_rate, config.channels) == (2, 48_000, 2)
    assert (conversion.track.timescale, conversion.track.channels) == (48_000, 2)


def test_stamps_that_tremble_change_nothing() -> None:
    trembling = [(tone(), at(number / 50) + (-1) ** number * TOLERANCE / 2) for number in range(50)]
    _, coded = converted(trembling)
    assert {after.at - before.at for before, after in pairwise(coded)} == {FRAME}
    assert len(coded) == len(converted([(tone(), None) for _ in range(50)])[1])


def test_a_gap_is_filled_with_silence() -> None:
    frames = [(tone(), at(number / 50)) for number in [*range(50), *range(100, 150)]]
    conversion, coded = converted(frames)
    assert {after.at - before.at for before, after in pairwise(coded)} == {FRAME}
    assert 3 * 48_000 <= coded[-1].at + FRAME <= 3 * 48_000 + 2 * FRAME
    heard = loudness(conversion, coded)
    assert all(heard[4:44])
    assert not any(heard[51:91])
    assert all(heard[98:138])


def test_behind_a_long_gap_an_encoder_begins_anew() -> None:
    later = at(2 + float(MOST_SILENCE))
    frames = [(tone(), at(number / 50)) for number in range(50)]
    conversion, coded = converted(frames + [(tone(), later + at(number / 50)) for number in range(50)])
    [(before, after)] = [(one, two) for one, two in pairwise(coded) if two.at - one.at != FRAME]
    assert before.at < 48_000
    assert after.at == later * 48_000 - FRAME
    assert len(loudness(conversion, coded)) == len(coded)


def test_what_overlaps_is_left_out() -> None:
    times = [number / 50 for number in [*range(50), *range(40, 100)]]
    _, coded = converted([(tone(), at(time)) for time in times])
    assert 2 * 48_000 <= coded[-1].at + FRAME <= 2 * 48_000 + 3 * FRAME


@pytest.mark.parametrize(
    ("layout", "rate", "format_"),
    [("5.1(side)", 48_000, "s16"), ("mono", 11_025, "s16p"), ("7.1", 192_000, "s16"), ("quad", 50_000, "s16p")],
)
def test_all_kinds_of_sound_last_as_long_as_they_did(layout: str, rate: int, format_: str) -> None:
    frames = [(tone(rate // 10, rate, layout, format_), Fraction(number, 10)) for number in range(20)]
    conversion, coded = converted(frames)
    made = conversion.track.sample_rate
    assert 2 * made <= coded[-1].at + FRAME <= 2 * made + 2 * FRAME
    assert sum(loudness(conversion, coded)) > 0.8 * len(coded)


def test_sound_may_change_its_form() -> None:
    forms = [("stereo", 48_000), ("mono", 44_100), ("5.1", 48_000), ("stereo", 48_000)]
    frames = [(tone(rate // 50, rate, layout), None) for layout, rate in forms for _ in range(25)]
    conversion, coded = converted(frames)
    assert 2 * 48_000 <= coded[-1].at + FRAME <= 2 * 48_000 + 2 * FRAME
    assert conversion.track.channels == 2


@settings(max_examples=25, deadline=None)
@given(st.lists(st.none() | st.fractions(-20, 60), min_size=1, max_size=8))
def test_times_only_rise_whatever_the_stamps(times: list[Fraction | None]) -> None:
    _, coded = converted([(tone(480, 16_000, "mono"), time) for time in times])
    assert all(after.at - before.at >= FRAME or after.at > before.at for before, after in pairwise(coded))


def test_nothing_makes_nothing_but_priming() -> None:
    assert Conversion(tone()).finish() == []
