from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.sample import Frame
from media.track import Codec, Kind, Track
from origin.live.faults import Fault
from origin.live.timeline import Timeline
from tests.origin.live.feed import (
    AAC_TRACK,
    OPUS_TRACK,
    SURROUND,
    Watched,
    interleaved,
    moved,
    picture,
    pictures,
    sound,
    sounds,
    video_track,
)

A, V = Kind.AUDIO, Kind.VIDEO
WRAP = 2**32


def broadcast(begin_ms: int, end_ms: int, rate: float = 30.0) -> list[Frame]:
    return interleaved(pictures(begin_ms, end_ms, rate), sounds(begin_ms, end_ms))


def skew(watched: Watched) -> float:
    """How far sound's end is from the pictures' end (s)."""
    return watched.end_s(A) - watched.end_s(V)


@pytest.mark.parametrize("start", [0.0, 1.0, 12_345.678])
@pytest.mark.parametrize("offset", [0, 5_000, WRAP - 30_000])
def test_a_good_publisher_is_left_alone(start: float, offset: int) -> None:
    watched = Watched((video_track(), AAC_TRACK), start).push(moved(broadcast(0, 60_000), offset)).done()
    assert not watched.holes(V)
    assert not watched.holes(A)
    assert {s.duration for s in watched.of(V)} == {3_000}
    assert {s.duration for s in watched.of(A)} == {1_024}
    assert watched.begin_s(V) == pytest.approx(start, abs=1e-4)
    assert watched.timeline.end_s == pytest.approx(start + 60, abs=0.001)
    assert set(watched.faults()) <= {"wrap"}
    assert [s.data for s in watched.of(V)] == [b"picture"] * 1_800


def test_a_frame_without_a_track_is_dropped() -> None:
    timeline = Timeline()
    assert timeline.push(picture(0)) == []
    assert timeline.faults == {"no_track": 1}
    assert timeline.end_s == 1.0


@pytest.mark.parametrize(
    "jump", [-59_000, -10_000, -1_300, -700, -300, 700, 4_000, 3_600_000, 2**31, 2**31 + 5, -(2**31)]
)
@pytest.mark.parametrize("first", [V, A])
def test_both_tracks_jump_and_stay_together(jump: int, first: Kind) -> None:
    """The track `first` has jumped 200 ms earlier than the other, by order of arrival."""
    ahead = -200 if first is V else 200
    order = [(f.dts_ms + (ahead if f.kind is V else 0), f) for f in broadcast(0, 120_000)]
    frames = [f for _, f in sorted(order, key=lambda entry: entry[0])]
    watched = Watched((video_track(), AAC_TRACK))
    watched.push(f if f.dts_ms < 60_000 else moved([f], jump)[0] for f in frames).done()
    assert not watched.holes(V)
    assert not watched.holes(A)
    extra = jump / 1_000 if -1_000 <= jump <= 3_000 else 0
    assert watched.timeline.end_s == pytest.approx(121 + extra, abs=0.3)
    assert abs(skew(watched)) <= 0.09


def labelled(length: int, lag: int) -> list[Frame]:
    """A good broadcast whose pictures arrive `lag` ms later than its sound; each frame knows its stamp."""
    order = [(f.dts_ms + (lag if f.kind is V else 0), f) for f in broadcast(0, length)]
    frames = (f for _, f in sorted(order, key=lambda entry: entry[0]))
    return [Frame(f.kind, f.dts_ms, 0, f.key, str(f.dts_ms).encode()) for f in frames]


def latest_offset(watched: Watched, kind: Kind) -> float:
    """Seconds from the stamp of the last frame with a label to where it was put."""
    last = [s for s in watched.of(kind) if bytes(s.data).isdigit()][-1]
    return last.dts / watched.scale[kind] - int(last.data) / 1_000


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(1_500, 3_000),
            st.integers(-300, 300),
            st.one_of(st.integers(-700, 700), st.integers(-4_000, 8_000), st.integers(0, WRAP)),
        ),
        min_size=2,
        max_size=5,
    ),
    st.sampled_from([AAC_TRACK, SURROUND]),
)
def test_sound_is_with_its_pictures_again_after_any_step(parts: list[tuple[int, int, int]], track: Track) -> None:
    """Small steps and large ones, ahead and back, with either track first."""
    watched, begin = Watched((video_track(), track)), 0
    for length, lag, step in parts:
        watched.push(moved(labelled(length, lag), begin))
        assert latest_offset(watched, A) == pytest.approx(latest_offset(watched, V), abs=0.065)
        begin = (begin + length + step) % WRAP


