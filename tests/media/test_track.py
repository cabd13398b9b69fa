from __future__ import annotations

from dataclasses import replace

import pytest

from media.track import Codec, Kind, Track

PHONE = Track(Codec.H264, 90_000, b"", 1920, 1080)


@pytest.mark.parametrize("codec", Codec)
def test_a_codec_is_of_one_kind(codec: Codec) -> None:
    assert codec.kind is (Kind.AUDIO if codec in {Codec.AAC, Codec.OPUS} else Kind.VIDEO)
    assert replace(PHONE, codec=codec).kind is codec.kind


@pytest.mark.parametrize(
    ("rotation", "aspect", "size"),
    [
        (0, (1, 1), (1920, 1080)),
        (90, (1, 1), (1080, 1920)),
        (180, (4, 3), (2560, 1080)),
        (270, (4, 3), (1080, 2560)),
    ],
)
def test_a_picture_is_shown_turned_and_in_square_pixels(
    rotation: int, aspect: tuple[int, int], size: tuple[int, int]
) -> None:
    assert replace(PHONE, rotation=rotation, aspect=aspect).shown_size == size


def test_a_language_that_is_not_told_is_none() -> None:
    assert PHONE.known_language is None
    assert replace(PHONE, language="deu").known_language == "de"
