from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from origin.errors import Problem
from origin.live import bulletins, cluster, crossing, on_air, tenure
from origin.live.status import LiveStatus
from tests.origin.live.site import KEY, kill, nodes, settled, text, until_same, uris
from tests.support.frames import VIDEO, pictures, push_all

if TYPE_CHECKING:
    from origin.live.director import Director
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
        assert publication.farewell.result().code == "disconnected"
        assert (await other.find_statuses(["st_a"]))["st_a"].state == "ended"


async def told(node: Director, state: str) -> LiveStatus:
    """The stream's status at a node, once it has this state."""
    async with asyncio.timeout(10):
        while (status := (await node.find_statuses(["st_a"]))["st_a"]).state != state:  # noqa: ASYNC110 - as a client
            await asyncio.sleep(0.01)
    return status


async def test_any_node_tells_what_the_writer_knows(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulletins, "LOOK_S", 0.01)
    async with nodes(site, "no_a", "no_b") as (writer, other):
        assert await other.find_statuses(["st_a", "st_b"]) == {"st_a": LiveStatus(), "st_b": LiveStatus()}
        publication = await site.publish(writer)
        publication.remark("long_gop", "Key frames are too far apart.")
        here = writer.status("st_a")
        async with asyncio.timeout(10):
            while (await other.find_statuses(["st_a"]))["st_a"] != here:  # noqa: ASYNC110 - as a client
                await asyncio.sleep(0.01)
        assert (here.state, here.tracks, here.broadcast_id) == ("live", ("avc1.64001F",), (await site.broadcast()).id)
        publication.close("gone")
        await told(other, "reconnecting")
        await writer.disconnect("st_a", "enough")
        await told(other, "ended")
        site.now += on_air.LINGER_S
        await told(other, "idle")


async def test_a_dead_writers_bulletin_does_not_stay_live(site: Site) -> None:
    async with nodes(site, "no_a", "no_b") as (dead, other):
        await site.publish(dead)
        await told(other, "live")
        kill(dead)
        site.now += tenure.SHARED_TTL_S + 1
        assert (await told(other, "reconnecting")).broadcast_id == (await site.broadcast()).id


async def test_a_node_that_wrote_the_last_broadcast_knows_of_the_next_one_elsewhere(site: Site) -> None:
    async with nodes(site, "no_a", "no_b") as (first, second):
        await site.publish(first)
        await first.disconnect("st_a", "enough")
        assert (await first.find_statuses(["st_a"]))["st_a"].state == "ended"
        await site.publish(second)
        assert (await told(first, "live")).broadcast_id == second.status("st_a").broadcast_id


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