@pytest.mark.parametrize("kind", [V, A])
def test_one_track_jumps_alone_and_later_back(kind: Kind) -> None:
    """Its offset is broken, not the other's: it goes on where it was, so what was together stays together."""
    watched = Watched((video_track(), AAC_TRACK))
    frames = broadcast(0, 90_000)
    watched.push(moved([f], 40_000)[0] if f.kind is kind and 30_000 <= f.dts_ms < 60_000 else f for f in frames).done()
    assert abs(skew(watched)) <= 0.09
    assert watched.timeline.end_s == pytest.approx(91, abs=0.1)
    assert watched.faults()["jump_forward"] == watched.faults()["jump_backward"] == 1


def test_a_thousand_jumps_build_no_lag() -> None:
    watched = Watched((video_track(), AAC_TRACK))
    for n in range(1_000):
        watched.push(moved(broadcast(n * 500, n * 500 + 500), (n * 7_919_993) % WRAP))
    watched.done()
    assert not watched.holes(V)
    assert not watched.holes(A)
    assert watched.timeline.end_s == pytest.approx(501, rel=0.05)
    assert abs(skew(watched)) <= 0.1


def test_the_clock_wraps_while_the_tracks_are_apart() -> None:
    order = [(f.dts_ms - (300 if f.kind is V else 0), f) for f in broadcast(0, 20_000)]
    frames = [f for _, f in sorted(order, key=lambda entry: entry[0])]
    watched = Watched((video_track(), AAC_TRACK))
    watched.push(Frame(f.kind, (f.dts_ms + WRAP - 10_000) % WRAP, 0, f.key, f.data) for f in frames).done()
    assert watched.faults() == {"wrap": 2}
    assert watched.timeline.end_s == pytest.approx(21, abs=0.001)
    assert not watched.holes(V)


