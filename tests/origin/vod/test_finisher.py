from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from origin.bus.memory import MemoryBus
from origin.catalog import assets, making, schema
from origin.catalog.ids import DEFAULT_TENANT
from origin.stores.manifests import load_manifest
from origin.stores.memory import MemoryStore
from origin.stores.protocol import StoreError
from origin.vod import finisher as finisher_module
from origin.vod.runner import TOPIC_ENDED
from packager import inventory
from tests.origin.vod.house import NOW, House, a_tape
from tests.support.keys import KEYS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

PREFIX = f"{DEFAULT_TENANT}/bc_one/"


class Away(MemoryStore):
    """A store that takes no manifest while it is away."""

    away = False

    async def put(self, key: str, body: Sequence[bytes]) -> None:
        if self.away and not key.endswith((".m4s", ".mp4")):
            raise StoreError("The store is away.")
        await super().put(key, body)


async def test_it_looks_at_once_when_a_job_has_ended(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finisher_module, "LOOK_S", 3600.0)
    bus = MemoryBus()
    work = [asyncio.create_task(house.finisher.run()), asyncio.create_task(house.finisher.listen(bus))]
    await asyncio.sleep(0)
    await house.recorded(a_tape())
    while (await house.asset()).state != "ready":
        await bus.publish(TOPIC_ENDED, {})
        await asyncio.sleep(0.01)
    for task in work:
        task.cancel()
    await asyncio.gather(*work, return_exceptions=True)


async def test_a_recording_becomes_ready_with_all_that_it_needs(house: House) -> None:
    tape = a_tape()
    asset = await house.recorded(tape)
    await house.finisher.finish_all()
    ready = await house.asset()
    assert (ready.state, ready.progress, ready.error) == ("ready", 1.0, None)
    assert ready.duration_s == pytest.approx(6.5, abs=0.1)
    for name in "index.m3u8", "v0/index.m3u8", "a0/index.m3u8", "manifest.mpd":
        assert await load_manifest(house.store, asset.prefix + name, KEYS)
    package = inventory.read(await load_manifest(house.store, asset.prefix + "package.json", KEYS))
    assert (package.id, package.complete, package.created) == ("bc_one", True, int(NOW))
    listed = {file.name: (file.size, file.sha256) for file in package.files}
    assert set(listed) | {"package.json", "package.json.jws"} == set(await house.keys(PREFIX))
    for name, told in listed.items():
        body = await house.store.get(PREFIX + name)
        assert told == (len(body), hashlib.sha256(body).hexdigest())


async def test_what_dead_writers_have_left_goes(house: House) -> None:
    await house.recorded(a_tape())
    await house.store.put(f"{PREFIX}v0/1-104.m4s", (b"never listed",))
    await house.store.put(f"{PREFIX}v1/index.m3u8", (b"of a rendition that nothing is left of",))
    await house.store.put(f"{DEFAULT_TENANT}/bc_other/v0/1-104.m4s", (b"another's",))
    await house.finisher.finish_all()
    keys = await house.keys(PREFIX)
    assert "v0/1-104.m4s" not in keys
    assert "v1/index.m3u8" not in keys
    assert await house.store.size(f"{DEFAULT_TENANT}/bc_other/v0/1-104.m4s")


async def test_twice_is_the_same_as_once(house: House) -> None:
    await house.recorded(a_tape())
    await house.finisher.finish_all()
    first = {key: await house.store.get(key) for key in await house.keys()}
    await house.catalog.write(lambda conn: conn.execute(update(schema.assets).values(state="processing")).rowcount)
    house.now += 60
    await house.another("no_two/finisher").finish_all()
    assert (await house.asset()).state == "ready"
    assert {key: await house.store.get(key) for key in await house.keys()} == first


async def test_a_store_that_is_away_is_tried_again_for_as_long_as_it_takes(tmp_path: Path) -> None:
    store = Away()
    house = House(tmp_path, store)
    await house.recorded(a_tape())
    store.away = True
    for pause in (*finisher_module.PAUSES_S, finisher_module.PAUSES_S[-1], 86_400.0):
        await house.finisher.finish_all()
        assert (await house.asset()).state == "processing"
        house.now += pause + 0.1
    store.away = False
    await house.finisher.finish_all()
    assert (await house.asset()).state == "ready"
    house.catalog.close()


async def test_it_waits_between_tries_and_does_another_meanwhile(tmp_path: Path) -> None:
    store = Away()
    house = House(tmp_path, store)
    await house.recorded(a_tape())
    store.away = True
    await house.finisher.finish_all()
    store.away = False
    await house.recorded(a_tape(), "two")
    await house.finisher.finish_all()
    assert (await house.asset("bc_one")).state == "processing"
    assert (await house.asset("bc_two")).state == "ready"
    house.catalog.close()


async def test_nothing_to_play_is_a_failure_with_its_reason(house: House) -> None:
    tape = a_tape()
    for rendition, msn in list(tape.rows):
        tape.lose(rendition, msn)
    await house.recorded(tape)
    await house.finisher.finish_all()
    failed = await house.asset()
    assert failed.state == "failed"
    assert failed.error
    assert "nothing to play" in failed.error


@pytest.mark.parametrize("module", [finisher_module, inventory], ids=["playlist", "package"])
async def test_what_could_not_be_read_back_is_a_failure(
    house: House, monkeypatch: pytest.MonkeyPatch, module: object
) -> None:
    if module is inventory:
        monkeypatch.setattr(inventory, "MAX_FILES", 3)
    else:
        monkeypatch.setattr(finisher_module, "MAX_MANIFEST_BYTES", 100)
    await house.recorded(a_tape())
    await house.finisher.finish_all()
    assert (await house.asset()).state == "failed"


async def test_one_that_somebody_works_on_is_left(house: House) -> None:
    await house.recorded(a_tape())
    taken = await house.catalog.write(lambda conn: making.take(conn, "no_two/finisher", house.now, whole=True))
    assert taken
    await house.finisher.finish_all()
    assert (await house.asset()).state == "processing"
    house.now += 60
    await house.finisher.finish_all()
    assert (await house.asset()).state == "ready"


async def test_one_that_is_deleted_meanwhile_is_left(house: House) -> None:
    asset = await house.recorded(a_tape())
    await house.catalog.write(lambda conn: assets.delete(conn, DEFAULT_TENANT, asset.id, None, house.now))
    await house.finisher._attempt(asset)
    assert "index.m3u8" not in await house.keys(PREFIX)
