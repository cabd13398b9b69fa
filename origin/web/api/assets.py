"""`/v1/assets`: what can be played on demand.

A recording becomes one by itself, at the end of its broadcast. An uploaded object becomes one when somebody asks.
"""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from quart import Blueprint, Response
from quart_schema import tag, validate_response

from origin.catalog import assets, cursors, jobs, objects, packages
from origin.catalog.assets import Changes
from origin.catalog.ids import new_id
from origin.catalog.wanted import name_of
from origin.errors import Problem
from origin.vod.runner import tell
from origin.web.access import principal, require_principal
from origin.web.api import models
from origin.web.api.bodies import asks, takes
from origin.web.api.once import once
from origin.web.api.preconditions import etag, wanted_revision
from origin.web.services import services
from origin.web.token_desk import Grant, new_public_jti

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from origin.web.services import Services

blueprint = Blueprint("assets", __name__, url_prefix="/v1/assets")
blueprint.before_request(require_principal)

Answer = tuple[models.Asset, int, dict[str, str]]


@blueprint.post("")
@tag(["assets"])
@takes(models.AssetCreate)
@validate_response(models.Asset, 201)
async def create_asset(body: models.AssetCreate) -> Answer:
    """Have an asset made from an uploaded object. It is queued; read it again to see how far it has come."""
    given = services()
    made = await once(models.Asset, 201, partial(_create, given, principal().tenant_id, body))
    await tell(given.bus)
    return _answer(made, 201)


@blueprint.get("")
@tag(["assets"])
@asks(models.PageQuery)
@validate_response(models.AssetPage)
async def list_assets(query: models.PageQuery) -> models.AssetPage:
    """List assets, newest first."""
    given, tenant_id = services(), principal().tenant_id
    after = cursors.decode(query.cursor) if query.cursor else None
    rows = await given.catalog.read(lambda conn: assets.page(conn, tenant_id, after, query.limit + 1))
    last = rows[query.limit - 1] if len(rows) > query.limit else None
    cursor = None if last is None else cursors.encode(last.created_at, last.id)
    return models.AssetPage(items=[_shown(given, row) for row in rows[: query.limit]], next_cursor=cursor)


@blueprint.get("/<asset_id>")
@tag(["assets"])
@asks(models.AssetQuery)
@validate_response(models.Asset)
async def get_asset(asset_id: str, query: models.AssetQuery) -> Answer | Response:
    """Read one asset, with how far its making has come; or, with `download`, be sent on to its file."""
    given, tenant_id = services(), principal().tenant_id
    row = await given.catalog.read(lambda conn: assets.get(conn, tenant_id, asset_id))
    if row is None:
        raise Problem("not_found", "There is no asset with this id.")
    return _sent_on(given, row, query.download) if query.download else _answer(_shown(given, row))


@blueprint.patch("/<asset_id>")
@tag(["assets"])
@takes(models.AssetPatch)
@validate_response(models.Asset)
async def change_asset(asset_id: str, body: models.AssetPatch) -> Answer:
    """Change its name, who may play it, and for how long it is kept."""
    given, tenant_id = services(), principal().tenant_id
    work = partial(_change, given, tenant_id, asset_id, body.model_dump(exclude_unset=True), wanted_revision())
    row, revoked = await given.catalog.write(work)
    await given.keyring.announce(*revoked)
    return _answer(_shown(given, row))


@blueprint.delete("/<asset_id>")
@tag(["assets"])
async def delete_asset(asset_id: str) -> tuple[str, int]:
    """Delete an asset, ready or not. Nobody can play it any more; what was stored of it goes within minutes."""
    given, tenant_id = services(), principal().tenant_id
    revoked = await given.catalog.write(partial(_delete, given, tenant_id, asset_id, wanted_revision()))
    await given.keyring.announce(*revoked)
    await tell(given.bus, jobs.id_of(asset_id))
    return "", 204


# What follows runs in the catalog's writer thread, inside one transaction.


