from __future__ import annotations

import os
from pathlib import Path

import pytest

from origin.vod.demux.film import MediaError, NotUnderstoodError
from origin.vod.demux.isobmff import Movie, mapped, open_film

VECTOR = Path(__file__).parents[4] / "vectors" / "mp4" / "h264-aac.bin"


def test_a_file_gives_what_its_bytes_give() -> None:
    film, movie = open_film(VECTOR), Movie(memoryview(VECTOR.read_bytes()))
    assert film.tracks == movie.tracks
    assert film.left_out == movie.left_out
    assert [list(film.samples(track)) for track in (0, 1)] == [list(movie.samples(track)) for track in (0, 1)]
    film.close()


def test_samples_stay_good_when_pages_are_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mapped, "GIVE_BACK_BYTES", 100)
    film = open_film(VECTOR)
    samples = list(film.samples(0))
    assert samples == list(Movie(memoryview(VECTOR.read_bytes())).samples(0))


def test_a_descriptor_may_be_closed_at_once() -> None:
    fd = os.open(VECTOR, os.O_RDONLY)
    film = open_film(fd)
    os.close(fd)
    assert next(film.samples(0)).key
    film.close()


def test_what_somebody_still_holds_stays_good_after_the_film_is_closed() -> None:
    film = open_film(VECTOR)
    sample = next(film.samples(0))
    before = bytes(sample.data)
    film.close()
    assert bytes(sample.data) == before


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    with pytest.raises(FileNotFoundError):
        open_film(path)
    path.write_bytes(b"")
    with pytest.raises(MediaError, match="empty"):
        open_film(path)
    path.write_bytes(b"\x1aE\xdf\xa3" + bytes(40))
    with pytest.raises(NotUnderstoodError):
        open_film(path)
