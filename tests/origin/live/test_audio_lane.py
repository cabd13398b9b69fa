from __future__ import annotations

from dataclasses import replace

import pytest

from media.track import Kind, Track
from tests.origin.live.feed import (
    AAC_TRACK,
    OPUS_TRACK,
    SURROUND,
    Watched,
    interleaved,
    moved,
    pictures,
    sound,
    sounds,
    video_track,
)

A, V = Kind.AUDIO, Kind.VIDEO
REAL = b"sound"


def real(watched: Watched) -> list[int]:
    return [sample.dts for sample in watched.of(A) if sample.data == REAL]


def test_sound_is_counted_not_read_off_the_stamps() -> None:
    jitter = [0, 23, 40, 66, 80, 113, 129, 141]
    watched = Watched((AAC_TRACK,)).push(map(sound, jitter)).done()
    assert [(s.dts, s.pts, s.duration) for s in watched.of(A)] == [
        (48_000 + n * 1_024, 48_000 + n * 1_024, 1_024) for n in range(8)
    ]
    assert watched.faults() == {}


@pytest.mark.parametrize(
    ("track", "span", "data"),
    [
        (AAC_TRACK, 1_024, REAL),
        (replace(AAC_TRACK, config=bytes.fromhex("2b118800")), 2_048, REAL),
        (replace(OPUS_TRACK, channels=6), 2_880, b"\x18"),
    ],
    ids=["AAC", "HE-AAC", "Opus of 60 ms"],
)
def test_ten_minutes_of_sound_in_order_are_left_alone(track: Track, span: int, data: bytes) -> None:
    watched = Watched((track,)).push(sounds(0, 600_000, span, data)).done()
    assert watched.faults() == {}
    assert {sample.duration for sample in watched.of(A)} == {span}


@pytest.mark.parametrize("error", [1e-3, -1e-3], ids=["slow", "fast"])
def test_a_drifting_clock_never_gets_away(error: float) -> None:
    """A sound card whose clock is off by a thousandth: the stamps have the last word, within 60 ms and a frame."""
    watched = Watched((AAC_TRACK,))
    for n in range(28_000):
        at = int(n * 1_024 * (1 + error) / 48)
        watched.push([sound(at)])
        assert abs(watched.timeline.end_s - (1 + at / 1_000)) <= 0.06 + 2 * 1_024 / 48_000 + 0.001
    assert not watched.holes(A)
    assert set(watched.faults()) == ({"gap", "silence_filled"} if error > 0 else {"overlap"})


def test_lost_sound_is_filled_with_silence() -> None:
    watched = Watched((AAC_TRACK,)).push(sounds(0, 1_000) + sounds(2_000, 3_000)).done()
    assert not watched.holes(A)
    assert watched.faults() == {"gap": 1, "silence_filled": 48}
    assert watched.end_s(A) == pytest.approx(1 + 3.0, abs=0.03)


def test_where_no_silence_is_known_the_last_frame_lasts_longer() -> None:
    watched = Watched((SURROUND,)).push(sounds(0, 1_000) + sounds(2_000, 3_000)).done()
    assert not watched.holes(A)
    assert max(sample.duration for sample in watched.of(A)) > 48_000
    assert watched.faults() == {"gap": 1}


@pytest.mark.parametrize("track", [AAC_TRACK, OPUS_TRACK], ids=["AAC", "Opus"])
def test_missing_sound_is_silence_behind_the_pictures_and_real_sound_returns_in_place(track: Track) -> None:
    span, data = (1_024, REAL) if track is AAC_TRACK else (960, b"\xf8" + REAL)
    watched = Watched((video_track(), track))
    watched.push(interleaved(pictures(0, 4_000), sounds(0, 1_000, span, data)))
    assert watched.end_s(A) == pytest.approx(watched.end_s(V), abs=0.3)
    watched.push(interleaved(pictures(4_000, 8_000), sounds(4_000, 8_000, span, data))).done()
    assert not watched.holes(A)
    assert set(watched.faults()) == {"gap", "silence_filled"}
    back = [s.dts / 48_000 for s in watched.of(A) if s.data == data and s.dts > 3 * 48_000]
    assert back[0] == pytest.approx(5.0, abs=0.06)
    assert watched.end_s(A) == pytest.approx(watched.end_s(V), abs=0.06)