@pytest.mark.parametrize("rate", [(30, 1), (30_000, 1_001), (25, 1)])
def test_two_seconds_of_each_twenty_minutes_hold_the_grid_and_the_offset(rate: tuple[int, int]) -> None:
    """Two seconds out of every twenty minutes; the stamps jump over the rest."""
    watched = Watched((video_track(rate[0] / rate[1]), AAC_TRACK))
    for minute in range(0, 600, 20):
        begin = minute * 60_000
        first = begin * rate[0] // (rate[1] * 1_000) + 1
        batch = [picture(n * 1_000 * rate[1] // rate[0]) for n in range(first, first + 2 * rate[0] // rate[1])]
        tones = [sound(n * 1_024 // 48) for n in range(begin * 48 // 1_024 + 1, begin * 48 // 1_024 + 94)]
        watched.push(interleaved(batch, tones))
    watched.done()
    assert abs(skew(watched)) <= 0.12
    assert not watched.holes(V)
    exact = 90_000 * rate[1] / rate[0]
    odd = [s.duration for s in watched.of(V) if abs(s.duration - exact) >= 1]
    assert len(odd) <= 3 * 30


def test_the_next_run_may_start_where_this_one_ended() -> None:
    first = Watched((video_track(29.97), AAC_TRACK)).push(broadcast(0, 5_000, 30_000 / 1_001)).done()
    second = Watched(first.tracks, first.timeline.end_s).push(broadcast(0, 1_000, 30_000 / 1_001)).done()
    assert second.begin_s(V) >= first.end_s(V)
    assert second.begin_s(A) >= first.end_s(A) - 0.001


@pytest.mark.parametrize("tracks", [(video_track(),), (AAC_TRACK,)], ids=["pictures only", "sound only"])
def test_one_track_alone(tracks: tuple[Track, ...]) -> None:
    kind = tracks[0].kind
    watched = Watched(tracks).push(f for f in broadcast(0, 10_000) if f.kind is kind).done()
    assert watched.end_s(kind) == pytest.approx(11, abs=0.03)
    assert watched.faults() == {}


ABSURD = st.sampled_from([-5, -1, 0, 1, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**33 + 7, -(2**31), -(2**63), 10**30])
STAMP = st.one_of(st.integers(0, 5_000), st.integers(0, WRAP), ABSURD)
FRAME = st.builds(
    Frame,
    st.sampled_from([V, A]),
    STAMP,
    st.one_of(st.integers(-300, 300), ABSURD),
    st.booleans(),
    st.binary(max_size=3),
)
TRACKS = st.tuples(
    st.builds(video_track, st.sampled_from([None, 25.0, 29.97, 1e9, -1.0])),
    st.sampled_from([AAC_TRACK, OPUS_TRACK, SURROUND, Track(Codec.AAC, 44_100, b"", channels=2)]),
)


@settings(max_examples=300, deadline=None)
@given(tracks=TRACKS, frames=st.lists(FRAME, max_size=80), start=st.floats(0, 1e6))
def test_whatever_comes_samples_can_be_relied_on(tracks: tuple[Track, ...], frames: list[Frame], start: float) -> None:
    watched = Watched(tracks, start).push(frames).done()
    for sample in watched.samples:
        assert sample.dts >= 0
        assert sample.pts >= 0
        assert 0 < sample.duration <= 3.1 * watched.scale[sample.kind]
    for kind in (V, A):
        holes = watched.holes(kind)
        assert all(end < begin for end, begin in holes)
        assert len(holes) <= watched.timeline.faults[Fault.GAP]
    assert watched.timeline.end_s <= start + 1 + 3.3 * len(frames)


@st.composite
def journeys(draw: st.DrawFn) -> list[list[Frame]]:
    """Stretches of a good broadcast; between them the publisher's clock is set to anything."""
    parts = draw(st.lists(st.tuples(st.integers(200, 3_000), st.integers(0, WRAP)), min_size=1, max_size=8))
    return [moved(broadcast(0, length), offset) for length, offset in parts]


@settings(max_examples=100, deadline=None)
@given(journeys(), st.sampled_from([AAC_TRACK, SURROUND]))
def test_media_time_goes_on_as_media_arrives(parts: list[list[Frame]], track: Track) -> None:
    """No lag and no haste beyond a gap that a clock may honestly show, and sound stays with its pictures."""
    watched = Watched((video_track(), track))
    arrived = gaps = 0.0
    before = None
    for part in parts:
        first = part[0].dts_ms
        if before is not None:
            gaps += max(0, min(3.1, ((first - before + WRAP // 2) % WRAP - WRAP // 2) / 1_000))
        before = part[-1].dts_ms
        arrived += len([f for f in part if f.kind is V]) / 30
        watched.push(part)
    watched.done()
    assert watched.timeline.end_s - 1 <= arrived + gaps + 0.1 * len(parts)
    assert watched.timeline.end_s - 1 >= arrived - 0.6 * len(parts)
    assert abs(skew(watched)) <= 0.6


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(-8, 8), min_size=600, max_size=600), st.integers(0, WRAP))
def test_jitter_is_taken_off_sound_and_keeps_pictures_in_order(jitter: list[int], offset: int) -> None:
    frames = moved(broadcast(0, 7_000), offset)
    shaken = [moved([f], j)[0] for f, j in zip(frames, jitter, strict=False)]
    watched = Watched((video_track(), AAC_TRACK)).push(shaken).done()
    assert {s.duration for s in watched.of(A)} == {1_024}
    assert not watched.holes(V)
    for n, (a, b) in enumerate(pairwise(watched.of(V))):
        assert a.dts < b.dts
        assert abs(a.dts / 90_000 - watched.begin_s(V) - n / 30) <= 0.035
