from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import av
import pytest

from media.track import Codec
from origin.vod.demux.libav.described import name_of, rate_of
from tests.origin.vod.demux.libav.making import Sound, Video, make
from tests.origin.vod.demux.libav.test_film import read

if TYPE_CHECKING:
    from pathlib import Path


def test_titles_are_printable_and_short(tmp_path: Path) -> None:
    path = make(tmp_path / "film", "matroska", Video(metadata={"title": " Tag\u0000\n" + "und Nacht" * 50}), Sound())
    with av.open(str(path)) as container:
        assert name_of(container.streams[0]).startswith("Tag")
        assert len(name_of(container.streams[0])) <= 200
        assert name_of(container.streams[1]) == ""
        assert (rate_of(container.streams[0]), rate_of(container.streams[1])) == (25, None)


@pytest.mark.parametrize("encoder", ["libx264", "libx265", "libvpx-vp9", "libsvtav1"])
def test_a_size_that_is_no_whole_number_of_blocks(tmp_path: Path, encoder: str) -> None:
    [(track, samples)], _ = read(make(tmp_path / "film", "matroska", Video(encoder, frames=1, size=(146, 90))))
    assert (track.width, track.height, track.aspect, len(samples)) == (146, 90, (1, 1), 1)


def test_pixels_that_are_wide(tmp_path: Path) -> None:
    [(track, _)], _ = read(make(tmp_path / "film", "mov", Video(frames=2, aspect=Fraction(16, 11))))
    assert track.aspect == (16, 11)


def test_sound_of_mp4_keeps_its_clock_unless_that_is_too_coarse(tmp_path: Path) -> None:
    [(track, _)], _ = read(make(tmp_path / "film", "mp4", Sound(rate=44_100)))
    assert (track.codec, track.timescale) == (Codec.AAC, 44_100)