def test_sound_promised_and_never_sent_is_silence_from_the_first_picture_on() -> None:
    watched = Watched((video_track(), AAC_TRACK)).push(pictures(0, 5_000)).done()
    assert watched.begin_s(A) == watched.begin_s(V) == 1.0
    assert watched.end_s(A) == pytest.approx(watched.end_s(V), abs=0.31)
    assert not watched.holes(A)


def test_where_no_silence_is_known_missing_sound_leaves_a_hole() -> None:
    watched = Watched((video_track(), SURROUND))
    watched.push(interleaved(pictures(0, 10_000), sounds(0, 1_000), sounds(9_000, 10_000))).done()
    ((end, begin),) = watched.holes(A)
    assert (end / 48_000, begin / 48_000) == pytest.approx((2.0, 10.0), abs=0.1)


def test_sound_that_comes_in_a_burst_after_silence_is_dropped_and_then_in_place() -> None:
    watched = Watched((video_track(), AAC_TRACK))
    watched.push(interleaved(pictures(0, 3_000), sounds(0, 1_000)))
    watched.push(sounds(1_003, 3_000))
    watched.push(interleaved(pictures(3_000, 8_000), sounds(3_008, 8_000))).done()
    assert not watched.holes(A)
    faults = watched.faults()
    assert faults["late_dropped"] == pytest.approx(1.75 * 48_000 / 1_024, abs=3)
    assert watched.end_s(A) == pytest.approx(watched.end_s(V), abs=0.06)
    assert "jump_forward" not in faults
    assert "jump_backward" not in faults


@pytest.mark.parametrize("late_ms", [500, 1_200, 2_000])
def test_a_publisher_whose_sound_is_always_late_is_waited_for(late_ms: int) -> None:
    watched = Watched((video_track(), AAC_TRACK))
    later = [(frame.dts_ms + late_ms, frame) for frame in sounds(0, 60_000)]
    now = [(frame.dts_ms, frame) for frame in pictures(0, 60_000)]
    watched.push(frame for _, frame in sorted(later + now, key=lambda entry: entry[0])).done()
    assert not watched.holes(A)
    assert len(real(watched)) > 56 * 48_000 / 1_024
    assert watched.faults().get("silence_filled", 0) <= 150


def test_sound_later_than_anyone_waits_is_given_another_time_instead_of_silence_for_ever() -> None:
    watched = Watched((video_track(), AAC_TRACK))
    later = [(frame.dts_ms + 20_000, frame) for frame in sounds(1_000, 60_000)]
    now = [(frame.dts_ms, frame) for frame in interleaved(pictures(0, 60_000), sounds(0, 1_000))]
    watched.push(frame for _, frame in sorted(later + now, key=lambda entry: entry[0])).done()
    assert not watched.holes(A)
    assert len(real(watched)) > 50 * 48_000 / 1_024
    assert watched.faults()["late_dropped"] < 6 * 48_000 / 1_024


def test_sound_of_a_clock_that_runs_backwards_is_given_another_time_every_five_seconds() -> None:
    watched = Watched((AAC_TRACK,)).push(sound(100_000 - n * 90) for n in range(2_000)).done()
    assert not watched.holes(A)
    assert watched.faults()["jump_backward"] == pytest.approx(2_000 * 1_024 / 48_000 / 5, abs=1)


def test_the_second_copy_of_sound_is_dropped() -> None:
    watched = Watched((AAC_TRACK,)).push(sounds(0, 1_000) + moved(sounds(0, 400), 600) + sounds(982, 2_000)).done()
    assert not watched.holes(A)
    assert set(watched.faults()) == {"overlap"}
    assert watched.end_s(A) == pytest.approx(3.0, abs=0.03)


def test_a_new_sample_rate_goes_on_where_the_old_one_ended() -> None:
    watched = Watched((AAC_TRACK,)).push(sounds(0, 1_003))
    end = watched.timeline.end_s
    other = replace(AAC_TRACK, timescale=44_100, sample_rate=44_100, config=bytes.fromhex("1210"))
    (last,) = watched.timeline.set_track(other)
    assert (last.dts + last.duration) / 48_000 == end
    (first,) = watched.timeline.push(sound(1_003)) + watched.timeline.flush()
    assert 0 <= first.dts / 44_100 - end < 1 / 44_100
