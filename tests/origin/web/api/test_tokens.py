from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import jwt
import pytest

from cdn.token import MAX_TOKEN_CHARS
from origin.catalog import signing_keys
from origin.catalog.bootstrap import new_signing_key
from origin.errors import Problem
from packager.signing import read_keys
from tests.origin.web.house import mint, problem, verify

if TYPE_CHECKING:
    from tests.origin.web.house import House


async def test_a_play_token_opens_its_stream_for_six_hours(house: House) -> None:
    made = await house.stream()
    token = await mint(house, scope="play", playback_id=made["playback_id"])
    where = f"/play/{made['playback_id']}/v0/index.m3u8"
    claims = verify(house, token["token"], path=where)
    assert (claims.sub, claims.tn, claims.jti) == (made["playback_id"], "tn_default", token["jti"])
    assert token["expires_at"] == claims.exp == house.clock.now + 6 * 3600
    base = f"https://media.example.org/play/{token['token']}/{made['playback_id']}"
    assert token["urls"] == {"hls": f"{base}/index.m3u8", "dash": f"{base}/manifest.mpd"}
    assert len(token["token"]) < MAX_TOKEN_CHARS / 2
    house.clock.now += 6 * 3600 + 30
    with pytest.raises(Problem, match="token_expired"):
        verify(house, token["token"], path=where)


async def test_a_publish_token_stands_for_a_stream_key(house: House) -> None:
    made = await house.stream()
    token = await mint(house, scope="publish", stream_id=made["id"], ttl_s=60)
    assert "urls" not in token
    assert verify(house, token["token"], scope="publish", path=None).sub == made["id"]
    with pytest.raises(Problem, match="token_invalid"):
        verify(house, token["token"], path=f"/live/{made['id']}/x")


async def test_a_token_may_be_tied_to_an_address(house: House) -> None:
    made = await house.stream()
    token = await mint(house, scope="play", playback_id=made["playback_id"], ip="2001:DB8::1")
    where = f"/play/{made['playback_id']}/index.m3u8"
    assert verify(house, token["token"], path=where, ip="2001:db8::1").ip == "2001:db8::1"
    with pytest.raises(Problem, match="token_invalid"):
        verify(house, token["token"], path=where, ip="192.0.2.1")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "scope"),
        ({"scope": "other", "object_id": "ob_x"}, "scope"),
        ({"scope": "download", "playback_id": "pb_x"}, "object_id"),
        ({"scope": "play"}, "playback_id"),
        ({"scope": "play", "stream_id": "st_x"}, "playback_id"),
        ({"scope": "play", "playback_id": "pb_x", "stream_id": "st_x"}, "stream_id"),
        ({"scope": "publish", "playback_id": "pb_x"}, "stream_id"),
        ({"scope": "play", "playback_id": "pb_x", "ttl_s": 0}, "ttl_s"),
        ({"scope": "play", "playback_id": "pb_x", "ttl_s": 604_801}, "ttl_s"),
        ({"scope": "play", "playback_id": "pb_x", "ip": "localhost"}, "ip"),
        ({"scope": "play", "playback_id": "pb_x", "path": "/"}, "path"),
    ],
)
async def test_bad_wishes_are_refused_by_the_field_s_name(house: House, body: dict[str, Any], field: str) -> None:
    status, code, detail = await problem(await house.call("POST", "/v1/tokens", body))
    assert (status, code) == (400, "invalid_body")
    assert repr(field) in detail


@pytest.mark.parametrize(
    "jti", ["x", "tn_default", "tn_other.00112233445566778899", "tn_default.x", "%00", "tn_default."]
)
async def test_only_one_s_own_tokens_can_be_revoked(house: House, jti: str) -> None:
    assert (await problem(await house.call("DELETE", f"/v1/tokens/{jti}")))[:2] == (404, "not_found")


async def test_revoking_a_public_link_replaces_it(house: House) -> None:
    made = await house.stream(playback="public")
    token = made["urls"]["hls"].split("/")[4]
    jti = jwt.decode(token, options={"verify_signature": False})["jti"]
    assert (await house.call("DELETE", f"/v1/tokens/{jti}")).status_code == 204
    shown = await (await house.call("GET", f"/v1/streams/{made['id']}")).get_json()
    fresh = shown["urls"]["hls"].split("/")[4]
    where = f"/play/{made['playback_id']}/index.m3u8"
    house.clock.now += 10**8
    await house.services.keyring.refresh()
    assert verify(house, fresh, path=where).exp is None
    with pytest.raises(Problem, match="token_revoked"):
        verify(house, token, path=where)


async def test_published_keys_verify_tokens(house: House) -> None:
    made = await house.stream()
    token = await mint(house, scope="play", playback_id=made["playback_id"])
    answer = await house.call("GET", "/.well-known/jwks.json", Authorization="")
    keys = jwt.PyJWKSet.from_dict(await answer.get_json())
    key = keys[jwt.get_unverified_header(token["token"])["kid"]]
    options: Any = {"verify_exp": False, "verify_iat": False, "verify_nbf": False}
    assert jwt.decode(token["token"], key.key, ["EdDSA"], options=options)["iss"] == "headwater"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


async def test_published_manifest_keys_hold_the_retired_ones_too(house: House) -> None:
    given = house.services
    retired = given.keyring.signer().kid
    row = new_signing_key(given.secret, house.clock.now, os.urandom)
    await given.catalog.write(lambda conn: signing_keys.retire(conn, house.clock.now))
    await given.catalog.write(lambda conn: signing_keys.add(conn, row))
    await given.keyring.refresh()
    tokens, manifests = [
        read_keys(
            await (await house.call("GET", f"/.well-known/{name}.json", Authorization="")).get_data(as_text=False)
        )
        for name in ("jwks", "manifest-keys")
    ]
    assert set(tokens) == {row.kid}
    assert set(manifests) == {row.kid, retired}
