from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

import pytest

from origin.catalog import objects, uploads
from origin.catalog.ids import DEFAULT_TENANT, derived_id
from origin.catalog.uploads import State
from origin.errors import Problem
from origin.files import sealer as sealing
from origin.stores.memory import MemoryStore
from origin.stores.protocol import StoreError
from tests.origin.files.yard import source_of, yard

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sqlalchemy import Connection

    from origin.catalog.objects import Version
    from origin.catalog.uploads import Upload
    from tests.origin.files.yard import Yard

BODY = os.urandom(3 << 20)


async def until_over(here: Yard, upload: Upload) -> Upload:
    await here.sealer.wait(upload.id, 20.0)
    found = await here.catalog.read(lambda conn: uploads.get(conn, DEFAULT_TENANT, upload.id))
    assert found
    return found


async def sealed_later(here: Yard, monkeypatch: pytest.MonkeyPatch) -> Upload:
    """An upload whose server died when the last byte was safe, and nothing else was done."""
    upload = await here.begin(len(BODY), filename="YQ==")
    with monkeypatch.context() as patch:
        patch.setattr(here.sealer, "begin", lambda _: None)
        found = await here.append(upload, 0, source_of([BODY]))
    assert found.state == State.SEALING
    return found


@pytest.mark.parametrize("store_url", ["", "memory:"])
async def test_bytes_become_an_object(tmp_path: Path, store_url: str) -> None:
    async with yard(tmp_path, store_url=store_url) as here:
        done = await here.append(await here.begin(len(BODY)), 0, BODY)
        assert (done.state, done.sha256) == (State.COMMITTED, hashlib.sha256(BODY).hexdigest())
        version = await here.catalog.read(lambda conn: objects.current(conn, DEFAULT_TENANT, str(done.object_id)))
        assert version
        assert version.size == len(BODY)
        assert await here.store.get(version.key) == BODY
        assert here.scratch.left() == []


async def test_the_next_start_goes_on_where_the_last_one_died(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with yard(tmp_path) as here:
        upload = await sealed_later(here, monkeypatch)
    async with yard(tmp_path) as here:
        assert (await until_over(here, upload)).state == State.COMMITTED


async def test_a_file_that_is_in_the_store_already_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with yard(tmp_path) as here:
        upload = await sealed_later(here, monkeypatch)
        key = objects.key_of(DEFAULT_TENANT, derived_id("ve_", upload.id))
        await here.store.take(key, here.scratch.path(upload.id))  # type: ignore[attr-defined]  # a disk store does
    async with yard(tmp_path) as here:
        done = await until_over(here, upload)
        assert (done.state, done.sha256) == (State.COMMITTED, hashlib.sha256(BODY).hexdigest())


async def test_bytes_that_are_nowhere_are_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with yard(tmp_path) as here:
        upload = await sealed_later(here, monkeypatch)
        here.scratch.remove(upload.id)
    async with yard(tmp_path) as here:
        done = await until_over(here, upload)
        assert (done.state, done.error) == (State.FAILED, "the file of the upload is gone")


async def test_a_store_that_is_away_is_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "AGAIN_S", (0.01,))
    real, calls = MemoryStore.take, 0

    async def away(store: MemoryStore, key: str, path: Path) -> None:
        nonlocal calls
        calls += 1
        if calls < 4:
            raise StoreError("Nobody answers.")
        await real(store, key, path)

    monkeypatch.setattr(MemoryStore, "take", away)
    async with yard(tmp_path, store_url="memory:") as here:
        done = await here.append(await here.begin(len(BODY)), 0, BODY)
        assert (done.state, calls) == (State.COMMITTED, 4)


async def test_what_follows_is_in_the_same_transaction(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "AGAIN_S", (0.01,))
    told: list[tuple[str, Mapping[str, str]]] = []

    def follow(conn: Connection, version: Version, metadata: Mapping[str, str]) -> None:
        told.append((version.name, metadata))
        assert objects.current(conn, DEFAULT_TENANT, version.object_id) == version
        if len(told) == 1:
            raise Problem("conflict", "Not yet.")

    async with yard(tmp_path, on_committed=follow) as here:
        done = await here.append(await here.begin(len(BODY), package="MQ=="), 0, BODY)
        assert done.state == State.COMMITTED
        assert [metadata for _, metadata in told] == [{"package": "1"}] * 2
        page = await here.catalog.read(lambda conn: objects.page(conn, DEFAULT_TENANT, None, 10))
        assert len(page) == 1


async def test_a_store_that_takes_no_files_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with yard(tmp_path) as here:
        upload = await sealed_later(here, monkeypatch)
        monkeypatch.setattr(here.sealer, "_store", object())
        with pytest.raises(Problem, match="takes no files"):
            await here.sealer._stored(upload, "tn/objects/ve")
