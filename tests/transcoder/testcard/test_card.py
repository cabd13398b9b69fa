from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.picture import clock_of
from transcoder.testcard.card import ACROSS_MS, Card

if TYPE_CHECKING:
    import av

NOW = 1_795_219_200_123


def drawn(frame: av.VideoFrame) -> bytes:
    return b"".join(bytes(plane) for plane in frame.planes)


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (640, 360), (320, 180), (1920, 1080)])
def test_the_time_is_in_the_picture(width: int, height: int) -> None:
    frame = Card(width, height).picture(NOW)
    assert (frame.width, frame.height) == (width, height)
    assert clock_of(frame) == NOW


def test_the_time_survives_scaling() -> None:
    frame = Card().picture(NOW)
    for width, height in ((854, 480), (426, 240), (1920, 1080)):
        assert clock_of(frame.reformat(width, height)) == NOW


def test_a_picture_depends_on_the_time_alone() -> None:
    card = Card(320, 180)
    first = drawn(card.picture(NOW))
    assert drawn(card.picture(NOW + 33)) != first
    assert drawn(card.picture(NOW)) == first


def test_every_moment_of_the_balls_way_can_be_drawn() -> None:
    card = Card(320, 180)
    for unix_ms in range(0, 2 * ACROSS_MS, 97):
        assert clock_of(card.picture(unix_ms)) == unix_ms


@pytest.mark.parametrize(("width", "height"), [(1000, 720), (1280, 721)])
def test_odd_sizes_are_refused(width: int, height: int) -> None:
    with pytest.raises(ValueError, match="must be"):
        Card(width, height)
