from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.pictures import JPEG, PNG, RED, hostile, jpeg, odd, png
from transcoder.slate.limits import MAX_BYTES, Picture, PictureError
from transcoder.slate.picture import STORED_SIDE, checked, fitted, normalised

if TYPE_CHECKING:
    import av


def colour_at(frame: av.VideoFrame, x: int, y: int) -> tuple[int, ...]:
    """Red, green and blue of one pixel."""
    plane = frame.reformat(format="rgb24").planes[0]
    at = y * plane.line_size + 3 * x
    return tuple(bytes(plane)[at : at + 3])


def near(one: tuple[int, ...], other: tuple[int, ...], by: int = 12) -> bool:
    return all(abs(a - b) <= by for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("name", hostile())
def test_whatever_hurts_is_refused(name: str) -> None:
    with pytest.raises(PictureError) as caught:
        normalised(checked(*hostile()[name]))
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize("name", odd())
def test_whatever_is_only_odd_is_made_ours(name: str) -> None:
    ours = normalised(checked(*odd()[name]))
    assert checked(JPEG, ours).width in {64, 66}


def test_a_file_that_is_too_long_is_refused() -> None:
    with pytest.raises(PictureError, match="at most"):
        checked(PNG, png() + bytes(MAX_BYTES))


def test_colours_are_kept() -> None:
    for kind, data in ((PNG, png(320, 200)), (JPEG, jpeg(320, 200))):
        frame = fitted(checked(JPEG, normalised(checked(kind, data))), 320, 200)
        assert near(colour_at(frame, 160, 100), RED)


def test_what_shines_through_is_black() -> None:
    half = fitted(checked(JPEG, normalised(checked(PNG, png(64, 48, (*RED, 128), colour=6)))), 64, 48)
    assert near(colour_at(half, 32, 24), tuple(level // 2 for level in RED))


def test_a_large_one_is_made_smaller_and_a_small_one_is_not_made_larger() -> None:
    large, small = checked(JPEG, normalised(checked(PNG, png(6_000, 1_500)))), checked(PNG, png(100, 60))
    assert (large.width, large.height) == (STORED_SIDE, STORED_SIDE // 4)
    assert checked(JPEG, normalised(small)).width == 100


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (720, 1280), (320, 180), (176, 144)])
def test_it_stands_in_the_middle_with_black_around_it(width: int, height: int) -> None:
    frame = fitted(checked(JPEG, jpeg(400, 400)), width, height)
    assert (frame.width, frame.height, frame.format.name) == (width, height, "yuv420p")
    assert near(colour_at(frame, width // 2, height // 2), RED)
    assert near(colour_at(frame, 2, 2), (0, 0, 0))
    assert near(colour_at(frame, width - 3, height - 3), (0, 0, 0))


def test_a_decoder_that_gives_another_size_is_not_believed() -> None:
    lie = Picture("png", 640, 480, png())
    with pytest.raises(PictureError, match="header"):
        normalised(lie)
