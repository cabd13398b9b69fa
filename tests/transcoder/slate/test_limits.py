from __future__ import annotations

import pytest

from transcoder.slate.limits import MAX_SIDE, PictureError, check_size


@pytest.mark.parametrize(("width", "height"), [(16, 16), (1920, 1080), (8_000, 5_000), (MAX_SIDE, 2_000)])
def test_pictures_of_cameras_and_of_drawing_programs_are_taken(width: int, height: int) -> None:
    check_size(width, height, 4)


@pytest.mark.parametrize(
    ("width", "height"), [(0, 0), (15, 400), (400, 15), (MAX_SIDE + 1, 16), (8_001, 5_000), (2**31 - 1, 2**31 - 1)]
)
def test_what_is_too_large_or_too_small_is_refused(width: int, height: int) -> None:
    with pytest.raises(PictureError, match="megapixels"):
        check_size(width, height, 1)


def test_deep_colours_may_not_take_more_than_plain_ones() -> None:
    check_size(4_000, 4_000, 8)
    with pytest.raises(PictureError, match="memory"):
        check_size(8_000, 5_000, 8)
