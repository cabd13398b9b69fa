"""Directors that share catalog, store, bus and journal, as nodes do: whoever writes, viewers of all see the same."""

from __future__ import annotations

import asyncio
import itertools
import re
from typing import TYPE_CHECKING

import pytest

from origin.catalog import broadcasts
from origin.errors import Problem
from origin.live import channel, cluster, distant, tenure
from packager.hls.reload import ReloadQuery
from packager.names import number_of
from tests.origin.live.house import media_sequence
from tests.origin.live.site import (
    KEY,
    Away,
    kill,
    nodes,
    settled,
    text,
    until_same,
    until_shown,
    uris,
    watched_bytes,
)
from tests.support.frames import VIDEO, pictures, push_all

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from origin.live.channel import Channel
    from origin.live.growing import Growing
    from tests.origin.live.site import Site


async def test_any_node_shows_any_stream_with_its_newest_parts(site: Site) -> None:
    async with nodes(site, "no_a", "no_b") as (writer, other):
        publication = await site.publish(writer)
        channel = await other.find("pb_one")
        assert await text(channel) == await text(writer.channel("pb_one"))
        assert channel is not None
        window = channel.presentation.windows["v0"]
        waiting = asyncio.create_task(channel.playlist("v0", ReloadQuery(window.open_msn, len(window.open_parts))))
        await asyncio.sleep(0)
        push_all(publication, pictures(4.0, start_ms=5_000))
        answer = (await asyncio.wait_for(waiting, 10)).plain.decode()
        assert f'URI="1-{window.open_msn}' in answer or uris(answer)
        part = window.segments[-1].parts[0].file
        here = writer.channel("pb_one")
        assert here is not None
        assert await channel.media(f"v0/{part}") == (b"".join(await here.media(f"v0/{part}") or ()),)
        whole = b"".join(await channel.media(f"v0/{window.segments[-1].file}") or ())
        assert whole == b"".join(await here.media(f"v0/{window.segments[-1].file}") or ())
        assert await channel.media(f"v0/{window.segments[0].init}")
        assert await other.find("pb_other") is None


async def test_what_a_slow_store_has_not_got_yet_is_to_be_had_at_all_nodes(site: Site) -> None:
    async with nodes(site, "no_a", "no_b") as (writer, other):
        publication = await site.publish(writer)
        for start_ms in (5_000, 9_000, 13_000):
            push_all(publication, pictures(4.0, start_ms=start_ms))
            await settled(writer)
        channel = await other.find("pb_one")
        assert channel is not None
        segments = channel.presentation.windows["v0"].segments
        assert len(segments) > 6
        for segment in segments:
            await site.store.delete([f"{channel.prefix}v0/{segment.file}"])
            assert sum(map(len, await channel.media(f"v0/{segment.file}") or ())) == segment.size


async def test_parts_can_be_found_in_the_store_from_all_nodes_for_as_long_as_they_are_listed(site: Site) -> None:
    """The first key frames are 8 s apart, so parts are listed for 24 s; then they are 2 s apart."""
    async with nodes(site, "no_a", "no_b") as (writer, other):
        publication = await site.publish(writer, 0)
        push_all(publication, pictures(8.0, gop=240))
        for start_ms in range(8_000, 40_000, 2_000):
            push_all(publication, pictures(2.0, start_ms=start_ms))
            await settled(writer)
        for on_air in writer._register:
            await on_air.keeper.settled()
        for channel in (writer.channel("pb_one"), await other.find("pb_one")):
            listed = re.findall(r'PART:.*?URI="(.*?)"', await text(channel))
            assert channel is not None
            assert len(listed) > 110
            await store_has(site, channel, listed)


async def store_has(site: Site, channel: Channel, parts: Sequence[str]) -> None:
    """Each part of a closed segment, just as it was told to other nodes."""
    broadcast = channel.prefix.split("/")[1]
    for part in parts:
        place = channel.presentation.place(f"v0/{part}")
        told = await site.journal.body(broadcast, f"v0/{part}")
        if place is not None:
            stored = [chunk async for chunk in site.store.stream(channel.prefix + place.file, place.start, place.end)]
            assert b"".join(stored) == told
        else:
            assert await channel.media(f"v0/{part}")


