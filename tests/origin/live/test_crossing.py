from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from origin.errors import Problem
from origin.live import cluster, crossing, tenure
from tests.origin.live.site import KEY, kill, nodes, settled, text, until_same, uris
from tests.support.frames import VIDEO, pictures, push_all

if TYPE_CHECKING:
    from tests.origin.live.site import Site


async def test_a_publisher_at_another_node_takes_the_stream_over(site: Site) -> None:
    async with nodes(site, "no_a", "no_b") as (first, second):
        publication = await site.publish(first)
        before = await text(first.channel("pb_one"))
        await site.publish(second)
        assert publication.farewell.result().code == "taken_over"
        after = await text(second.channel("pb_one"))
        assert uris(before) <= uris(after)
        assert first.channel("pb_one") is None
        assert await until_same(await first.find("pb_one"), after)


async def test_any_node_can_disconnect_a_stream(site: Site) -> None:
    async with nodes(site, "no_a", "no_b") as (writer, other):
        publication = await site.publish(writer)
        await other.disconnect("st_a", "enough")
        farewell = await asyncio.wait_for(publication.farewell, 10)
        assert farewell.code == "disconnected"


async def test_a_stream_that_a_silent_node_holds_is_refused(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crossing, "HAND_OVER_S", 0.2)
    async with nodes(site, "no_a", "no_b") as (silent, other):
        await site.publish(silent)
        kill(silent)
        with pytest.raises(Problem) as caught:
            await site.publish(other)
        assert caught.value.code == "conflict"


async def test_a_backup_at_another_node_goes_on_the_air(site: Site) -> None:
    async with nodes(site, "no_a", "no_b") as (first, second):
        primary = await site.publish(first)
        before = await text(first.channel("pb_one"))
        backup = await second.open(f"{KEY}-backup", "rtmp", "127.0.0.1")
        backup.set_track(VIDEO)
        push_all(backup, pictures(3.0))
        assert second.channel("pb_one") is None
        primary.close("connection lost")
        async with asyncio.timeout(10):
            while second.channel("pb_one") is None:  # noqa: ASYNC110 - as a viewer
                await asyncio.sleep(0.01)
        push_all(backup, pictures(4.0, start_ms=3_000))
        await settled(second)
        assert uris(before) <= uris(await text(second.channel("pb_one")))


async def test_a_backup_goes_on_when_the_primarys_node_is_dead(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "MIND_S", 0.02)
    async with nodes(site, "no_a", "no_b") as (dead, second):
        await site.publish(dead)
        backup = await second.open(f"{KEY}-backup", "rtmp", "127.0.0.1")
        backup.set_track(VIDEO)
        push_all(backup, pictures(3.0))
        kill(dead)
        site.now += tenure.SHARED_TTL_S + 1
        async with asyncio.timeout(10):
            while second.channel("pb_one") is None:  # noqa: ASYNC110 - as a viewer
                await asyncio.sleep(0.01)
