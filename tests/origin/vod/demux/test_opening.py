from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from origin.vod.demux.film import MediaError
from origin.vod.demux.isobmff.mapped import MappedFilm
from origin.vod.demux.libav.film import LibavFilm
from origin.vod.demux.opening import open_film
from tests.support.films import FILMS, Recipe

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("film", "reader"), [(FILMS["MOV"], MappedFilm), (Recipe(format="mkv", pictures=10), LibavFilm)], ids=["MOV", "MKV"]
)
def test_a_film_is_opened_by_who_understands_it(tmp_path: Path, film: Recipe, reader: type) -> None:
    path = tmp_path / "film"
    path.write_bytes(film.make())
    with path.open("rb") as file:
        opened = open_film(file.fileno())
        try:
            assert isinstance(opened, reader)
            assert next(opened.samples(0)).key
        finally:
            opened.close()


@pytest.mark.parametrize("content", [b"", b"GIF89a" + bytes(99)])
def test_what_nobody_understands_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "film"
    path.write_bytes(content)
    with path.open("rb") as file, pytest.raises(MediaError, match=r"\.$"):
        open_film(file.fileno())
