from __future__ import annotations

from dataclasses import replace

import pytest

from origin.vod.program.poster import Poster
from tests.packager.feed import AAC, VIDEO, pictures, sound
from tests.support import clips


def test_samples_pass_unchanged() -> None:
    poster = Poster(VIDEO)
    assert list(poster.watching(VIDEO, pictures(20))) == list(pictures(20))
    assert list(poster.watching(AAC, sound(3))) == list(sound(3))


@pytest.mark.parametrize(("seconds", "taken"), [(20, 8 * 90_000), (5, 4 * 90_000), (1, 0)])
def test_it_keeps_the_first_key_frame_after_the_opening_or_the_last_there_is(seconds: float, taken: int) -> None:
    poster = Poster(VIDEO)
    list(poster.watching(VIDEO, pictures(seconds)))
    assert poster._frame == b"%d" % taken * 20


def test_a_real_film_gives_a_picture_and_a_damaged_one_none() -> None:
    clip = clips.video(seconds=1)
    poster = Poster(clip.track)
    list(poster.watching(clip.track, iter(clip.samples)))
    assert (poster.jpeg() or b"").startswith(b"\xff\xd8")
    damaged = Poster(clip.track)
    list(damaged.watching(clip.track, (replace(sample, data=b"\xff" * 99) for sample in clip.samples)))
    assert damaged.jpeg() is None


def test_sound_alone_gives_none() -> None:
    poster = Poster(None)
    assert list(poster.watching(AAC, sound(3))) == list(sound(3))
    assert poster.jpeg() is None
