from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from origin.catalog import broadcasts
from origin.catalog.ids import DEFAULT_TENANT
from origin.errors import Problem
from origin.stores.manifests import load_manifest
from packager import inventory
from tests.origin.live.house import media_sequence, uris
from tests.support.keys import KEYS

if TYPE_CHECKING:
    from tests.origin.live.house import House


async def test_an_unknown_key_opens_nothing(house: House) -> None:
    with pytest.raises(Problem) as caught:
        await house.director.open("sk_wrong", "rtmp", "127.0.0.1")
    assert caught.value.code == "unauthorized"
    assert house.state == "idle"
    assert await house.catalog.read(broadcasts.open_ones) == []


async def test_a_stream_goes_live_and_says_what_it_carries(house: House) -> None:
    await house.publish()
    status = house.director.status(house.stream.id)
    assert (status.state, status.tracks) == ("live", ("avc1.64001F",))
    (row,) = await house.catalog.read(broadcasts.open_ones)
    assert (row.id, row.epoch, row.first_msn) == (status.broadcast_id, 1, 0)
    assert house.director.channel("pb_one") is not None
    assert house.director.channel("pb_other") is None


async def test_draining_goes_through_though_the_catalog_fails(house: House) -> None:
    publication = await house.publish()
    house.catalog.full = True
    await house.director.drain()
    house.catalog.full = False
    assert publication.farewell.result().code == "draining"
    assert [stored for stored in await house.store.list("", None, 9) if stored.key.endswith(".m4s")]


async def test_whoever_is_at_the_door_when_a_drain_begins_stays_outside(house: House) -> None:
    coming = asyncio.create_task(house.publish())
    await asyncio.sleep(0)
    await house.director.drain()
    with pytest.raises(Problem, match="draining"):
        await coming
    assert house.state in {"idle", "ended"}


async def test_a_restart_goes_on_with_the_same_playlist(house: House) -> None:
    await house.publish(seconds=5)
    before = await house.text()
    await house.director.drain()
    again = house.another("no_six")
    await again.revive()
    assert again.status(house.stream.id).state == "reconnecting"
    house.director = again
    text = await house.text()
    assert uris(before) <= uris(text)
    assert media_sequence(text) == media_sequence(before)
    assert "ENDLIST" not in text
    publication = await house.publish(seconds=5)
    text = await house.text()
    assert uris(before) <= uris(text)
    assert "#EXT-X-DISCONTINUITY\n" in text
    assert [uri for uri in uris(text) if uri.startswith("2-")]
    assert publication.end_s > 9


async def test_what_nobody_saw_is_not_gone_on_with(house: House) -> None:
    await house.publish(seconds=1)
    await house.director.drain()
    again = house.another("no_seven")
    await again.revive()
    assert again.status(house.stream.id).state == "idle"
    assert await house.catalog.read(broadcasts.open_ones) == []
    await again.drain()


async def test_draining_tells_publishers_stores_everything_and_refuses_new_ones(house: House) -> None:
    publication = await house.publish(seconds=4.5)
    await house.director.drain()
    assert publication.farewell.result().code == "draining"
    names = [stored.key.split("/", 2)[2] for stored in await house.store.list("", None, 100)]
    assert [name for name in names if name.endswith((".m4s", ".mp4"))] == [
        *("v0/1-0.m4s", "v0/1-1.m4s", "v0/1-2.m4s", "v0/1-init-0.mp4")
    ]
    prefix = f"{DEFAULT_TENANT}/{house.director.status(house.stream.id).broadcast_id}/"
    playlist = await load_manifest(house.store, f"{prefix}v0/index.m3u8", KEYS)
    assert playlist.count(b".m4s") == 3
    assert b"ENDLIST" not in playlist, "the next start goes on with it"
    package = inventory.read(await load_manifest(house.store, f"{prefix}package.json", KEYS))
    assert not package.complete
    assert {file.name for file in package.files} == {*names} - {"package.json", "package.json.jws"}
    with pytest.raises(Problem) as caught:
        await house.publish()
    assert caught.value.code == "draining"