async def test_a_writer_that_died_is_followed_by_another_in_the_same_playlist(site: Site) -> None:
    async with nodes(site, "no_a", "no_b", "no_c") as (dead, heir, third):
        await site.publish(dead)
        kill(dead)
        watched = await third.find("pb_one")
        before = await text(watched)
        site.now += tenure.SHARED_TTL_S + 1
        await site.publish(heir)
        after = await text(heir.channel("pb_one"))
        assert uris(before) <= uris(after)
        assert "#EXT-X-DISCONTINUITY\n" in after
        assert [uri for uri in uris(after) if uri.startswith("2-")]
        assert await until_same(watched, after)
        assert (await site.broadcast()).epoch == 2
        for uri in uris(after):
            assert await watched_bytes(site, watched, uri)


async def test_whoever_waits_at_another_node_is_answered_by_the_next_writer(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel, "HOLD_TARGETS", 1_000)
    async with nodes(site, "no_a", "no_b", "no_c") as (dead, heir, third):
        await site.publish(dead)
        kill(dead)
        watched = await third.find("pb_one")
        assert watched is not None
        window = watched.presentation.windows["v0"]
        shown, number = window.open_parts, window.open_msn
        assert shown
        growing = watched.growing(f"v0/1-{number}.m4s")
        assert growing is not None
        reload = asyncio.create_task(watched.playlist("v0", ReloadQuery(number + 1)))
        segment = asyncio.create_task(_read(growing))
        site.now += tenure.SHARED_TTL_S + 1
        await site.publish(heir)
        playlist = (await asyncio.wait_for(reload, 10)).plain.decode()
        assert f"2-{number + 1}.m4s" in playlist
        assert len(await asyncio.wait_for(segment, 10)) == sum(part.size for part in shown)


async def _read(growing: Growing) -> bytes:
    found, part = b"", await growing.first()
    while part is not None:
        found += b"".join(part)
        part = await growing.next()
    return found


async def test_the_old_writer_waking_up_can_do_no_harm(site: Site) -> None:
    async with nodes(site, "no_a", "no_b") as (old, heir):
        sleeping = await site.publish(old)
        site.now += tenure.SHARED_TTL_S + 1
        await site.publish(heir)
        before = await text(heir.channel("pb_one"))
        push_all(sleeping, pictures(4.0, start_ms=5_000))
        farewell = await asyncio.wait_for(sleeping.farewell, 10)
        assert farewell.code == "lease_lost"
        assert await text(heir.channel("pb_one")) == before
        assert await until_same(await old.find("pb_one"), before)


async def test_a_journal_that_is_away_does_not_stop_the_stream_and_is_caught_up(site: Site) -> None:
    async with nodes(site, "no_a", "no_b") as (writer, other):
        publication = await site.publish(writer)
        channel = writer.channel("pb_one")
        await text(channel)
        site.journal.away = True
        push_all(publication, pictures(4.0, start_ms=5_000))
        shown = await asyncio.wait_for(until_shown(channel, 3), 10)
        assert not (await site.broadcast()).relayed
        site.journal.away = False
        assert await other.find("pb_one") is None  # the journal has what was shown before, and nobody may go back
        async with asyncio.timeout(20):
            start = itertools.count(9)
            while not (await site.broadcast()).relayed:
                push_all(publication, pictures(1.0, start_ms=1_000 * next(start)))
                await asyncio.sleep(0.1)
        assert uris(shown) <= uris(await text(await other.find("pb_one")))


async def test_a_successor_of_a_writer_without_a_journal_passes_over_its_numbers(site: Site) -> None:
    async with nodes(site, "no_a", "no_b") as (dead, heir):
        publication = await site.publish(dead)
        site.journal.away = True
        push_all(publication, pictures(4.0, start_ms=5_000))
        shown = await asyncio.wait_for(until_shown(dead.channel("pb_one"), 3), 10)
        site.journal.away = False
        site.now += tenure.SHARED_TTL_S + 1
        await site.publish(heir)
        after = await text(heir.channel("pb_one"))
        last = max(int(uri.partition("-")[2].partition(".")[0]) for uri in uris(shown))
        assert int(after.partition("#EXT-X-MEDIA-SEQUENCE:")[2].partition("\n")[0]) > last


