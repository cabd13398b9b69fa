from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import pytest

from origin.demo.film import NAME, Film
from origin.demo.filming import make
from origin.demo.publisher import Show
from tests.support.running import Headwater, headwater
from transcoder.testcard import Card
from transcoder.testcard.sound import Sound

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Headwater]:
    """A server with a film that is made already: a small one."""
    make(tmp_path / NAME, Show(Card(320, 180), Sound()), 1_795_219_200, threading.Event(), seconds=2)
    async with headwater(tmp_path) as started:
        yield started


async def brought(running: Headwater) -> Film:
    film = Film(running.server)
    await film.bring()
    assert film.over.is_set()
    return film


async def every(running: Headwater, what: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await running.get(f"/v1/{what}")).json()["items"]
    return items


async def test_it_comes_once_and_is_found_again(running: Headwater) -> None:
    first = await brought(running)
    assert (first.ready, first.trouble) == (True, None)
    second = await brought(running)
    assert second.ready
    assert second.version == first.version is not None
    assert [each["name"] for each in await every(running, "objects")] == [NAME]
    assert [(each["name"], each["state"]) for each in await every(running, "assets")] == [(NAME, "ready")]


async def test_what_somebody_has_deleted_stays_deleted_as_long_as_the_object_is_there(running: Headwater) -> None:
    await brought(running)
    (asset,) = await every(running, "assets")
    assert (await running.http.delete(f"{running.url}/v1/assets/{asset['id']}")).is_success
    again = await brought(running)
    assert again.version
    assert (again.ready, again.trouble) == (False, None)
    assert await every(running, "assets") == []


async def test_without_a_key_there_is_a_sentence(running: Headwater, tmp_path: Path) -> None:
    (tmp_path / "admin.key").unlink()
    film = await brought(running)
    assert film.version is None
    assert "no API key" in (film.trouble or "")


async def test_a_refused_key_is_told_with_the_servers_words(running: Headwater, tmp_path: Path) -> None:
    (tmp_path / "admin.key").write_text("hw_wrong")
    assert "answered 401" in ((await brought(running)).trouble or "")


async def test_a_file_that_is_no_film_is_an_object_and_why_it_is_not_more(running: Headwater, tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(bytes(1000))
    film = await brought(running)
    assert film.version
    assert not film.ready
    assert "cannot be packaged" in (film.trouble or "")


async def test_a_film_that_cannot_be_made_is_told(running: Headwater, tmp_path: Path) -> None:
    (tmp_path / NAME).unlink()
    (tmp_path / NAME).with_suffix(".draft").mkdir()  # in the way
    assert "could not be made" in ((await brought(running)).trouble or "")


async def test_one_that_is_given_up_while_it_is_made_leaves_nothing(running: Headwater, tmp_path: Path) -> None:
    (tmp_path / NAME).unlink()
    work = asyncio.create_task(Film(running.server).bring())
    draft = (tmp_path / NAME).with_suffix(".draft")
    async with asyncio.timeout(30):
        while not draft.exists():  # noqa: ASYNC110 - looks from outside
            await asyncio.sleep(0.01)
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    assert not draft.exists()
    assert not (tmp_path / NAME).exists()