def _create(given: Services, tenant_id: str, body: models.AssetCreate, conn: Connection) -> models.Asset:
    version = objects.current(conn, tenant_id, body.object_id)
    if version is None:
        raise Problem("not_found", "There is no object with this id; upload it first.")
    asset_id = new_id("as_", given.random)
    public = body.playback == "public"
    new = packages.NewAsset(
        id=asset_id,
        tenant_id=tenant_id,
        playback_id=new_id("pb_", given.random),
        name=body.name or name_of(version) or asset_id,
        playback=body.playback,
        public_jti=new_public_jti(tenant_id, asset_id, given.random) if public else None,
        keep_s=body.keep_s,
    )
    order = packages.Order(version.object_id, version.id, version.key, version.size)
    return _shown(given, packages.create(conn, new, order, given.clock()))


def _change(  # noqa: PLR0913, PLR0917 - a request and its circumstances
    given: Services, tenant_id: str, asset_id: str, changes: dict[str, Any], wanted: int | None, conn: Connection
) -> tuple[assets.Asset, list[str]]:
    """Give the changed row, and the names of tokens that were revoked by it."""
    before = assets.expect(conn, tenant_id, asset_id, wanted)
    playback = changes.get("playback", before.playback)
    revoked: list[str] = []
    if playback != before.playback:
        public = playback == "public"
        changes |= {"public_jti": new_public_jti(tenant_id, asset_id, given.random) if public else None}
        revoked = _revoke_public(given, before, conn)
    return assets.update(conn, tenant_id, asset_id, Changes(**changes), wanted, given.clock()), revoked


def _delete(given: Services, tenant_id: str, asset_id: str, wanted: int | None, conn: Connection) -> list[str]:
    return _revoke_public(given, assets.delete(conn, tenant_id, asset_id, wanted, given.clock()), conn)


def _revoke_public(given: Services, row: assets.Asset, conn: Connection) -> list[str]:
    if row.public_jti is None:
        return []
    given.keyring.note_revoked(conn, row.public_jti, row.tenant_id, forever=True)
    return [row.public_jti]


_SHOWN: Final = (
    *("id", "name", "state", "playback", "playback_id", "progress", "keep_s"),
    *("revision", "created_at", "updated_at"),
)


def _shown(given: Services, row: assets.Asset) -> models.Asset:
    """Give the asset's JSON; members that do not apply are left unset, so that they do not appear."""
    optional: dict[str, Any] = {
        **{name: getattr(row, name) for name in ("stream_id", "broadcast_id", "object_id", "version_id")},
        "job_id": jobs.id_of(row.id) if row.object_id else None,
        "poster": row.poster is not None,
        "left_out": [models.LeftOut(**each) for each in json.loads(row.left_out)] if row.left_out else None,
        "duration_s": row.duration_s,
        "error": row.error,
        "expires_at": row.expires_at,
        "urls": _urls(given, row),
    }
    values: dict[str, Any] = {name: getattr(row, name) for name in _SHOWN}
    return models.Asset(**values, **{name: value for name, value in optional.items() if value is not None})


def _urls(given: Services, row: assets.Asset) -> models.PlayUrls | None:
    if row.public_jti is None:
        return None
    minted = given.keyring.mint_public(Grant("play", row.playback_id, row.tenant_id), row.public_jti, row.created_at)
    return models.PlayUrls(
        hls=given.links.hls(minted.token, row.playback_id), dash=given.links.dash(minted.token, row.playback_id)
    )


def _sent_on(given: Services, row: assets.Asset, form: str) -> Response:
    minted = given.keyring.mint(Grant("play", row.playback_id, row.tenant_id))
    address = given.links.hls(minted.token, row.playback_id)
    # Whoever keeps this address keeps a token.
    return Response(status=307, headers={"Location": f"{address}?download={form}", "Cache-Control": "no-store"})


def _answer(asset: models.Asset, status: int = 200) -> Answer:
    return asset, status, {"ETag": etag(asset.revision)}
