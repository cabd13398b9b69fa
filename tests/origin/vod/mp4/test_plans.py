from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from origin.errors import Problem
from origin.vod.mp4 import plans as room
from origin.vod.mp4.plans import Plans
from tests.origin.vod.mp4.shelf import PREFIX, Shelved, film, shelve

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from origin.stores.protocol import ObjectStore
    from origin.vod.mp4.source import StoredSegment
    from tests.packager.mp4.recording import Recording

FILM = film(3)


@pytest_asyncio.fixture
async def plans(store: ObjectStore, tmp_path: Path) -> AsyncIterator[Plans]:
    plans = Plans(tmp_path / "plans", store)
    yield plans
    await plans.close()


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


class Held(Shelved):
    """A recording that is not listed before it may be."""

    def __init__(self, recording: Recording) -> None:
        super().__init__(recording)
        self.may = asyncio.Event()

    async def segments(self) -> AsyncIterator[StoredSegment]:
        await self.may.wait()
        async for segment in super().segments():
            yield segment


async def test_who_comes_together_shares_one_build(plans: Plans, store: ObjectStore) -> None:
    source = await shelve(store, FILM)
    found = await asyncio.gather(*(plans.plan("as_a", source) for _ in range(5)))
    assert len(set(map(id, found))) == 1
    assert source.asked == 1
    assert found[0].tag == FILM.plan().tag
    assert await plans.plan("as_a", source) is found[0]
    assert source.asked == 1


async def test_a_plan_is_found_again_after_a_restart(plans: Plans, store: ObjectStore, tmp_path: Path) -> None:
    source = await shelve(store, FILM)
    tag = (await plans.plan("as_a", source)).tag
    other = Plans(tmp_path / "plans", store)
    assert (await other.plan("as_a", source)).tag == tag
    assert source.asked == 1
    await other.close()


async def test_a_plan_that_is_damaged_is_made_anew(store: ObjectStore, tmp_path: Path) -> None:
    folder = tmp_path / "plans"
    folder.mkdir()
    (folder / "as_a.plan").write_bytes(b"half a pl")
    (folder / "as_b.draft").write_bytes(b"left by a crash")
    plans = Plans(folder, store)
    assert (await plans.plan("as_a", await shelve(store, FILM))).tag == FILM.plan().tag
    assert names_in(folder) == ["as_a.plan"]
    await plans.close()


async def test_who_has_waited_is_told_to_come_again_and_then_finds_it(store: ObjectStore, tmp_path: Path) -> None:
    plans, source = Plans(tmp_path / "plans", store, wait_s=0.01), Held(FILM)
    await shelve(store, FILM)
    with pytest.raises(Problem) as caught:
        await plans.plan("as_a", source)
    assert (caught.value.code, caught.value.status) == ("download_preparing", 503)
    assert dict(caught.value.headers)["retry-after"].isdigit()
    source.may.set()
    plans._wait_s = 60
    assert (await plans.plan("as_a", source)).tag == FILM.plan().tag
    assert source.asked == 1, "it is the build that was begun"
    await plans.close()


async def test_builds_that_wait_are_bounded(
    store: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "WAITING", 3)
    plans, source = Plans(tmp_path / "plans", store), Held(FILM)
    await shelve(store, FILM)
    waiting = [asyncio.ensure_future(plans.plan(f"as_{number}", source)) for number in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(Problem, match="Too many"):
        await plans.plan("as_x", source)
    source.may.set()
    assert {each.tag for each in await asyncio.gather(*waiting)} == {FILM.plan().tag}
    await plans.close()


async def test_why_there_is_no_file_is_remembered_for_a_while(
    plans: Plans, store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = await shelve(store, FILM)
    await store.delete([PREFIX + FILM.segments[0][0]])
    for _ in range(3):
        with pytest.raises(Problem, match="gone"):
            await plans.plan("as_a", source)
    assert source.asked == 1
    await shelve(store, FILM)
    monkeypatch.setattr(room, "FORGIVE_S", 0.0)
    assert (await plans.plan("as_a", source)).tag == FILM.plan().tag


async def test_what_is_remembered_is_bounded(plans: Plans, store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "FAILURES", 2)
    monkeypatch.setattr(room, "OPEN", 2)
    missing, source = Shelved(FILM, "tn_a/bc_none/"), await shelve(store, FILM)
    for number in range(4):
        with pytest.raises(Problem):
            await plans.plan(f"as_{number}", missing)
        await plans.plan(f"as_good{number}", source)
    assert (len(plans._failures), len(plans._open)) == (2, 2)


async def test_a_recording_that_is_gone_takes_its_plan_along(plans: Plans, store: ObjectStore, tmp_path: Path) -> None:
    source = await shelve(store, FILM)
    await plans.plan("as_a", source)
    await plans.forget("as_a")
    assert names_in(tmp_path / "plans") == []
    await plans.plan("as_a", source)
    assert source.asked == 2
    await plans.forget("as_never")


async def test_a_build_ends_with_its_recording(plans: Plans, store: ObjectStore) -> None:
    source = Held(FILM)
    await shelve(store, FILM)
    waiting = asyncio.ensure_future(plans.plan("as_a", source))
    await asyncio.sleep(0)
    await plans.forget("as_a")
    with pytest.raises(Problem) as caught:
        await waiting
    assert caught.value.status == 404


async def test_the_plans_that_were_not_opened_for_longest_go(
    plans: Plans, store: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "KEPT_FILES", 2)
    source, folder = await shelve(store, FILM), tmp_path / "plans"
    for number, name in enumerate(("as_old", "as_older", "as_new")):
        await plans.plan(name, source)
        if name != "as_new":
            os.utime(folder / f"{name}.plan", (1000 - number, 1000 - number))
    assert names_in(folder) == ["as_new.plan", "as_old.plan"]
    monkeypatch.setattr(room, "KEPT_BYTES", 1)
    await plans.plan("as_newest", source)
    assert names_in(folder) == ["as_newest.plan"]


async def test_a_disk_that_is_full_is_no_mystery(plans: Plans, store: ObjectStore, tmp_path: Path) -> None:
    (tmp_path / "plans").write_text("a file where the folder should be")
    with pytest.raises(Problem) as caught:
        await plans.plan("as_a", await shelve(store, FILM))
    assert caught.value.status == 503
