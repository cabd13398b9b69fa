from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING, Any

import pytest

from origin.catalog import assets, jobs, recordings
from origin.catalog.ids import DEFAULT_TENANT
from origin.errors import Problem
from origin.stores.manifests import load_manifest
from origin.stores.memory import MemoryStore
from origin.stores.protocol import StoreError
from origin.vod.finisher import Finisher
from origin.vod.packaging import child, performer
from origin.vod.performers import BrokenOffError, GoneError, RefusedError
from packager import inventory
from tests.origin.vod.house import a_tape
from tests.origin.vod.packaging.works import DONE, NOW, Works, film
from tests.support.keys import KEYS, SIGNER

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

LEFT_OUT = {"index": 2, "kind": "subtitles", "codec": "tx3g", "language": "deu", "why": "Subtitles are not packaged."}


class Leaving(MemoryStore):
    """A store that goes away after some puts."""

    left = 3

    async def put(self, key: str, body: Sequence[bytes]) -> None:
        if "/as_" in key:
            self.left -= 1
        if self.left < 0:
            raise StoreError("The store is away.")
        await super().put(key, body)


async def rows(works: Works) -> list[str]:
    found = await works.catalog.read(lambda conn: recordings.segments(conn, "as_film", ("", -1), 9_999))
    inits = await works.catalog.read(lambda conn: recordings.inits(conn, "as_film"))
    return [row.stored.name for row in found] + [init.name for init in inits]


async def test_an_object_becomes_an_asset_that_can_be_played(works: Works) -> None:
    await works.order([*film(a_tape()), {"tell": {"left_out": [LEFT_OUT]}}, DONE])
    job = await works.claim()
    await works.perform(job)
    assert works.progress[-1] == 1.0
    assert await works.catalog.write(lambda conn: jobs.finish(conn, job, NOW))
    await Finisher(works.catalog, works.store, signer=lambda: SIGNER, clock=lambda: NOW, worker="no_a").finish_all()
    asset = await works.asset()
    assert (asset.state, asset.error) == ("ready", None)
    assert asset.duration_s == pytest.approx(6.5, abs=0.1)
    assert asset.left_out
    assert "Subtitles are not packaged." in asset.left_out
    package = inventory.read(await load_manifest(works.store, asset.prefix + "package.json", KEYS))
    assert package.id == asset.id
    listed = {file.name: (file.size, file.sha256) for file in package.files}
    assert set(listed) | {"package.json", "package.json.jws"} == set(await works.keys())
    for name, told in listed.items():
        body = await works.store.get(asset.prefix + name)
        assert told == (len(body), hashlib.sha256(body).hexdigest())


