from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import av
import pytest

from media.track import Codec
from origin.vod.demux.film import MediaError
from origin.vod.demux.libav.film import open_film
from origin.vod.demux.libav.packets import packets
from tests.origin.vod.demux.libav.making import Sound, Video, make

if TYPE_CHECKING:
    from pathlib import Path


def test_those_of_one_stream_are_given(tmp_path: Path) -> None:
    path = make(tmp_path / "film", "mp4", Video(), Sound())
    with av.open(str(path), format="mov") as container:
        found = list(packets(container, 0, path.stat().st_size))
        assert len(found) == 25
        assert {packet.stream_index for packet in found} == {0}


def test_more_bytes_than_a_file_has_are_refused(tmp_path: Path) -> None:
    path = make(tmp_path / "film", "mp4", Video())
    with av.open(str(path), format="mov") as container, pytest.raises(MediaError, match="more than it can hold"):
        list(packets(container, 0, path.stat().st_size // 8))


def test_an_encrypted_film_is_refused(tmp_path: Path) -> None:
    key = {"encryption_scheme": "cenc-aes-ctr", "encryption_key": "00" * 16, "encryption_kid": "11" * 16}
    path = make(tmp_path / "film", "mp4", Video(), **key)
    with pytest.raises(MediaError, match="encrypted"):
        open_film(path)


def test_a_movie_that_ends_before_its_samples_is_refused_when_it_comes_to_that(tmp_path: Path) -> None:
    whole = make(tmp_path / "film", "mp4", Video(), movflags="faststart").read_bytes()
    (tmp_path / "cut").write_bytes(whole[: -len(whole) // 4])
    with closing(open_film(tmp_path / "cut")) as film:
        assert film.tracks[0].codec is Codec.H264
        with pytest.raises(MediaError, match="damaged"):
            list(film.samples(0))
