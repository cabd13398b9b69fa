"""Publishers whose parameters change while they are on the air."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from origin.live import publication as publication_module
from tests.origin.live.stage import parted, remarked
from tests.support.frames import AUDIO, LARGER, VIDEO, both, pictures, push_all

if TYPE_CHECKING:
    import pytest

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
