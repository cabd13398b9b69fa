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
from packager import signing
from packager.signing import Place
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


async def test_a_retired_key_verifies_manifests_and_no_tokens(house: House) -> None:
    given = house.services
    old = given.keyring.mint(Grant("play", "pb_x", "tn_a"))
    retired = given.keyring.signer()
    house.clock.now += 1000
    row = bootstrap.new_signing_key(given.secret, house.clock.now, os.urandom)
    await given.catalog.write(lambda conn: signing_keys.retire(conn, house.clock.now))
    await given.catalog.write(lambda conn: signing_keys.add(conn, row))
    await given.keyring.refresh()
    assert set(given.keyring.public_keys) == {row.kid}
    assert set(given.keyring.manifest_keys) == {row.kid, retired.kid}
    assert given.keyring.signer().kid == row.kid
    with pytest.raises(Problem, match="token_invalid"):
        verify(house, old.token)
    signature = signing.sign(b"x", Place("bc_a", "index.m3u8"), retired)
    signing.verify(b"x", signature, Place("bc_a", "index.m3u8"), given.keyring.manifest_keys)


async def test_tokens_go_by_the_clock_that_nodes_share(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    given = house.services
    right = given.keyring.mint(Grant("play", "pb_x", "tn_a"))
    shared = house.clock.now
    house.clock.now -= 3600  # this node's own clock is an hour late
    with pytest.raises(Problem, match="not valid yet"):
        verify(house, right.token)
    assert given.keyring._unknown.is_set(), "a reason to look at the clock"
    monkeypatch.setattr(token_desk, "moment", lambda _conn, _now: shared)
    await given.keyring.refresh()
    assert verify(house, right.token).jti == right.jti
    late = given.keyring.mint(Grant("play", "pb_x", "tn_a"))
    assert jwt.decode(late.token, options={"verify_signature": False})["iat"] == int(shared)


async def test_a_token_of_a_key_not_heard_of_is_a_reason_to_look(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token_desk, "LEAST_REFRESH_S", 0.01)
    given = house.services
    other = await TokenDesk.open(given.catalog, given.bus, given.secret, clock=house.clock, random=os.urandom)
    looking = asyncio.create_task(other.run())
    row = bootstrap.new_signing_key(given.secret, house.clock.now - 1000, os.urandom)
    await given.catalog.write(lambda conn: signing_keys.retire(conn, house.clock.now))
    await given.catalog.write(lambda conn: signing_keys.add(conn, row))
    await given.keyring.refresh()
    token = given.keyring.mint(Grant("play", "pb_x", "tn_a")).token
    where: dict[str, Any] = {"scope": "play", "path": "/play/pb_x/index.m3u8", "ip": None}
    with pytest.raises(Problem, match="token_invalid"):
        other.verify(token, **where)
    async with asyncio.timeout(10):
        while row.kid not in other.public_keys:  # noqa: ASYNC110 - another process says no more
            await asyncio.sleep(0.01)
    assert other.verify(token, **where).sub == "pb_x"
    looking.cancel()


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
