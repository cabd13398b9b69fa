"""Nodes that share a stream whose players are told of whole segments only: its parts are for the others alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from origin.bus.journals import protocol
from origin.live import relay, tenure
from tests.origin.live.site import kill, nodes, settled, text, until_same, uris, watched_bytes
from tests.support.frames import pictures, push_all

if TYPE_CHECKING:
    from tests.origin.live.site import Site


async def test_a_successor_keeps_what_came_of_the_open_segment(site: Site) -> None:
    await site.show_no_parts()
    async with nodes(site, "no_a", "no_b", "no_c") as (dead, heir, third):
        await site.publish(dead, seconds=7.5)
        kill(dead)
        watched = await third.find("pb_one")
        before = await text(watched)
        assert uris(before) == {"1-0.m4s"}
        assert watched is not None
        parts = watched.presentation.windows["v0"].open_parts
        assert sum(part.duration for part in parts) == pytest.approx(3.0)
        broadcast = (await site.broadcast()).id
        told = [await site.journal.body(broadcast, f"v0/{part.file}") for part in parts]
        site.now += tenure.SHARED_TTL_S + 1
        await site.publish(heir)
        after = await text(heir.channel("pb_one"))
        assert await until_same(watched, after)
        assert {"1-0.m4s", "2-1.m4s"} < uris(after)
        assert "#EXTINF:3.00000,\n2-1.m4s" in after
        assert await watched_bytes(site, watched, "2-1.m4s") == b"".join(body or b"" for body in told)
        for channel in (watched, heir.channel("pb_one")):
            assert channel is not None
            assert [await channel.media(f"v0/{part.file}") for part in parts] == [None] * len(parts)
        assert not any(tag in before + after for tag in ("PART", "PRELOAD-HINT", "EXT-X-GAP"))


async def test_a_part_too_large_for_the_journal_does_not_stop_the_stream(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (relay, protocol):
        monkeypatch.setattr(module, "MAX_BODY_BYTES", 2_000)
    await site.show_no_parts()
    async with nodes(site, "no_a", "no_b") as (writer, other):
        publication = await site.publish(writer)
        push_all(publication, pictures(4.0, start_ms=5_000))
        await settled(writer)
        (on_air,) = writer._register
        await on_air.keeper.settled()
        watched = await other.find("pb_one")
        assert watched is not None
        assert await until_same(watched, await text(on_air.channel))
        segment = watched.presentation.windows["v0"].segments[-1]
        assert await site.journal.body((await site.broadcast()).id, f"v0/{segment.parts[0].file}") is None
        assert len(await watched_bytes(site, watched, segment.file)) == segment.size > 2_000
