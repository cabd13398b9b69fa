"""Publishers that send no sound, or none any more."""

from __future__ import annotations

from tests.origin.live.stage import OnStage
from tests.support.frames import AUDIO, VIDEO, both, pictures, push_all


async def test_a_publisher_that_comes_back_without_sound_is_heard_as_silence() -> None:
    """Or players stop where the sound ends, though pictures go on."""
    stage = OnStage()
    stage.publication.set_track(VIDEO)
    stage.publication.set_track(AUDIO)
    push_all(stage.publication, both(5))
    stage.publication.close("gone")
    again = stage.another(stage.publication.end_s)
    again.set_track(VIDEO)
    push_all(again, pictures(9))
    assert again.tracks == (VIDEO, AUDIO)
    again.close("gone")
    video, audio = (stage.channel.packager.windows[name] for name in ("v0", "a0"))
    assert not audio.ended
    assert video.open_msn == audio.open_msn
    assert not any(segment.gap for segment in audio.segments)
    third = stage.another(again.end_s)
    third.set_track(VIDEO)
    third.set_track(AUDIO)
    push_all(third, both(5))
    assert third.tracks == (VIDEO, AUDIO)
    assert [segment.head.discontinuity for segment in audio.segments].count(True) == 2


async def test_pictures_alone_stay_alone_where_there_never_was_sound() -> None:
    stage = OnStage()
    stage.publication.set_track(VIDEO)
    push_all(stage.publication, pictures(5))
    stage.publication.close("gone")
    again = stage.another(stage.publication.end_s)
    again.set_track(VIDEO)
    push_all(again, pictures(3))
    assert again.tracks == (VIDEO,)
