from __future__ import annotations

from typing import TYPE_CHECKING

import av
import pytest

from origin.vod.demux.libav.naming import CARRIED, DECODERS, codec_of, decoder_of, in_words
from tests.origin.vod.demux.libav.making import Sound, Video, make

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("codec", "words"),
    [
        ("mpeg2video", "MPEG-2"),
        ("pcm_s24le", "PCM"),
        ("h264", "H.264"),
        ("smackvid", "smackvid"),
        ("", "an unknown codec"),
    ],
)
def test_codecs_have_names(codec: str, words: str) -> None:
    assert in_words(codec) == words


def test_every_decoder_is_one_that_libav_has() -> None:
    assert {name for name in DECODERS if name not in av.codecs_available} == set()
    assert {"h264", "hevc", "libdav1d", "vp9", "aac", "opus"} <= DECODERS


def test_streams_are_known_by_codec_and_decoder(tmp_path: Path) -> None:
    path = make(tmp_path / "film", "matroska", Video("libsvtav1"), Sound("libmp3lame"))
    with av.open(str(path)) as container:
        assert [codec_of(stream) for stream in container.streams] == ["av1", "mp3"]
        assert {decoder_of(stream) for stream in container.streams} <= DECODERS
        assert codec_of(container.streams[0]) in CARRIED
