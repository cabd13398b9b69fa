from __future__ import annotations

import asyncio
import gzip
import json
import os
from typing import TYPE_CHECKING

import pytest

from origin.catalog import assets, audit
from origin.catalog.auditor import EVERY_S, Auditor
from origin.catalog.ids import DEFAULT_TENANT
from origin.errors import Problem
from origin.stores.memory import MemoryStore
from origin.vod import library as library_module
from origin.vod.library import Library
from tests.origin.vod.house import House, a_tape
from tests.support.keys import KEYS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from origin.catalog.assets import Asset

PREFIX = f"{DEFAULT_TENANT}/bc_one/"


class Counted(MemoryStore):
    """A store that counts what is read."""

    def __init__(self) -> None:
        super().__init__()
        self.reads: list[str] = []

    def stream(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        self.reads.append(key)
        return super().stream(key, start, end)


@pytest.fixture
def shelf(house: House) -> Library:
    house.store = Counted()
    house.finisher = house.another("no_one/finisher")
    auditor = Auditor(house.catalog, clock=lambda: house.now, random=os.urandom)
    return Library(house.catalog, house.store, lambda: KEYS, auditor, lambda: house.now)


async def ready(house: House) -> Asset:
    await house.recorded(a_tape())
    await house.finisher.finish_all()
    assert isinstance(house.store, Counted)
    house.store.reads.clear()
    return await house.asset()


async def test_only_what_is_ready_is_found(house: House, shelf: Library) -> None:
    asset = await house.recorded(a_tape())
    assert await shelf.find(asset.playback_id) is None
    assert await shelf.find("pb_nobody") is None
    await house.finisher.finish_all()
    house.now += library_module.ABSENT_S + 0.1
    found = await shelf.find(asset.playback_id)
    assert found
    assert found.id == asset.id


async def test_what_was_deleted_is_known_for_a_while_and_no_longer(house: House, shelf: Library) -> None:
    asset = await ready(house)
    assert await shelf.find(asset.playback_id)
    await house.catalog.write(lambda conn: assets.delete(conn, DEFAULT_TENANT, asset.id, None, house.now))
    house.now += library_module.KNOWN_S - 0.1
    assert await shelf.find(asset.playback_id)
    house.now += 0.2
    assert await shelf.find(asset.playback_id) is None


async def test_few_playback_ids_are_remembered(house: House, shelf: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library_module, "MOST_KNOWN", 3)
    for number in range(9):
        assert await shelf.find(f"pb_{number}") is None
    assert list(shelf._known) == ["pb_6", "pb_7", "pb_8"]
    del house


async def test_a_manifest_is_read_once_for_many(house: House, shelf: Library) -> None:
    asset = await ready(house)
    found = await asyncio.gather(*(shelf.manifest(asset, "v0/index.m3u8") for _ in range(50)))
    assert len(set(map(id, found))) == 1
    assert gzip.decompress(found[0].zipped) == found[0].plain
    assert (found[0].kind, b"#EXT-X-ENDLIST" in found[0].plain) == (b"application/vnd.apple.mpegurl", True)
    await shelf.manifest(asset, "v0/index.m3u8")
    assert isinstance(house.store, Counted)
    assert house.store.reads.count(f"{PREFIX}v0/index.m3u8") == 1


async def test_what_there_is_no_room_for_is_read_again(
    house: House, shelf: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    asset = await ready(house)
    monkeypatch.setattr(library_module, "KEPT_BYTES", 100)
    for _ in range(2):
        await shelf.manifest(asset, "v0/index.m3u8")
    assert (shelf._kept, shelf._size) == ({}, 0)
    assert isinstance(house.store, Counted)
    assert house.store.reads.count(f"{PREFIX}v0/index.m3u8") == 2


async def test_a_manifest_that_was_changed_is_not_given_out(
    house: House, shelf: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("origin.stores.manifests.PAUSE_S", 0.0)
    asset = await ready(house)
    await house.store.put(f"{PREFIX}v0/index.m3u8", (b"#EXTM3U\nhttps://evil.example/\n",))
    for _ in range(2):
        with pytest.raises(Problem) as caught:
            await shelf.manifest(asset, "v0/index.m3u8")
        assert (caught.value.code, caught.value.status) == ("manifest_tampered", 502)
    with pytest.raises(Problem) as caught:
        await shelf.manifest(asset, "v7/index.m3u8")
    assert caught.value.code == "not_found"


async def test_a_manifest_that_was_changed_stands_in_the_audit_log_once_a_minute(
    house: House, shelf: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("origin.stores.manifests.PAUSE_S", 0.0)
    asset = await ready(house)
    await house.store.put(f"{PREFIX}v0/index.m3u8", (b"#EXTM3U\nhttps://evil.example/\n",))
    for passed_s in (0.0, 1.0, EVERY_S):
        house.now += passed_s
        with pytest.raises(Problem, match="manifest_tampered"):
            await shelf.manifest(asset, "v0/index.m3u8")
    with pytest.raises(Problem, match="not_found"):
        await shelf.manifest(asset, "v7/index.m3u8")
    told = await house.catalog.read(lambda conn: audit.page(conn, DEFAULT_TENANT, None, 9))
    assert [(each.action, each.subject) for each in told] == [("manifest.refused", asset.id)] * 2
    assert json.loads(told[0].detail) == {"manifest": "v0/index.m3u8", "reason": "wrong_signature"}


async def test_a_reader_that_goes_away_does_not_stop_the_others(house: House, shelf: Library) -> None:
    asset = await ready(house)
    first = asyncio.create_task(shelf.manifest(asset, "index.m3u8"))
    second = asyncio.create_task(shelf.manifest(asset, "index.m3u8"))
    await asyncio.sleep(0)
    first.cancel()
    assert (await second).plain.startswith(b"#EXTM3U")