FAULTS: dict[str, tuple[list[dict[str, Any]], type[Exception], str]] = {
    "a sentence": ([{"tell": {"error": "It is no film."}}, {"exit": 1}], RefusedError, "It is no film."),
    "a crash": ([{"exit": -9}], BrokenOffError, "signal 9"),
    "a wrong status": ([{"exit": 3}], BrokenOffError, "status 3"),
    "an early end": ([{"exit": 0}], BrokenOffError, "status 0"),
    "a wrong status after all": ([{"tell": {"done": {}}}, {"exit": 3}], BrokenOffError, "status 3"),
    "nonsense": ([{"raw": "certainly!"}], BrokenOffError, "strange"),
    "too much": ([{"raw": "x" * 200_000}], BrokenOffError, "too much"),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_failure_leaves_nothing_behind(works: Works, fault: str, tmp_path: Path) -> None:
    steps, kind, words = FAULTS[fault]
    await works.order([*film(a_tape()), *steps])
    with pytest.raises(kind, match=words):
        await works.perform(await works.claim())
    assert await works.keys() == []
    assert await rows(works) == []
    assert [path for path in (tmp_path / "scratch").rglob("*") if path.is_file() and path.name != "lock"] == []


async def test_what_comes_after_a_failure_begins_anew(works: Works) -> None:
    await works.order([*film(a_tape()), {"exit": -9, "first": True}, DONE])
    job = await works.claim()
    with pytest.raises(BrokenOffError):
        await works.perform(job)
    assert await works.catalog.write(lambda conn: jobs.retry(conn, job, "It broke off.", NOW, most=1))
    await works.perform(await works.claim(NOW + 99))
    assert {name.partition("/")[2].partition("-")[0] for name in await works.keys()} == {"2"}
    assert sorted(await rows(works)) == await works.keys()


async def test_what_a_killed_worker_has_left_goes(works: Works) -> None:
    await works.order([*film(a_tape()), DONE])
    await works.perform(await works.claim())
    before = await works.keys()
    await works.perform(await works.claim(NOW + jobs.LEASE_S))
    assert sorted(await rows(works)) == await works.keys()
    assert not set(before) & set(await works.keys())


async def test_one_that_was_taken_for_dead_does_no_harm(works: Works) -> None:
    await works.order([*film(a_tape()), DONE])
    old = await works.claim()
    await works.perform(await works.claim(NOW + jobs.LEASE_S))
    ours = await works.keys()
    with pytest.raises(GoneError):
        await works.perform(old)
    assert await works.keys() == ours
    assert sorted(await rows(works)) == ours


async def test_one_whose_asset_is_deleted_stops_and_leaves_nothing(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(performer, "ROWS", 1)
    await works.order([*film(a_tape()), {"hang": True}])
    job = await works.claim()
    await works.catalog.write(lambda conn: assets.delete(conn, DEFAULT_TENANT, "as_film", None, NOW))
    with pytest.raises(GoneError):
        await works.perform(job)
    assert await works.keys() == []
    assert await rows(works) == []


async def test_a_cancelled_one_ends_its_program_at_once(works: Works) -> None:
    await works.order([{"hang": True}])
    job = await works.claim()
    task = asyncio.create_task(works.perform(job))
    async with asyncio.timeout(30):
        while not works.progress:  # noqa: ASYNC110 - seen from outside
            await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_store_that_goes_away_is_a_failure_that_may_pass(tmp_path: Path) -> None:
    works = await asyncio.to_thread(Works, tmp_path, Leaving())
    await works.order([*film(a_tape()), DONE])
    with pytest.raises(Problem, match="store_failed"):
        await works.perform(await works.claim())
    assert await works.keys() == []
    assert await rows(works) == []
    await asyncio.to_thread(works.close)


async def test_an_object_that_is_gone_is_said_to_be(works: Works) -> None:
    await works.order([DONE])
    await works.store.delete([f"{DEFAULT_TENANT}/objects/ve_film"])
    with pytest.raises(RefusedError, match="deleted"):
        await works.perform(await works.claim())


async def test_one_that_says_nothing_is_stuck(works: Works, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "SILENCE_S", 0.0)
    await works.order([{"hang": True}])
    with pytest.raises(BrokenOffError, match="said nothing"):
        await works.perform(await works.claim())


async def test_no_link_leads_out_of_its_folder(works: Works, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"123456789")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "1-init-0.mp4").write_bytes(b"123456789")
    init = {"tell": {"init": {**film(a_tape())[-1], **_init_of("v0/1-init-0.mp4")}}}
    await works.order([{"file": "v0/1-x", "body": ""}, {"link": ["v0/1-init-0.mp4", str(secret)]}, init, DONE], "a")
    await works.order([{"link": ["1-v0", str(tmp_path / "elsewhere")]}, init, DONE], "b")
    for name in "a", "b":
        with pytest.raises(BrokenOffError, match="not there"):
            await works.perform(await works.claim())
        assert await works.keys(name) == []
    assert secret.exists()


def _init_of(name: str) -> dict[str, Any]:
    (told,) = [step["tell"]["init"] for step in film(a_tape()) if "init" in step.get("tell", ())][:1]
    return {**told, "name": name, "size": 9}
