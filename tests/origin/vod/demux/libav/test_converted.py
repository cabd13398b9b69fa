"""Sound that is decoded here: damaged, or none at all. Whole files are in `test_film`, gaps in `test_conversion`."""

from __future__ import annotations

from contextlib import closing
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from media.track import Codec
from origin.vod.demux.film import MediaError
from origin.vod.demux.libav.film import open_film
from tests.origin.vod.demux.libav.making import Sound, Video, decoded, make
from tests.origin.vod.demux.libav.test_film import read

if TYPE_CHECKING:
    from pathlib import Path


def test_what_was_lost_becomes_silence(tmp_path: Path) -> None:
    whole = make(tmp_path / "film", "mpegts", Sound("mp2", seconds=3)).read_bytes()
    middle = len(whole) // 2 // 188 * 188
    (tmp_path / "lost").write_bytes(whole[:middle] + whole[middle + 100 * 188 :])
    [(track, samples)], _ = read(tmp_path / "lost")
    assert {after.dts - before.dts for before, after in pairwise(samples)} == {1024}
    assert 3 * 48_000 - 1024 <= samples[-1].dts + 1024 <= 3 * 48_000 + 4 * 1024
    assert len(decoded(track, samples)) == len(samples)


def test_frames_that_do_not_decode_are_passed_over(tmp_path: Path) -> None:
    whole = bytearray(make(tmp_path / "film", "mp3", Sound("libmp3lame", seconds=2)).read_bytes())
    for at in range(5_000, len(whole), 3_000):
        whole[at : at + 200] = bytes(200)
    (tmp_path / "damaged").write_bytes(whole)
    [(_, samples)], _ = read(tmp_path / "damaged")
    assert 1.5 * 48_000 < samples[-1].dts < 2.2 * 48_000


def test_sound_of_which_nothing_decodes_is_left_out(tmp_path: Path) -> None:
    whole = make(tmp_path / "film", "matroska", Video(), Sound("flac")).read_bytes()
    with_noise = whole.replace(b"\xff\xf8", b"\0\0")
    (tmp_path / "noise").write_bytes(with_noise)
    try:
        with closing(open_film(tmp_path / "noise")) as film:
            assert [track.codec for track in film.tracks] == [Codec.H264]
            assert film.left_out[0].why == "It holds nothing."
    except MediaError:
        pytest.fail("the pictures are good")


def test_a_language_and_a_title_are_kept(tmp_path: Path) -> None:
    sound = Sound("flac", metadata={"language": "dut", "title": "Nagesynchroniseerd"})
    [(track, _)], _ = read(make(tmp_path / "film", "matroska", sound))
    assert (track.codec, track.language, track.name) == (Codec.AAC, "nld", "Nagesynchroniseerd")
