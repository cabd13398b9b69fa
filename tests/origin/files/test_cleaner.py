from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from origin.catalog import objects
from origin.catalog.ids import DEFAULT_TENANT
from origin.errors import Problem
from tests.origin.files.yard import yard

if TYPE_CHECKING:
    from pathlib import Path

DAY = 86_400.0


async def test_what_nobody_goes_on_with_expires_and_is_forgotten_a_day_later(tmp_path: Path) -> None:
    async with yard(tmp_path) as here:
        left, alive = await here.begin(10), await here.begin(10)
        here.now[0] += DAY - 1
        await here.append(alive, 0, b"0")
        await here.cleaner.tidy()
        assert len(here.scratch.left()) == 2
        here.now[0] += 2
        await here.cleaner.tidy()
        assert here.scratch.left() == [alive.id]
        with pytest.raises(Problem, match="too long") as caught:
            await here.look(left)
        assert caught.value.status == 410
        here.now[0] += DAY + 1
        await here.cleaner.tidy()
        with pytest.raises(Problem) as caught:
            await here.look(left)
        assert caught.value.status == 404


async def test_a_start_removes_files_of_nobody_and_keeps_the_others(tmp_path: Path) -> None:
    async with yard(tmp_path) as here:
        alive, over = await here.begin(10), await here.begin(10)
        await here.append(alive, 0, b"0123")
        await here.uploads.cancel(DEFAULT_TENANT, over.id)
        here.scratch.create(over.id)
        here.scratch.create("up_" + "z" * 32)
    async with yard(tmp_path) as here:
        assert here.scratch.left() == [alive.id]
        assert (await here.look(alive)).durable_offset == 4


async def test_bytes_of_a_deleted_object_go_after_a_while(tmp_path: Path) -> None:
    async with yard(tmp_path) as here:
        done = await here.append(await here.begin(2), 0, b"ab")
        object_id = str(done.object_id)
        await here.catalog.write(lambda conn: objects.delete(conn, DEFAULT_TENANT, object_id, None, here.now[0]))
        await here.cleaner.tidy()
        assert len(await here.store.list("", None, 10)) == 1
        here.now[0] += 61
        await here.cleaner.tidy()
        assert await here.store.list("", None, 10) == []
        assert await here.catalog.read(lambda conn: objects.released(conn, here.now[0], 10)) == []
