"""Directors that share catalog, store, bus and journal, as nodes do: whoever writes, viewers of all see the same."""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING

from origin.catalog import broadcasts
from origin.live import cluster, distant, tenure
from packager.hls.reload import ReloadQuery
from tests.origin.live.site import Away, kill, nodes, settled, text, until_same, until_shown, uris
from tests.support.frames import pictures, push_all

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from origin.live.channel import Channel
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


async def watched_bytes(site: Site, channel: Channel | None, uri: str) -> bytes:
    assert channel is not None
    body = await channel.media(f"v0/{uri}")
    return b"".join(body) if body else await site.store.get(f"{channel.prefix}v0/{uri}")


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
        assert isinstance(away, Away)
        away.away = True
        farewell = await asyncio.wait_for(publication.farewell, 10)
        assert farewell.code == "lease_lost"
        assert writer.channel("pb_one") is None
        away.away = False
    await asyncio.to_thread(away.close)
