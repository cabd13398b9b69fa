from __future__ import annotations

import pytest

from media.sample import Frame
from media.track import Codec, Kind, Track
from origin.live.gathering import (
    KEY_FRAME_PATIENCE_MS,
    MOST_AWAITED,
    MOST_BYTES,
    MOST_FRAMES,
    PICTURE_PATIENCE_MS,
    Gathering,
    NoKeyFrameError,
)

VIDEO = Track(Codec.H264, 90_000, b"avcC", 640, 360)
AUDIO = Track(Codec.AAC, 48_000, b"\x11\x90", sample_rate=48_000, channels=2)


def video(ms: int, *, key: bool = False) -> Frame:
    return Frame(Kind.VIDEO, ms, 0, key, b"picture")


def audio(ms: int) -> Frame:
    return Frame(Kind.AUDIO, ms, 0, key=True, data=b"sound")


def test_begins_when_both_tracks_are_known_and_a_key_frame_came() -> None:
    gathering = Gathering()
    gathering.set_track(VIDEO)
    gathering.set_track(AUDIO)
    assert not gathering.offer(audio(0))
    assert not gathering.offer(video(10))
    assert gathering.offer(video(40, key=True))
    assert gathering.frames == [video(40, key=True)]


def test_waits_a_second_for_sound_that_comes_late() -> None:
    gathering = Gathering()
    gathering.set_track(VIDEO)
    assert not gathering.offer(video(0, key=True))
    assert not gathering.offer(video(500))
    gathering.set_track(AUDIO)
    assert gathering.offer(audio(510))
    assert set(gathering.tracks) == {Kind.VIDEO, Kind.AUDIO}


def test_begins_without_sound_that_does_not_come() -> None:
    gathering = Gathering()
    gathering.set_track(VIDEO)
    answers = [gathering.offer(video(ms, key=ms == 0)) for ms in range(0, 1_001, 40)]
    assert answers == [False] * 25 + [True]


def test_sound_alone_begins_after_a_second() -> None:
    gathering = Gathering()
    gathering.set_track(AUDIO)
    answers = [gathering.offer(audio(ms)) for ms in range(0, 1_001, 20)]
    assert answers.index(True) == 50


def test_video_without_key_frames_is_refused_in_the_end() -> None:
    gathering = Gathering()
    gathering.set_track(VIDEO)
    for ms in range(0, KEY_FRAME_PATIENCE_MS + 1, 40):
        assert not gathering.offer(video(ms))
        assert gathering.frames == []
    with pytest.raises(NoKeyFrameError):
        gathering.offer(video(KEY_FRAME_PATIENCE_MS + 40))


def test_a_clock_that_stands_still_does_not_hide_that_key_frames_are_missing() -> None:
    gathering = Gathering()
    gathering.set_track(VIDEO)
    for _ in range(MOST_AWAITED):
        assert not gathering.offer(video(0))
    with pytest.raises(NoKeyFrameError):
        gathering.offer(video(0))


def test_sound_begins_alone_where_the_pictures_that_were_announced_do_not_come() -> None:
    gathering = Gathering()
    gathering.set_track(VIDEO)
    gathering.set_track(AUDIO)
    answers = [gathering.offer(audio(ms)) for ms in range(0, PICTURE_PATIENCE_MS + 21, 20)]
    assert answers.index(True) == PICTURE_PATIENCE_MS // 20 + 1
    assert gathering.tracks == {Kind.AUDIO: AUDIO}
    assert gathering.absent is VIDEO
    assert gathering.frames == [audio(PICTURE_PATIENCE_MS + 20)]


def test_sound_waits_longer_where_pictures_come_without_a_key_frame() -> None:
    gathering = Gathering()
    gathering.set_track(VIDEO)
    gathering.set_track(AUDIO)
    gathering.offer(video(0))
    assert not gathering.offer(audio(PICTURE_PATIENCE_MS + 20))
    assert gathering.absent is None


def test_what_is_held_is_bounded_when_the_clock_stands_still() -> None:
    gathering = Gathering()
    gathering.set_track(VIDEO)
    gathering.offer(video(0, key=True))
    answers = [gathering.offer(video(0)) for _ in range(MOST_FRAMES)]
    assert answers.index(True) == MOST_FRAMES - 2


def test_the_bytes_that_are_held_are_bounded() -> None:
    gathering = Gathering()
    gathering.set_track(VIDEO)
    piece = bytes(MOST_BYTES // 4)
    answers = [gathering.offer(Frame(Kind.VIDEO, ms, 0, ms == 0, piece)) for ms in range(6)]
    assert answers.index(True) == 3


def test_new_parameters_before_the_start_replace_the_old_frames() -> None:
    gathering = Gathering()
    gathering.set_track(VIDEO)
    gathering.offer(video(0, key=True))
    gathering.set_track(Track(Codec.H264, 90_000, b"other", 1280, 720))
    assert gathering.frames == []
    assert not gathering.offer(video(40))


def test_frames_of_unknown_tracks_are_dropped() -> None:
    assert not Gathering().offer(audio(0))
