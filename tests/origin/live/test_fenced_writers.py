"""A writer that slept past its lease while its encoder went on, and wakes up: what it makes then is nobody's."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from structlog.testing import capture_logs

from origin.live import tenure
from origin.stores.memory import MemoryStore
from packager.names import number_of
from tests.origin.live.site import Flaky, nodes, text, uris, watched_bytes
from tests.support.frames import pictures, push_all

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Sequence

    from origin.bus.journals.protocol import Past
    from tests.origin.live.site import Site


class Held(MemoryStore):
    """A store that is slow with one segment. As one behind a thread, it goes on with what its caller does not await."""

    def __init__(self, which: str) -> None:
        super().__init__()
        self._which = which
        self.under_way: list[asyncio.Task[None]] = []
        self.asked, self.let_go = asyncio.Event(), asyncio.Event()

    async def put(self, key: str, body: Sequence[bytes]) -> None:
        self.under_way.append(asyncio.create_task(self._put(key, body)))
        await asyncio.shield(self.under_way[-1])

    async def _put(self, key: str, body: Sequence[bytes]) -> None:
        if key.endswith(self._which):
            self.asked.set()
            await self.let_go.wait()
        await super().put(key, body)

    async def keys(self) -> list[str]:
        return [stored.key for stored in await self.list("", None, 999)]


def numbers(names: Collection[str], epoch: int) -> list[int]:
    return sorted(number_of(name) for name in names if f"/{epoch}-" in name and name.endswith(".m4s"))


async def test_it_stores_nothing_shows_nothing_and_removes_nothing(site: Site) -> None:
    """Its encoder has sent more than the window holds: much of what viewers elsewhere have would be due to go."""
    site.store = store = Held("never")
    await site.record(dvr_window_s=6.0)
    async with nodes(site, "no_a", "no_b") as (old, heir):
        sleeping = await site.publish(old)
        (theirs,) = old._register
        await theirs.keeper.settled()
        site.now += tenure.SHARED_TTL_S + 1
        await site.publish(heir)
        before = await text(heir.channel("pb_one"))
        with capture_logs() as lines:
            push_all(sleeping, pictures(60.0, start_ms=5_000))
            assert (await asyncio.wait_for(sleeping.farewell, 10)).code == "lease_lost"
            await old._chores.done()
        assert [line["event"] for line in lines].count("lease_lost") == 1
        assert numbers(await store.keys(), 1) == [0, 1]
        assert [name for name in theirs.channel.spool._bodies if number_of(name) > 2] == []
        for uri in uris(before):
            assert await watched_bytes(site, heir.channel("pb_one"), uri)


class Waking(Flaky):
    """A journal that lets a test happen between a successor's reading and its first word."""

    between: Callable[[], Awaitable[None]] | None = None

    async def past(self, broadcast: str, after: int | None = None) -> Past | None:
        found = await super().past(broadcast, after)
        between, self.between = self.between, None
        if between:
            await between()
        return found


async def test_it_wakes_up_while_its_successor_reads_the_journal(site: Site) -> None:
    """What it shows after that would be taken back: other segments would get the same numbers."""
    site.journal = journal = Waking()
    async with nodes(site, "no_a", "no_b") as (old, heir):
        sleeping = await site.publish(old)
        before = await text(old.channel("pb_one"))
        site.now += tenure.SHARED_TTL_S + 1

        async def wake() -> None:
            push_all(sleeping, pictures(4.0, start_ms=5_000))
            assert (await asyncio.wait_for(sleeping.farewell, 10)).code == "lease_lost"

        journal.between = wake
        await site.publish(heir)
        shown = {number_of(uri): uri for uri in uris(before)}
        after = await text(heir.channel("pb_one"))
        assert {number: uri for number, uri in shown.items() if uri not in uris(after)} == {}
        await old._chores.done()
        (ours,) = heir._register
        await ours.keeper.settled()
        stored = {stored.key.rpartition("/")[2] for stored in await site.store.list("", None, 999)}
        assert {name for name in stored if name.startswith("1-") and name.endswith(".m4s")} <= uris(after)


async def test_what_it_was_putting_at_that_moment_is_what_the_journal_has(site: Site) -> None:
    """A call cannot be taken back: it may only ever be one with a name that has its one content already."""
    site.store = store = Held("v0/1-1.m4s")
    async with nodes(site, "no_a", "no_b") as (old, heir):
        sleeping = await site.publish(old)
        (theirs,) = old._register
        await asyncio.wait_for(store.asked.wait(), 10)
        whole = b"".join(await theirs.channel.media("v0/1-1.m4s") or ())
        site.now += tenure.SHARED_TTL_S + 1
        await site.publish(heir)
        push_all(sleeping, pictures(4.0, start_ms=5_000))
        await asyncio.wait_for(sleeping.farewell, 10)
        await old._chores.done()
        store.let_go.set()
        await asyncio.gather(*store.under_way)
        (ours,) = heir._register
        await ours.keeper.settled()
        assert await watched_bytes(site, heir.channel("pb_one"), "1-1.m4s") == whole
        assert await store.get(f"{ours.channel.prefix}v0/1-1.m4s") == whole
        assert numbers(await store.keys(), 1) == [0, 1]
