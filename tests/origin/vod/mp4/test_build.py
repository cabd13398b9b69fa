from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from origin.errors import Problem
from origin.stores.disk import DiskStore
from origin.vod.mp4 import build as room
from origin.vod.mp4.build import build
from tests.origin.vod.mp4.shelf import PREFIX, Shelved, film, shelve
from tests.packager.feed import AAC, AAC_44, mixed, sound
from tests.packager.mp4.recording import Recording, record

if TYPE_CHECKING:
    from pathlib import Path

    from origin.stores.protocol import ObjectStore
    from origin.stores.workers import Workers

FILM = film()


async def test_the_plan_is_that_of_the_segments(
    store: ObjectStore, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "BATCH", 3)
    plan = await build(await shelve(store, FILM), store, workers)
    assert (plan.tag, plan.size) == (FILM.plan().tag, FILM.plan().size)


async def test_of_several_renditions_the_first_of_a_kind_is_taken(store: ObjectStore, workers: Workers) -> None:
    others = {name.replace("v0/", "v10/").replace("a0/", "a2/"): body for name, body in FILM.objects.items()}
    renamed = [tuple(each.replace("v0", "v10").replace("a0", "a2") for each in row) for row in FILM.segments]
    ladder = Recording({**FILM.objects, **others}, [*renamed, *FILM.segments])  # type: ignore[list-item]  # pairs
    plan = await build(await shelve(store, ladder), store, workers)
    assert {name[:3] for name in plan.names} == {"v0/", "a0/"}


async def refused(source: Shelved, store: ObjectStore, workers: Workers) -> Problem:
    with pytest.raises(Problem) as caught:
        await build(source, store, workers)
    detail = caught.value.detail
    assert not any(part in detail for part in ("tn_a", "bc_b", "m4s", "-init-")), "no object of ours is named"
    return caught.value


async def test_a_segment_that_is_gone(store: ObjectStore, workers: Workers) -> None:
    source = await shelve(store, FILM)
    await store.delete([PREFIX + FILM.segments[3][0]])
    assert (await refused(source, store, workers)).code == "recording_damaged"


@pytest.mark.parametrize("place", [0, 1, -1])
async def test_a_segment_that_is_cut_off(store: ObjectStore, workers: Workers, place: int) -> None:
    source = await shelve(store, FILM)
    name = FILM.segments[place][0]
    await store.put(PREFIX + name, (FILM.objects[name][:60],))
    problem = await refused(source, store, workers)
    assert (problem.code, problem.status) == ("recording_damaged", 502)


@pytest.mark.parametrize("change", [slice(-1), slice(1, None)], ids=["shorter", "damaged"])
async def test_a_segment_that_is_not_as_long_as_was_written_down(
    tmp_path: Path, workers: Workers, change: slice
) -> None:
    """A disk tells at no price; a bucket's object is looked at when it is sent."""
    store = DiskStore(tmp_path)
    source = await shelve(store, FILM)
    name = FILM.segments[-1][0]
    await store.put(PREFIX + name, (FILM.objects[name][change],))
    assert "size" in (await refused(source, store, workers)).detail
    await store.close()


async def test_what_was_changed_within_its_samples_is_not_noticed(store: ObjectStore, workers: Workers) -> None:
    """Sizes and the heads of parts are looked at; every byte by `headwater verify` alone."""
    source = await shelve(store, FILM)
    name = FILM.segments[3][0]
    whole = FILM.objects[name]
    await store.put(PREFIX + name, (whole[:-1] + bytes([whole[-1] ^ 1]),))
    assert (await build(source, store, workers)).tag == FILM.plan().tag


async def test_a_segment_of_somebody_elses(store: ObjectStore, workers: Workers) -> None:
    source = await shelve(store, FILM)
    name = FILM.segments[2][0]
    await store.put(PREFIX + name, (b"\0\0\0\x18ftypiso6".ljust(len(FILM.objects[name]), b"\0"),))
    assert "box" in (await refused(source, store, workers)).detail


async def test_an_init_segment_that_is_not_one(store: ObjectStore, workers: Workers) -> None:
    source = await shelve(store, FILM)
    for body in (b"", bytes(2 << 20)):
        await store.put(PREFIX + FILM.segments[0][1], (body,))
        assert (await refused(source, store, workers)).code == "recording_damaged"


async def test_sound_that_changed_is_played_by_the_playlist_only(store: ObjectStore, workers: Workers) -> None:
    runs = [([each], mixed((each, sound(4, track=each, start=at)))) for at, each in ((0, AAC), (8, AAC_44))]
    problem = await refused(await shelve(store, record(*runs)), store, workers)
    assert (problem.code, problem.status) == ("download_unfit", 409)
    assert "index.m3u8" in problem.detail


async def test_nothing_goes_on_when_it_is_given_up(store: ObjectStore, workers: Workers) -> None:
    """A build is cancelled when its asset is deleted: no read of it is left over."""
    building = asyncio.ensure_future(build(await shelve(store, FILM), store, workers))
    await asyncio.sleep(0)
    building.cancel()
    with pytest.raises(asyncio.CancelledError):
        await building
    assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []
