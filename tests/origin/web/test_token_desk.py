from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any

import jwt
import pytest

from origin.catalog import bootstrap, signing_keys
from origin.errors import Problem
from origin.web import token_desk
from origin.web.token_desk import Grant, TokenDesk
from tests.origin.web.house import mint, verify

if TYPE_CHECKING:
    from tests.origin.web.house import House


async def test_a_new_key_is_known_before_it_signs_and_old_tokens_stay_good(house: House) -> None:
    given = house.services
    old = given.keyring.mint(Grant("play", "pb_x", "tn_a"))
    house.clock.now += 1000
    row = bootstrap.new_signing_key(given.secret, house.clock.now, os.urandom)
    await given.catalog.write(lambda conn: signing_keys.add(conn, row))
    await given.keyring.refresh()
    assert row.kid in given.keyring.public_keys
    assert jwt.get_unverified_header(given.keyring.mint(Grant("play", "pb_x", "tn_a")).token)["kid"] != row.kid
    house.clock.now += token_desk.ACTIVATION_S
    await given.keyring.refresh()
    fresh = given.keyring.mint(Grant("play", "pb_x", "tn_a"))
    assert jwt.get_unverified_header(fresh.token)["kid"] == row.kid
    assert verify(house, old.token).jti == old.jti
    assert verify(house, fresh.token).jti == fresh.jti


async def test_verified_tokens_are_remembered_within_bounds(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token_desk, "MAX_REMEMBERED", 3)
    desk = house.services.keyring
    minted = [desk.mint(Grant("play", "pb_x", "tn_a")) for _ in range(5)]
    for one in minted:
        verify(house, one.token)
    assert list(desk._verified) == [one.token for one in minted[2:]]
    for bad in ("x" * 5000, minted[0].token[:-4] + "AAAA"):
        with pytest.raises(Problem, match="token_invalid"):
            verify(house, bad)
    assert len(desk._verified) == 3


async def test_a_secret_that_is_not_this_catalog_s_is_noticed(house: House) -> None:
    given = house.services
    with pytest.raises(Problem, match="catalog_failed"):
        await TokenDesk.open(given.catalog, given.bus, b"x" * 32, clock=house.clock, random=os.urandom)


async def test_a_revoked_token_opens_nothing_here_and_elsewhere(house: House) -> None:
    made = await house.stream()
    token = await mint(house, scope="play", playback_id=made["playback_id"])
    given = house.services
    other = await TokenDesk.open(given.catalog, given.bus, given.secret, clock=house.clock, random=os.urandom)
    where: dict[str, Any] = {"scope": "play", "path": f"/play/{made['playback_id']}/index.m3u8", "ip": None}
    listening = asyncio.create_task(other.run())
    assert other.verify(token["token"], **where) == given.keyring.verify(token["token"], **where)
    assert (await house.call("DELETE", f"/v1/tokens/{token['jti']}")).status_code == 204
    with pytest.raises(Problem, match="token_revoked"):
        given.keyring.verify(token["token"], **where)
    async with asyncio.timeout(5):
        while token["jti"] not in other._revoked:  # noqa: ASYNC110 - another process says no more
            await asyncio.sleep(0)
    with pytest.raises(Problem, match="token_revoked"):
        other.verify(token["token"], **where)
    listening.cancel()
    assert (await house.call("DELETE", f"/v1/tokens/{token['jti']}")).status_code == 204


async def test_revocations_are_bounded(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token_desk, "MAX_REVOKED", 2)
    codes = [
        (await house.call("DELETE", f"/v1/tokens/tn_default.0011223344556677889{i}")).status_code for i in range(3)
    ]
    assert codes == [204, 204, 429]
