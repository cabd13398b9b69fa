from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.pictures import JPEG, hostile, jpeg, odd
from transcoder.slate.jpeg import check
from transcoder.slate.limits import PictureError

DECODER_S = {"a JPEG whose scan is cut off", "a JPEG that promises more than it has"}
"""What only a decoder can tell."""
OWN = {name: data for name, (kind, data) in hostile().items() if kind == JPEG and name not in DECODER_S}


def test_size_and_pixels_of_a_plain_one_are_kept() -> None:
    picture = check(jpeg())
    assert (picture.codec, picture.width, picture.height) == ("mjpeg", 64, 48)
    assert picture.data.startswith(b"\xff\xd8")
    assert picture.data.endswith(b"\xff\xd9")
    assert check(picture.data) == picture


@pytest.mark.parametrize("name", [name for name, (kind, _) in odd().items() if kind == JPEG])
def test_what_is_not_needed_goes(name: str) -> None:
    assert check(odd()[name][1]) == check(jpeg())


def test_exif_and_profiles_go_and_what_colours_mean_stays() -> None:
    adobe = b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x01"
    exif, profile = b"\xff\xe1\x00\x08Exif\0\0", b"\xff\xe2\x00\x0dICC_PROFILE"
    picture = check(jpeg()[:2] + adobe + exif + profile + jpeg()[2:])
    assert adobe in picture.data
    assert b"Exif" not in picture.data
    assert b"ICC" not in picture.data


@pytest.mark.parametrize("name", OWN)
def test_what_would_hurt_is_refused(name: str) -> None:
    with pytest.raises(PictureError) as caught:
        check(OWN[name])
    assert str(caught.value).endswith(".")


@given(st.integers(0, len(jpeg()) - 1), st.binary(min_size=1, max_size=6))
def test_damage_is_refused_or_left_to_the_decoder(at: int, damage: bytes) -> None:
    try:
        assert check(jpeg()[:at] + damage + jpeg()[at + len(damage) :]).data.startswith(b"\xff\xd8")
    except PictureError:
        return


@given(st.binary(max_size=200))
def test_anything_may_come_behind_the_signature(data: bytes) -> None:
    with pytest.raises(PictureError):
        check(b"\xff\xd8\xff" + data)
