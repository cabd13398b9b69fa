from __future__ import annotations

import pytest

from transcoder.slate.card import GROUND, INK, card


@pytest.mark.parametrize(
    ("width", "height"), [(16, 16), (160, 90), (320, 180), (1280, 720), (720, 1280), (1920, 1080), (3840, 2160)]
)
def test_a_card_of_any_size(width: int, height: int) -> None:
    frame = card(width, height)
    assert (frame.width, frame.height, frame.format.name) == (width, height, "yuv420p")
    luma = bytes(frame.planes[0])
    assert luma[0] == GROUND.y
    assert (INK in luma) == (width >= 160)
