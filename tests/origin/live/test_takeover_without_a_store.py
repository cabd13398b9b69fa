"""Another node takes over while the store is away or hangs: what the journal has is at hand, and nothing is lost."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest

from origin.bus.journals.protocol import BODY_TTL_S
from origin.catalog import recordings
from origin.live import ending, keeper, opening, tenure
from origin.stores.memory import MemoryStore
from origin.stores.protocol import StoreError
from tests.origin.live.site import Flaky, kill, nodes, settled, text, uris
from tests.support.frames import pictures, push_all

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from origin.stores.protocol import StoredObject
    from packager.recorded import Recorded
    from tests.origin.live.site import Site


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "RETRY_S", 0.02)
    monkeypatch.setattr(opening, "PROMPT_S", 0.1)
    monkeypatch.setattr(keeper, "PAUSES_S", (0.02,))
    monkeypatch.setattr(keeper, "PROMPT_S", 0.02)
    monkeypatch.setattr(ending, "DRAIN_S", 0.1)


class Sulky(MemoryStore):
    """A real store that answers nothing while it is not `up`."""

    up = True

    async def put(self, key: str, body: Sequence[bytes]) -> None:
        self._look()
        await super().put(key, body)

    async def list(self, prefix: str, after: str | None, limit: int) -> Sequence[StoredObject]:
        self._look()
        return await super().list(prefix, after, limit)

    def _look(self) -> None:
        if not self.up:
            raise StoreError("The store is away.")


async def test_a_takeover_while_the_store_is_away_loses_nothing_that_the_journal_has(site: Site) -> None:
    site.store = store = Sulky()
    async with nodes(site, "no_a", "no_b") as (dead, heir):
        publication = await site.publish(dead)
        (theirs,) = dead._register
        await theirs.keeper.settled()
        store.up = False
        push_all(publication, pictures(4.0, start_ms=5_000))
        await settled(dead)
        before = await text(dead.channel("pb_one"))
        kill(dead)
        theirs.keeper._ahead._store = gone = Sulky()
        gone.up = False
        site.now += tenure.SHARED_TTL_S + 1
        await site.publish(heir)
        after = await text(heir.channel("pb_one"))
        assert uris(before) <= uris(after)
        store.up = True
        async with asyncio.timeout(10):
            while {f"{theirs.channel.prefix}v0/{uri}" for uri in uris(after)} - await stored(site):  # noqa: ASYNC110 - seen from outside
                await asyncio.sleep(0.01)
        assert "EXT-X-GAP" not in await text(heir.channel("pb_one"))


class Hanging(Sulky):
    """One that, while it is not `up`, does not even refuse, until `back`."""

    def __init__(self) -> None:
        super().__init__()
        self.back = asyncio.Event()

    async def put(self, key: str, body: Sequence[bytes]) -> None:
        await self._hang()
        await super().put(key, body)

    async def list(self, prefix: str, after: str | None, limit: int) -> Sequence[StoredObject]:
        await self._hang()
        return await super().list(prefix, after, limit)

    async def stream(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        await self._hang()
        self._look()
        async for chunk in super().stream(key, start, end):
            yield chunk

    async def _hang(self) -> None:
        if not self.up:
            await self.back.wait()


@pytest.mark.parametrize("recorded", [False, True])
@pytest.mark.parametrize("killed", [False, True])
async def test_a_takeover_while_the_store_hangs_for_longer_than_the_journal_remembers(
    site: Site, *, killed: bool, recorded: bool
) -> None:
    """What calls that hang bring in the end is an error; the store is back a while after that."""
    later = 0.0
    site.journal = Flaky(clock=lambda: time.time() + later)
    site.store = store = Hanging()
    if recorded:
        await site.record()
    async with nodes(site, "no_a", "no_b") as (old, heir):
        publication = await site.publish(old)
        (theirs,) = old._register
        await theirs.keeper.settled()
        store.up = False
        push_all(publication, pictures(4.0, start_ms=5_000))
        await settled(old)
        before = await text(old.channel("pb_one"))
        if killed:
            kill(old)
            theirs.keeper._task.cancel()
            site.now += tenure.SHARED_TTL_S + 1
        await site.publish(heir)
        channel = heir.channel("pb_one")
        assert channel is not None
        after = await text(channel)
        assert uris(before) < uris(after)
        later = 2 * BODY_TTL_S + 1
        for uri in uris(after):
            assert await channel.media(f"v0/{uri}"), uri
        await asyncio.sleep(0.1)
        assert "EXT-X-GAP" not in await text(channel)
        store.back.set()  # with an error, as S3 calls do
        await asyncio.sleep(0.1)
        assert "EXT-X-GAP" not in await text(channel)
        store.up = True
        async with asyncio.timeout(10):
            while {f"{theirs.channel.prefix}v0/{uri}" for uri in uris(after)} - await stored(site):  # noqa: ASYNC110 - seen from outside
                await asyncio.sleep(0.01)
        (ours,) = heir._register
        await ours.keeper._adopted.wait()
        assert "EXT-X-GAP" not in await text(channel)
        assert not any(channel.spool.get(f"v0/{uri}") for uri in uris(before)), "they left memory"


async def test_a_recording_has_what_left_the_playlist_while_the_store_hung(site: Site) -> None:
    site.store = store = Hanging()
    await site.record(dvr_window_s=6.0)
    async with nodes(site, "no_a", "no_b") as (dead, heir):
        publication = await site.publish(dead, seconds=3)
        (theirs,) = dead._register
        await theirs.keeper.settled()
        store.up = False
        push_all(publication, pictures(4.0, start_ms=3_000))
        await settled(dead)
        before = uris(await text(dead.channel("pb_one")))
        kill(dead)
        theirs.keeper._task.cancel()
        site.now += tenure.SHARED_TTL_S + 1
        publication = await site.publish(heir)
        for start_ms in range(5_000, 50_000, 5_000):
            push_all(publication, pictures(5.0, start_ms=start_ms))
            await settled(heir)
        assert before.isdisjoint(uris(await text(heir.channel("pb_one"))))
        store.up = True
        store.back.set()
        async with asyncio.timeout(10):
            while {f"{theirs.channel.prefix}v0/{uri}" for uri in before} - await stored(site):  # noqa: ASYNC110 - seen from outside
                await asyncio.sleep(0.01)
        broadcast_id = (await site.broadcast()).id
        await heir.disconnect("st_a", "enough")
        async with asyncio.timeout(10):
            while len(rows := await rows_of(site, broadcast_id)) < 25:  # noqa: ASYNC110 - written down behind
                await asyncio.sleep(0.01)
        assert before <= {row.file for row in rows}
        assert not any(row.gap for row in rows)


async def rows_of(site: Site, broadcast_id: str) -> list[Recorded]:
    return await site.catalog.read(lambda conn: recordings.segments(conn, broadcast_id, ("", -1), 9_999))


async def stored(site: Site) -> set[str]:
    return {one.key for one in await site.store.list("", None, 1_000)}
