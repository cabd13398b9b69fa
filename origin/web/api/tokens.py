"""`/v1/tokens`: delivery tokens are signed, not stored; what is stored is their revocation."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from quart import Blueprint
from quart_schema import tag, validate_response

from cdn import token as cdn_tokens
from origin.catalog import assets, objects, streams
from origin.errors import Problem
from origin.web.access import principal, require_principal
from origin.web.api import models
from origin.web.api.bodies import takes
from origin.web.api.once import once_outside
from origin.web.services import services
from origin.web.token_desk import Grant, new_public_jti, owns, subject_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from origin.web.services import Services

blueprint = Blueprint("tokens", __name__, url_prefix="/v1/tokens")
blueprint.before_request(require_principal)
open_blueprint = Blueprint("jwks", __name__)

_SUBJECTS: Final = {"play": "playback_id", "download": "object_id", "publish": "stream_id"}
"""The field that names what a token of a scope is for."""


@blueprint.post("")
@tag(["tokens"])
@takes(models.TokenCreate)
@validate_response(models.Token, 201)
async def create_token(body: models.TokenCreate) -> tuple[models.Token, int]:
    """Mint a token for one stream or asset (`play`), one object (`download`), or a stream's publisher (`publish`)."""
    return await once_outside(models.Token, 201, partial(_mint, body)), 201


@blueprint.delete("/<jti>")
@tag(["tokens"])
async def revoke_token(jti: str) -> tuple[str, int]:
    """Revoke a token. That of a public stream or asset is replaced by a new one."""
    given, tenant_id = services(), principal().tenant_id
    if not owns(tenant_id, jti):
        raise Problem("not_found", "This is not the jti of a token of yours.")
    await given.catalog.write(partial(_revoke, given, tenant_id, jti))
    await given.keyring.announce(jti)
    return "", 204


@open_blueprint.get("/.well-known/jwks.json")
@tag(["tokens"])
@validate_response(models.Jwks)
async def jwks() -> tuple[models.Jwks, int, dict[str, str]]:
    """Read the public keys that tokens are signed with."""
    keys = cdn_tokens.jwks(services().keyring.public_keys)
    # Short: a verifier must hear of a new key before the key signs (`token_desk.ACTIVATION_S`).
    headers = {"Cache-Control": "public, max-age=30", "Access-Control-Allow-Origin": "*"}
    return models.Jwks.model_validate(keys), 200, headers


@open_blueprint.get("/.well-known/manifest-keys.json")
@tag(["tokens"])
@validate_response(models.Jwks)
async def manifest_keys() -> tuple[models.Jwks, int, dict[str, str]]:
    """Read the public keys of all manifests that were ever signed. Retired ones are among them: no token is theirs."""
    keys = cdn_tokens.jwks(services().keyring.manifest_keys)
    headers = {"Cache-Control": "public, max-age=30", "Access-Control-Allow-Origin": "*"}
    return models.Jwks.model_validate(keys), 200, headers


async def _mint(body: models.TokenCreate) -> models.Token:
    given, tenant_id = services(), principal().tenant_id
    sub, version = await given.catalog.read(partial(_subject, body, tenant_id))
    address = str(body.ip) if "ip" in body.model_fields_set else None
    minted = given.keyring.mint(Grant(body.scope, sub, tenant_id, address), body.ttl_s)
    token = models.Token(token=minted.token, jti=minted.jti, expires_at=minted.expires_at or 0)
    if body.scope == "play":
        token.urls = models.PlayUrls(hls=given.links.hls(minted.token, sub), dash=given.links.dash(minted.token, sub))
    if version:
        token.urls = models.DownloadUrls(download=given.links.download(minted.token, version))
    return token


def _subject(body: models.TokenCreate, tenant_id: str, conn: Connection) -> tuple[str, objects.Version | None]:
    """Give the id that the token is for, and an object's version.

    Raises `invalid_body`; `not_found` if it is not the tenant's.
    """
    wanted = _SUBJECTS[body.scope]
    if wanted not in body.model_fields_set:
        raise Problem("invalid_body", f"The field {wanted!r} is missing; scope {body.scope} needs it.")
    for other in sorted({*_SUBJECTS.values()} & body.model_fields_set - {wanted}):
        raise Problem("invalid_body", f"The field {other!r} does not go with scope {body.scope}; leave it out.")
    if body.scope == "download":
        version = objects.current(conn, tenant_id, body.object_id)
        if version is None:
            raise Problem("not_found", "There is no object with this object_id.")
        return version.object_id, version
    if body.scope == "play":
        row = streams.by_playback_id(conn, body.playback_id) or assets.by_playback_id(conn, body.playback_id)
    else:
        row = streams.get(conn, tenant_id, body.stream_id)
    if row is None or row.tenant_id != tenant_id:
        raise Problem("not_found", f"There is no stream{' or asset' * (body.scope == 'play')} with this {wanted}.")
    return row.playback_id if body.scope == "play" else row.id, None


def _revoke(given: Services, tenant_id: str, jti: str, conn: Connection) -> None:
    """Note it in the catalog; the public stream or asset whose token this is gets a new one."""
    public = _replace_public(given, tenant_id, jti, conn)
    given.keyring.note_revoked(conn, jti, tenant_id, forever=public)


def _replace_public(given: Services, tenant_id: str, jti: str, conn: Connection) -> bool:
    subject, now = subject_of(jti), given.clock()
    if subject is None:
        return False
    new = new_public_jti(tenant_id, subject, given.random)
    stream, asset = streams.get(conn, tenant_id, subject), assets.get(conn, tenant_id, subject)
    if stream and stream.public_jti == jti:
        streams.update(conn, tenant_id, subject, streams.Changes(public_jti=new), None, now)
    elif asset and asset.public_jti == jti:
        assets.update(conn, tenant_id, subject, assets.Changes(public_jti=new), None, now)
    else:
        return False
    return True
