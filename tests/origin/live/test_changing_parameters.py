"""Publishers whose parameters change while they are on the air."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from origin.live import publication as publication_module
from origin.live.turnover import MOST_RUNS
from tests.origin.live.stage import parted, remarked, warnings
from tests.support.frames import AUDIO, LARGER, VIDEO, both, picture, pictures, push_all

if TYPE_CHECKING:
    import pytest

    from origin.live.publication import Publication
    from tests.origin.live.stage import OnStage


async def test_new_parameters_begin_a_run_at_the_next_key_frame(stage: OnStage) -> None:
    stage.publication.set_track(VIDEO)
    push_all(stage.publication, pictures(3))
    stage.publication.set_track(LARGER)
    push_all(stage.publication, pictures(1, start_ms=3_000, gop=0))  # of the old parameters, to nobody's use
    push_all(stage.publication, pictures(4.1, start_ms=4_000))
    await stage.channel.finish()
    inits = [segment.init for segment in stage.video.segments]
    assert inits == sorted(inits)
    assert len(set(inits)) == 2
    assert [segment.head.discontinuity for segment in stage.video.segments].count(True) == 1
    assert stage.publication.tracks == (LARGER,)


async def test_the_same_parameters_again_change_nothing(stage: OnStage) -> None:
    stage.publication.set_track(VIDEO)
    push_all(stage.publication, pictures(3))
    stage.publication.set_track(LARGER)
    stage.publication.set_track(VIDEO)
    push_all(stage.publication, pictures(3, start_ms=3_000))
    assert not any(segment.head.discontinuity for segment in stage.video.segments)


async def test_new_parameters_whose_key_frame_does_not_come_end_the_publication(
    stage: OnStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publication_module, "PATIENCE_S", 0.01)
    stage.publication.set_track(VIDEO)
    stage.publication.set_track(AUDIO)
    push_all(stage.publication, both(3))
    stage.publication.set_track(LARGER)
    push_all(stage.publication, both(1, start_ms=3_000, gop=0))
    assert await parted(stage) == "no_key_frame"
    assert stage.codes == {"no_key_frame"}


async def test_new_parameters_of_sound_wait_for_a_key_frame_no_longer(
    stage: OnStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publication_module, "PATIENCE_S", 0.01)
    stage.publication.set_track(VIDEO)
    stage.publication.set_track(AUDIO)
    push_all(stage.publication, both(3))
    stage.publication.set_track(replace(AUDIO, channels=1))
    push_all(stage.publication, both(1, start_ms=3_000, gop=0))
    assert await parted(stage) == "no_key_frame"


async def test_patience_ends_with_what_was_waited_for(stage: OnStage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key frame comes; or the old parameters are announced again."""
    monkeypatch.setattr(publication_module, "PATIENCE_S", 0.01)
    stage.publication.set_track(VIDEO)
    push_all(stage.publication, pictures(3))
    stage.publication.set_track(LARGER)
    push_all(stage.publication, pictures(1, start_ms=3_000))
    assert stage.publication._patience.cancelled()
    stage.publication.set_track(VIDEO)
    stage.publication.set_track(LARGER)
    assert stage.publication._patience.cancelled()


async def test_sound_that_comes_late_where_no_key_frame_follows_leaves_the_pictures_alone(
    stage: OnStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publication_module, "PATIENCE_S", 0.01)
    stage.publication.set_track(VIDEO)
    push_all(stage.publication, pictures(3))
    stage.publication.set_track(AUDIO)
    push_all(stage.publication, both(1, start_ms=3_000, gop=0))
    await remarked(stage, "late_track")
    assert not stage.publication.farewell.done()
    push_all(stage.publication, both(3, start_ms=4_000))
    assert stage.publication.tracks == (VIDEO, AUDIO)
    assert stage.codes == set()


def change_each_frame(stage: OnStage, publication: Publication, frames: int) -> None:
    """After 2 s every frame is a key frame, and needs parameters of its own; 30 a second."""
    publication.set_track(VIDEO)
    push_all(publication, pictures(2.0))
    for number in range(frames):
        stage.now += 1 / 30
        publication.set_track((LARGER, VIDEO)[number % 2])
        publication.push(picture(2_000 + number * 1000 // 30, key=True))


async def test_parameters_that_change_with_each_frame_end_the_publication(stage: OnStage) -> None:
    before = warnings("too_many_changes")
    change_each_frame(stage, stage.publication, 900)
    assert stage.publication.farewell.result().code == "too_many_changes"
    assert "more than 20 times within 60 s" in stage.publication.farewell.result().sentence
    assert stage.codes == {"too_many_changes"}
    assert warnings("too_many_changes") == before + 1
    stage.publication.close("too_many_changes")
    assert len(stage.video.segments) == MOST_RUNS


async def test_coming_back_is_no_way_to_change_more_often(stage: OnStage) -> None:
    change_each_frame(stage, stage.publication, 100)
    stage.publication.close("too_many_changes")
    again = stage.another(stage.publication.end_s)
    change_each_frame(stage, again, 100)
    assert again.farewell.result().code == "too_many_changes"
    again.close("too_many_changes")
    assert len(stage.video.segments) == MOST_RUNS + 1, "whoever comes back is let in"


async def test_a_phone_that_is_turned_all_the_time_passes(stage: OnStage) -> None:
    """Every 4 s for ten minutes."""
    for turn in range(150):
        stage.publication.set_track((VIDEO, LARGER)[turn % 2])
        push_all(stage.publication, pictures(4.0, start_ms=turn * 4_000))
        stage.now += 4.0
    assert not stage.publication.farewell.done()
    assert stage.video.last_discontinuity == 149
