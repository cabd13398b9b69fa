from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from media.sample import Frame
from media.track import Kind
from origin.live import publication as publication_module
from origin.live.gathering import KEY_FRAME_PATIENCE_MS
from origin.live.publication import MENDED_GOPS
from origin.live.spool import SEGMENT_BYTES
from origin.observe.metrics import REGISTRY
from packager.pipeline import LivePackager
from tests.origin.live.stage import NOW, OnStage, remarked, warnings
from tests.support.frames import AUDIO, VIDEO, both, picture, pictures, push_all, sounds


async def test_frames_become_segments_of_both_renditions(stage: OnStage) -> None:
    stage.publication.set_track(VIDEO)
    stage.publication.set_track(AUDIO)
    push_all(stage.publication, both(6.5))
    assert set(stage.channel.packager.windows) == {"v0", "a0"}
    assert [segment.duration for segment in stage.video.segments] == [2.0, 2.0, 2.0]
    assert stage.publication.tracks == (VIDEO, AUDIO)
    assert stage.codes == set()


async def test_closing_hands_on_what_was_held_once(stage: OnStage) -> None:
    stage.publication.set_track(VIDEO)
    push_all(stage.publication, pictures(3))
    stage.publication.close("gone")
    stage.publication.close("again")
    stage.publication.push(picture(9_000, key=True))
    await stage.channel.finish()
    assert sum(segment.duration for segment in stage.video.segments) == pytest.approx(3.0)
    assert stage.closed == ["gone"]


async def test_sound_that_comes_late_joins_at_a_key_frame(stage: OnStage) -> None:
    stage.publication.set_track(VIDEO)
    push_all(stage.publication, pictures(4))
    stage.publication.set_track(AUDIO)
    push_all(stage.publication, both(4.1, start_ms=4_000))
    assert stage.publication.tracks == (VIDEO, AUDIO)
    assert stage.channel.packager.windows["a0"].segments


async def test_sound_alone_plays_and_pictures_may_join(stage: OnStage) -> None:
    stage.publication.set_track(AUDIO)
    push_all(stage.publication, sounds(5))
    assert set(stage.channel.packager.windows) == {"a0"}
    stage.publication.set_track(VIDEO)
    push_all(stage.publication, both(4.1, start_ms=5_000))
    assert [track.kind for track in stage.publication.tracks] == [Kind.VIDEO, Kind.AUDIO]


async def test_video_without_key_frames_is_told_what_to_set(stage: OnStage) -> None:
    stage.publication.set_track(VIDEO)
    push_all(stage.publication, pictures(KEY_FRAME_PATIENCE_MS / 1000 + 1, gop=0))
    farewell = await asyncio.wait_for(stage.publication.farewell, 1)
    assert farewell.code == "no_key_frame"
    assert "no_key_frame" in stage.codes
    assert not stage.channel.packager.windows


async def test_a_publisher_with_nothing_to_play_is_sent_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publication_module, "PATIENCE_S", 0.01)
    stage = OnStage()
    farewell = await asyncio.wait_for(stage.publication.farewell, 10)
    assert farewell.code == "nothing_playable"
    assert stage.codes == {"nothing_playable"}


async def test_announced_pictures_that_never_come_leave_the_sound_alone_until_they_do(
    stage: OnStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publication_module, "PATIENCE_S", 0.01)
    stage.publication.set_track(VIDEO)
    stage.publication.set_track(AUDIO)
    push_all(stage.publication, sounds(9))
    assert stage.publication.tracks == (AUDIO,)
    assert [segment.duration for segment in stage.channel.packager.windows["a0"].segments]
    (remark,) = stage.health.remarks
    assert (remark.code, remark.count) == ("no_pictures", 1)
    assert remark.sentence.startswith("The encoder announces video and sends none")
    await remarked(stage, "no_pictures", 2)
    push_all(stage.publication, both(3, start_ms=9_000))
    assert {track.kind for track in stage.publication.tracks} == {Kind.VIDEO, Kind.AUDIO}
    assert stage.codes == set()