async def test_a_writer_that_is_cut_off_from_the_journal_first_and_then_from_the_catalog_leaves_no_successor(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a partition that reaches Redis before PostgreSQL: what it showed in between, nobody else knows."""
    monkeypatch.setattr(tenure, "SHARED_TTL_S", 1.0)
    monkeypatch.setattr(tenure, "SHARED_RENEW_S", 0.05)
    site.catalog = away = Away.open(f"sqlite:///{tmp_path}/catalog.db")
    async with nodes(site, "no_a", "no_b") as (cut_off, heir):
        publication = await site.publish(cut_off)
        first = await site.broadcast()
        site.journal.away = True
        push_all(publication, pictures(4.0, start_ms=5_000))
        shown = await asyncio.wait_for(until_shown(cut_off.channel("pb_one"), 3), 10)
        assert isinstance(away, Away)
        away.away = True
        assert (await asyncio.wait_for(publication.farewell, 10)).code == "lease_lost"
        await cut_off._chores.done()
        site.journal.away = away.away = False
        site.now += tenure.SHARED_TTL_S + 1
        await site.publish(heir)
        after = await text(heir.channel("pb_one"))
        assert (await site.broadcast()).id != first.id
        assert uris(shown).isdisjoint(uris(after)), "the window is gone"
        assert media_sequence(after) > max(map(number_of, uris(shown)))
    await asyncio.to_thread(away.close)


async def test_a_hand_over_shortly_after_the_journal_was_away_loses_nothing(site: Site) -> None:
    async with nodes(site, "no_a", "no_b") as (first, second):
        publication = await site.publish(first)
        site.journal.away = True
        push_all(publication, pictures(4.0, start_ms=5_000))
        shown = await asyncio.wait_for(until_shown(first.channel("pb_one"), 3), 10)
        broadcast = await site.broadcast()
        site.journal.away = False
        await site.publish(second)
        assert (await site.broadcast()).id == broadcast.id
        after = await text(second.channel("pb_one"))
        assert uris(shown) <= uris(after)
        assert "#EXT-X-DISCONTINUITY\n" in after


async def test_viewers_at_other_nodes_find_the_broadcast_that_follows_one_whose_journal_was_left(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(distant, "STILL_S", 0.05)
    monkeypatch.setattr(distant, "RECHECK_S", 0.0)
    async with nodes(site, "no_a", "no_b", "no_c") as (dead, heir, third):
        publication = await site.publish(dead)
        before = await third.find("pb_one")
        site.journal.away = True
        push_all(publication, pictures(4.0, start_ms=5_000))
        await asyncio.wait_for(until_shown(dead.channel("pb_one"), 3), 10)
        kill(dead)
        site.journal.away = False
        site.now += tenure.SHARED_TTL_S + 1
        await site.publish(heir)
        async with asyncio.timeout(10):
            while (now := await third.find("pb_one")) is before:  # noqa: ASYNC110 - as a viewer
                await asyncio.sleep(0.01)
        assert await until_same(now, await text(heir.channel("pb_one")))


async def test_a_broadcast_that_nobody_takes_up_is_ended(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "MIND_S", 0.02)
    async with nodes(site, "no_a", "no_b", "no_c") as (dead, _, third):
        await site.publish(dead)
        kill(dead)
        watched = await third.find("pb_one")
        assert watched is not None
        site.now += tenure.SHARED_TTL_S + site.stream.reconnect_window_s + 1
        async with asyncio.timeout(10):
            while not watched.ended:  # noqa: ASYNC110 - as a viewer
                await asyncio.sleep(0.01)
            assert (await text(watched)).endswith("#EXT-X-ENDLIST\n")
            while await site.catalog.read(broadcasts.open_ones):  # noqa: ASYNC110 - noted after it is shown
                await asyncio.sleep(0.01)


async def test_a_journal_that_was_lost_is_followed_again_when_its_writer_has_begun_anew(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(distant, "RECHECK_S", 0.0)
    async with nodes(site, "no_a", "no_b") as (writer, other):
        publication = await site.publish(writer)
        watched = await other.find("pb_one")
        assert watched is not None
        row = await site.broadcast()
        await site.journal.forget(row.id, row.epoch)
        async with asyncio.timeout(10):
            while not watched.ended:  # noqa: ASYNC110 - as a viewer
                await asyncio.sleep(0.01)
        push_all(publication, pictures(4.0, start_ms=5_000))
        await settled(writer)
        assert await until_same(await other.find("pb_one"), await text(writer.channel("pb_one")))


async def test_a_writer_that_cannot_renew_its_lease_stops_before_another_may_begin(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tenure, "SHARED_TTL_S", 1.0)
    monkeypatch.setattr(tenure, "SHARED_RENEW_S", 0.05)
    site.catalog = away = Away.open(f"sqlite:///{tmp_path}/catalog.db")
    async with nodes(site, "no_a") as (writer,):
        publication = await site.publish(writer)
        before = await text(writer.channel("pb_one"))
        assert isinstance(away, Away)
        away.away = True
        farewell = await asyncio.wait_for(publication.farewell, 10)
        assert farewell.code == "lease_lost"
        assert writer.channel("pb_one") is None
        assert uris(await text(await writer.find("pb_one"))) == uris(before), "its viewers go on with what there is"
        with pytest.raises(Problem, match="away"):
            await writer.find("pb_other")
        away.away = False
    await asyncio.to_thread(away.close)


async def test_a_backup_is_not_put_on_the_air_with_what_was_lost(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tenure, "SHARED_TTL_S", 1.0)
    monkeypatch.setattr(tenure, "SHARED_RENEW_S", 0.05)
    monkeypatch.setattr(cluster, "MIND_S", 0.02)
    site.catalog = away = Away.open(f"sqlite:///{tmp_path}/catalog.db")
    async with nodes(site, "no_a") as (node,):
        publication = await site.publish(node)
        backup = await node.open(f"{KEY}-backup", "rtmp", "127.0.0.1")
        backup.set_track(VIDEO)
        assert isinstance(away, Away)
        away.away = True
        await asyncio.wait_for(publication.farewell, 10)
        assert node.channel("pb_one") is None
        site.now += tenure.SHARED_TTL_S + 1
        away.away = False
        async with asyncio.timeout(10):
            while (channel := node.channel("pb_one")) is None:  # noqa: ASYNC110 - as a viewer
                await asyncio.sleep(0.01)
        push_all(backup, pictures(5.0))
        await settled(node)
        assert [uri for uri in uris(await text(channel)) if uri.startswith("2-")]
    await asyncio.to_thread(away.close)


async def test_a_node_that_lost_its_lease_and_goes_on_later_uses_no_name_twice(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The open segment was closed when the lease was lost, and nobody was told: its name stays unused."""
    monkeypatch.setattr(tenure, "SHARED_TTL_S", 1.0)
    monkeypatch.setattr(tenure, "SHARED_RENEW_S", 0.05)
    site.catalog = away = Away.open(f"sqlite:///{tmp_path}/catalog.db")
    async with nodes(site, "no_a") as (node,):
        publication = await site.publish(node, seconds=4.1)
        before = await text(node.channel("pb_one"))
        assert isinstance(away, Away)
        away.away = True
        await asyncio.wait_for(publication.farewell, 10)
        await node._chores.done()
        away.away = False
        publication = await site.publish(node)
        for start_ms in range(5_000, 35_000, 5_000):  # until what nobody lists is deleted
            push_all(publication, pictures(5.0, start_ms=start_ms))
            await settled(node)
        (on_air,) = node._register
        await on_air.keeper.settled()
        after = await text(on_air.channel)
        assert uris(before) < uris(after)
        assert {uri for uri in uris(after) - uris(before) if uri.startswith("1-")} == set()
        for uri in uris(after):
            assert await watched_bytes(site, on_air.channel, uri)
    await asyncio.to_thread(away.close)
