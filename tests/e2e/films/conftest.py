"""One server for all tests here, with each film packaged once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest_asyncio

from tests.e2e.films.library import made_of, shown, upload
from tests.e2e.films.made import FILMS
from tests.support.node import Node

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import pytest

    from tests.e2e.films.library import Shown
    from tests.e2e.films.made import Film

AT_A_TIME = 2
"""Films made at once: as many as a small machine has cores."""


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def node(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Node]:
    node = Node(tmp_path_factory.mktemp("films") / "data")
    await node.start()
    yield node
    await node.stop()


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def library(node: Node) -> dict[str, Shown]:
    """Every film by its name, uploaded and packaged."""
    turn, folder = asyncio.Semaphore(AT_A_TIME), node.data_dir.parent

    async def make(film: Film) -> None:
        async with turn:
            await film.make(folder)

    async with asyncio.TaskGroup() as makers:
        for film in FILMS.values():
            makers.create_task(make(film))
    paths = [folder / film.file for film in FILMS.values()]
    assets = await made_of(node, await upload(node, paths))
    return {name: await shown(node, path, asset) for name, path, asset in zip(FILMS, paths, assets, strict=True)}