async def test_parameters_that_cannot_be_packaged_are_told(stage: OnStage) -> None:
    stage.publication.set_track(replace(VIDEO, config=b"\x01"))
    push_all(stage.publication, pictures(3))
    assert stage.publication.farewell.result().code == "unsupported_parameters"
    stage.publication.close("gone")
    assert stage.closed == ["gone"]


async def test_a_failure_at_the_end_still_takes_the_publisher_off_the_air(
    stage: OnStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.publication.set_track(VIDEO)
    push_all(stage.publication, pictures(3))
    monkeypatch.delattr(LivePackager, "push")
    with pytest.raises(AttributeError):
        stage.publication.close("gone")
    assert stage.closed == ["gone"]


async def test_long_gops_play_and_are_remarked_upon(stage: OnStage) -> None:
    stage.publication.set_track(VIDEO)
    push_all(stage.publication, pictures(24.1, gop=240))
    assert [segment.duration for segment in stage.video.segments] == [8.0, 8.0, 8.0]
    assert stage.codes == {"long_gop"}


async def test_a_gop_that_never_ends_is_remarked_upon(stage: OnStage) -> None:
    stage.publication.set_track(VIDEO)
    stage.publication.set_track(AUDIO)
    push_all(stage.publication, both(3, gop=10_000))
    assert stage.codes == set()
    push_all(stage.publication, both(20, gop=10_000, start_ms=3_000)[1:])
    assert stage.codes == {"long_gop"}


async def test_pictures_that_stay_away_are_missed_until_they_are_back(stage: OnStage) -> None:
    stage.publication.set_track(VIDEO)
    stage.publication.set_track(AUDIO)
    push_all(stage.publication, both(4.1))
    push_all(stage.publication, sounds(20, start_ms=4_100))
    assert "no_pictures" in stage.codes
    push_all(stage.publication, both(9, start_ms=24_100))
    assert "no_pictures" not in stage.codes


async def test_the_remark_on_long_gops_goes_with_its_cause(stage: OnStage) -> None:
    stage.publication.set_track(VIDEO)
    push_all(stage.publication, pictures(16, gop=240))
    mended_s = 2 * MENDED_GOPS
    push_all(stage.publication, pictures(mended_s, start_ms=16_000))
    assert stage.codes == {"long_gop"}  # the last of the GOPs is not over yet
    push_all(stage.publication, pictures(0.5, start_ms=16_000 + mended_s * 1_000))
    assert stage.codes == set()


async def test_a_few_short_gops_between_long_ones_mend_nothing(stage: OnStage) -> None:
    stage.publication.set_track(VIDEO)
    few_s = 2 * (MENDED_GOPS - 1)
    push_all(stage.publication, pictures(8, gop=240))
    for turn in range(3):
        start_ms = 8_000 + turn * (8_000 + few_s * 1_000)
        push_all(stage.publication, pictures(8, gop=240, start_ms=start_ms))
        push_all(stage.publication, pictures(few_s, start_ms=start_ms + 8_000))
        assert stage.codes == {"long_gop"}


async def test_the_next_publisher_s_short_gops_withdraw_the_remark_too(stage: OnStage) -> None:
    stage.publication.set_track(VIDEO)
    push_all(stage.publication, pictures(16.1, gop=240))
    stage.publication.close("gone")
    second = stage.another(stage.publication.end_s)
    second.set_track(VIDEO)
    push_all(second, pictures(2 * MENDED_GOPS))
    assert stage.codes == {"long_gop"}
    push_all(second, pictures(0.5, start_ms=2_000 * MENDED_GOPS))
    assert stage.codes == set()


async def test_a_segment_that_grows_without_end_ends_the_publication(stage: OnStage) -> None:
    """A key frame every minute at 480 Mbit/s; what had come can still be watched."""
    data = bytes(2 << 20)
    before = warnings("too_many_bytes")
    stage.publication.set_track(VIDEO)
    for number in range(60):
        stage.publication.push(Frame(Kind.VIDEO, number * 1000 // 30, 0, number == 0, data))
    assert stage.publication.farewell.result().code == "too_many_bytes"
    assert "64 MiB" in stage.publication.farewell.result().sentence
    assert stage.codes == {"too_many_bytes"}
    stage.publication.close("too_many_bytes")
    (segment,) = stage.video.segments
    assert SEGMENT_BYTES < segment.size < SEGMENT_BYTES + 3 * len(data)
    assert warnings("too_many_bytes") == before + 1


async def test_a_high_rate_with_short_gops_is_no_reason(stage: OnStage) -> None:
    """200 Mbit/s."""
    data = bytes(1_000_000)
    stage.publication.set_track(VIDEO)
    for number in range(120):
        stage.publication.push(Frame(Kind.VIDEO, number * 40, 0, number % 50 == 0, data))
    assert not stage.publication.farewell.done()
    assert stage.codes == set()


async def test_mended_timestamps_are_remarked_upon(stage: OnStage) -> None:
    stage.publication.set_track(VIDEO)
    push_all(stage.publication, pictures(2))
    push_all(stage.publication, pictures(2, start_ms=500_000))
    assert stage.codes == {"timestamps_jump_forward"}


@pytest.mark.parametrize("stamp", [0, 123_456, 0xFFFF_FFFF])
@pytest.mark.parametrize("sent", [both(60), list(pictures(60)), list(sounds(60))], ids=["both", "pictures", "sounds"])
async def test_media_goes_on_as_fast_as_it_comes_where_timestamps_stand_still(
    stage: OnStage, sent: list[Frame], stamp: int
) -> None:
    before = mended("standstill")
    for track in VIDEO, AUDIO:
        if track.kind in {frame.kind for frame in sent}:
            stage.publication.set_track(track)
    for frame in sent:
        stage.now = NOW + frame.dts_ms / 1_000
        stage.publication.push(Frame(frame.kind, stamp, 0, frame.key, frame.data))
    assert stage.publication.end_s == pytest.approx(1.0 + 60, abs=1.0)
    for window in stage.channel.packager.windows.values():
        durations = [segment.duration for segment in window.segments]
        assert sum(durations) == pytest.approx(60, abs=3)
        assert durations[1:] == pytest.approx([2.0] * (len(durations) - 1), abs=0.2)
    assert mended("standstill") > before + len(sent) / 2
    said = {remark.code: remark.sentence for remark in stage.health.remarks}
    assert "stand still" in said["timestamps_standstill"]


async def test_timestamps_that_stop_in_mid_stream_leave_no_lag(stage: OnStage) -> None:
    stage.publication.set_track(VIDEO)
    stage.publication.set_track(AUDIO)
    for frame in both(60):
        stage.now = NOW + frame.dts_ms / 1_000
        stage.publication.push(Frame(frame.kind, min(frame.dts_ms, 20_000), 0, frame.key, frame.data))
    assert stage.publication.end_s == pytest.approx(1.0 + 60, abs=0.5)
    assert [segment.duration for segment in stage.video.segments] == pytest.approx([2.0] * 29, abs=0.2)


async def test_a_following_publication_continues_the_timeline(stage: OnStage) -> None:
    stage.publication.set_track(VIDEO)
    push_all(stage.publication, pictures(3))
    stage.publication.close("gone")
    second = stage.another(stage.publication.end_s)
    second.set_track(VIDEO)
    push_all(second, pictures(4.1, start_ms=77_000))
    second.close("gone too")
    assert second.end_s == pytest.approx(1.0 + 3.0 + 4.1, abs=0.05)


def mended(fault: str) -> float:
    return REGISTRY.get_sample_value("headwater_timeline_mended_total", {"fault": fault}) or 0.0


async def test_nothing_is_taken_after_the_farewell(stage: OnStage) -> None:
    stage.publication.set_track(VIDEO)
    stage.publication.part("taken_over", "Another publisher has taken over.")
    stage.publication.part("draining", "too late to change the reason")
    push_all(stage.publication, pictures(4))
    assert not stage.channel.packager.windows
    assert stage.publication.farewell.result().code == "taken_over"
