from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING

import pytest

from origin.catalog import slates
from origin.catalog.ids import DEFAULT_TENANT
from origin.catalog.slates import Slate
from origin.errors import Problem
from origin.live import bulletins, channel, cluster, crossing, on_air, tenure, vigil
from origin.live.status import LiveStatus
from tests.origin.live.site import KEY, Away, kill, nodes, settled, text, until_same, uris
from tests.support.frames import VIDEO, pictures, push_all

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from origin.live.director import Director
    from origin.live.publication import Publication
    from origin.live.standby import Standby
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


async def test_viewers_go_on_at_the_old_node_though_its_store_hangs(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel, "FAREWELL_S", 0.0)
    answers = asyncio.Event()
    put = site.store.put

    async def hanging(key: str, chunks: Sequence[bytes]) -> None:
        await answers.wait()
        await put(key, chunks)

    async with nodes(site, "no_a", "no_b") as (first, second):
        monkeypatch.setattr(site.store, "put", hanging)
        await site.publish(first)
        before = await first.find("pb_one")
        assert before
        await site.publish(second)
        assert b'type="dynamic"' in (await before.manifest()).plain, "it goes on: the end of the channel is not the end"
        now = await first.find("pb_one")
        assert now is not before
        assert await until_same(now, await text(second.channel("pb_one")))
        answers.set()
        await first.drain()
    stored = await site.store.list(f"{DEFAULT_TENANT}/", "", 100)
    assert any("/v0/1-" in found.key for found in stored), "what waited for the store is stored when it answers"


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


async def test_what_has_ended_here_is_not_said_to_go_on_because_the_catalog_has_not_heard_of_it(
    site: Site, tmp_path: Path
) -> None:
    site.catalog = away = Away.open(f"sqlite:///{tmp_path}/catalog.db")
    async with nodes(site, "no_a") as (writer,):
        await site.publish(writer)
        assert isinstance(away, Away)
        away.full = True
        with pytest.raises(Problem):
            await writer.disconnect("st_a", "enough")
        assert (await writer.find_statuses(["st_a"]))["st_a"].state == "ended"
        away.full = False
    await asyncio.to_thread(away.close)


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


async def sending(backup: Publication | Standby, until: Callable[[], bool], start_ms: int = 3_000) -> None:
    """A backup that sends, in its own time, until something has come of it."""
    async with asyncio.timeout(20):
        for number in itertools.count():
            push_all(backup, pictures(0.1, start_ms=start_ms + 100 * number, gop=3))
            if until():
                return
            await asyncio.sleep(0.05)


async def test_viewers_of_other_nodes_see_the_slate_too(site: Site) -> None:
    await site.catalog.write(lambda conn: slates.put(conn, Slate("st_a"), None, site.now))
    async with nodes(site, "no_a", "no_b") as (writer, other):
        publication = await site.publish(writer)
        publication.close("gone")
        async with asyncio.timeout(20):
            while "1-init-1.mp4" not in await text(await other.find("pb_one")):  # noqa: ASYNC110 - as a viewer
                await asyncio.sleep(0.05)
        await site.publish(other)
        assert writer.channel("pb_one") is None
        assert "2-init-0.mp4" in await text(other.channel("pb_one"))


async def test_a_silent_primary_makes_room_for_a_backup_at_another_node(site: Site) -> None:
    async with nodes(site, "no_a", "no_b") as (first, second):
        primary = await site.publish(first)
        backup = await second.open(f"{KEY}-backup", "rtmp", "127.0.0.1")
        backup.set_track(VIDEO)
        await sending(backup, lambda: second.channel("pb_one") is not None)
        assert primary.farewell.done()
        assert first.channel("pb_one") is None
        assert second.status("st_a").state == "live"


async def test_a_backup_that_is_asked_for_too_late_does_not_disturb_a_primary_that_is_back(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crossing, "HAND_OVER_S", 0.5)
    monkeypatch.setattr(vigil, "SILENT_S", 3_600.0)
    async with nodes(site, "no_a", "no_b") as (first, second):
        primary = await site.publish(first)
        backup = await second.open(f"{KEY}-backup", "rtmp", "127.0.0.1")
        backup.set_track(VIDEO)
        push_all(backup, pictures(1.0))
        with pytest.raises(Problem, match="conflict"):
            await second.fill("st_a")
        assert not primary.farewell.done()
        assert not backup.farewell.done()


async def test_a_primary_that_is_back_at_its_node_lets_the_backup_wait_again(site: Site) -> None:
    async with nodes(site, "no_a", "no_b") as (first, second):
        primary = await site.publish(first)
        backup = await second.open(f"{KEY}-backup", "rtmp", "127.0.0.1")
        backup.set_track(VIDEO)
        push_all(backup, pictures(1.0))
        primary.close("connection lost")
        await sending(backup, lambda: second.channel("pb_one") is not None)
        await site.publish(first)
        assert first.status("st_a").state == "live"
        assert second.channel("pb_one") is None
        assert not backup.farewell.done()


async def test_a_backup_that_comes_while_the_primary_is_waited_for_is_needed_at_once(site: Site) -> None:
    async with nodes(site, "no_a", "no_b") as (first, second):
        primary = await site.publish(first)
        primary.close("connection lost")
        backup = await first.open(f"{KEY}-backup", "rtmp", "127.0.0.1")
        assert first.status("st_a").state == "live"
        backup.close("connection lost")
        other = await second.open(f"{KEY}-backup", "rtmp", "127.0.0.1")
        other.set_track(VIDEO)
        await sending(other, lambda: second.status("st_a").state == "live")
