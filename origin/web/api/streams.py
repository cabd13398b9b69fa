"""`/v1/streams`: what can go on the air. The stream key is shown once, in the answer that made it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from quart import Blueprint
from quart_schema import tag, validate_response

from origin.catalog import cursors, streams
from origin.catalog.ids import new_id, secret_hash
from origin.catalog.streams import Changes, NewStream
from origin.errors import Problem
from origin.web.access import principal, require_principal
from origin.web.api import models
from origin.web.api.bodies import asks, takes
from origin.web.api.once import once, once_outside
from origin.web.api.preconditions import etag, wanted_revision
from origin.web.services import IDLE, services
from origin.web.token_desk import Grant, new_public_jti

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from origin.web.services import LiveStatus, Services

blueprint = Blueprint("streams", __name__, url_prefix="/v1/streams")
blueprint.before_request(require_principal)

_ON_AIR: Final = ("live", "reconnecting")

Answer = tuple[models.Stream, int, dict[str, str]]


@blueprint.post("")
@tag(["streams"])
@takes(models.StreamCreate)
@validate_response(models.Stream, 201)
async def create_stream(body: models.StreamCreate) -> Answer:
    """Create a stream. The answer holds the stream key; it cannot be read again."""
    return _answer(await once(models.Stream, 201, partial(_create, services(), principal().tenant_id, body)), 201)


@blueprint.get("")
@tag(["streams"])
@asks(models.StreamPageQuery)
@validate_response(models.StreamPage)
async def list_streams(query: models.StreamPageQuery) -> models.StreamPage:
    """List streams, newest first; all, or those on the air or waiting for their publisher to come back."""
    given, tenant_id = services(), principal().tenant_id
    after = cursors.decode(query.cursor) if query.cursor else None
    most = query.limit + 1
    rows = await given.catalog.read(lambda conn: streams.page(conn, tenant_id, after, most, on_air=query.on_air))
    statuses = await given.director.find_statuses([row.id for row in rows[: query.limit]])
    items = [_shown(given, row, statuses[row.id]) for row in rows[: query.limit]]
    last = rows[query.limit - 1] if len(rows) > query.limit else None
    return models.StreamPage(items=items, next_cursor=_cursor(last))


@blueprint.get("/<stream_id>")
@tag(["streams"])
@validate_response(models.Stream)
async def get_stream(stream_id: str) -> Answer:
    """Read one stream, with its state and the health of what is being published."""
    return _answer(await _read(stream_id))


@blueprint.patch("/<stream_id>")
@tag(["streams"])
@takes(models.StreamPatch)
@validate_response(models.Stream)
async def change_stream(stream_id: str, body: models.StreamPatch) -> Answer:
    """Change settings. A broadcast on the air keeps windows, latency, and whether it is recorded, as it began."""
    given, tenant_id = services(), principal().tenant_id
    wanted = wanted_revision()
    work = partial(_change, given, tenant_id, stream_id, body.model_dump(exclude_unset=True), wanted)
    row, revoked = await given.catalog.write(work)
    await given.keyring.announce(*revoked)
    return await answer_with(given, row)


@blueprint.delete("/<stream_id>")
@tag(["streams"])
async def delete_stream(stream_id: str) -> tuple[str, int]:
    """Delete a stream. A broadcast that is on the air ends."""
    given, tenant_id = services(), principal().tenant_id
    revoked = await given.catalog.write(partial(_delete, given, tenant_id, stream_id, wanted_revision()))
    await given.keyring.announce(*revoked)
    await given.director.disconnect(stream_id, "The stream was deleted.")
    return "", 204


@blueprint.post("/<stream_id>/rotate-key")
@tag(["streams"])
@validate_response(models.Stream)
async def rotate_key(stream_id: str) -> Answer:
    """Make a new stream key; the old one opens nothing any more. Who publishes already is not interrupted."""
    given = services()
    status = await _status(given, stream_id)
    work = partial(_rotate, given, principal().tenant_id, stream_id, status)
    return _answer(await once(models.Stream, 200, work))


@blueprint.post("/<stream_id>/disconnect")
@tag(["streams"])
@validate_response(models.Stream)
async def disconnect(stream_id: str) -> Answer:
    """End the broadcast at once, with no reconnect window. Nothing happens off the air."""

    async def work() -> models.Stream:
        await _read(stream_id)
        await services().director.disconnect(stream_id, "An operator ended the broadcast.")
        return await _read(stream_id)

    return _answer(await once_outside(models.Stream, 200, work))


async def answer_with(given: Services, row: streams.Stream) -> Answer:
    """A stream as it is now."""
    return _answer(_shown(given, row, await _status(given, row.id)))


async def _read(stream_id: str) -> models.Stream:
    given, tenant_id = services(), principal().tenant_id
    row = await given.catalog.read(lambda conn: streams.get(conn, tenant_id, stream_id))
    if row is None:
        raise Problem("not_found", "There is no stream with this id.")
    return _shown(given, row, await _status(given, stream_id))


async def _status(given: Services, stream_id: str) -> LiveStatus:
    return (await given.director.find_statuses([stream_id]))[stream_id]


def _cursor(last: streams.Stream | None) -> str | None:
    return None if last is None else cursors.encode(last.created_at, last.id)


# What follows runs in the catalog's writer thread, inside one transaction.


def _create(given: Services, tenant_id: str, body: models.StreamCreate, conn: Connection) -> models.Stream:
    key = new_id("sk_", given.random)
    name = new_id("st_", given.random)
    new = NewStream(
        id=name,
        tenant_id=tenant_id,
        key_hash=secret_hash(key),
        playback_id=new_id("pb_", given.random),
        public_jti=new_public_jti(tenant_id, name, given.random) if body.playback == "public" else None,
        **body.model_dump(),
    )
    return _shown(given, streams.create(conn, new, given.clock()), IDLE, key)


def _change(  # noqa: PLR0913, PLR0917 - a request and its circumstances
    given: Services, tenant_id: str, stream_id: str, changes: dict[str, Any], wanted: int | None, conn: Connection
) -> tuple[streams.Stream, list[str]]:
    """Give the changed row, and the names of tokens that were revoked by it."""
    before = streams.get(conn, tenant_id, stream_id)
    if before is None:
        raise Problem("not_found", "There is no stream with this id.")
    playback = changes.get("playback", before.playback)
    revoked: list[str] = []
    if playback != before.playback:
        public = playback == "public"
        changes |= {"public_jti": new_public_jti(tenant_id, stream_id, given.random) if public else None}
        revoked = _revoke_public(given, before, conn)
    return streams.update(conn, tenant_id, stream_id, Changes(**changes), wanted, given.clock()), revoked


def _delete(given: Services, tenant_id: str, stream_id: str, wanted: int | None, conn: Connection) -> list[str]:
    return _revoke_public(given, streams.delete(conn, tenant_id, stream_id, wanted), conn)


def _revoke_public(given: Services, row: streams.Stream, conn: Connection) -> list[str]:
    if row.public_jti is None:
        return []
    given.keyring.note_revoked(conn, row.public_jti, row.tenant_id, forever=True)
    return [row.public_jti]


def _rotate(given: Services, tenant_id: str, stream_id: str, status: LiveStatus, conn: Connection) -> models.Stream:
    key = new_id("sk_", given.random)
    return _shown(given, streams.rotate_key(conn, tenant_id, stream_id, secret_hash(key), given.clock()), status, key)


def _shown(given: Services, row: streams.Stream, status: LiveStatus, key: str | None = None) -> models.Stream:
    """Give the stream's JSON; members that do not apply are left unset, so that they do not appear."""
    on_air = status.state in _ON_AIR
    optional: dict[str, Any] = {
        "rtmps_url": given.links.rtmps,
        "stream_key": key,
        "urls": _urls(given, row),
        "live_since": status.since if on_air else None,
        "broadcast_id": status.broadcast_id if on_air else None,
    }
    values: dict[str, Any] = {name: getattr(row, name) for name in _SHOWN}
    values |= {"rtmp_url": given.links.rtmp, "state": status.state, "tracks": list(status.tracks)}
    values["health"] = [models.Remark(code=said.code, sentence=said.sentence, at=said.at) for said in status.health]
    return models.Stream(**values, **{name: value for name, value in optional.items() if value is not None})


_SHOWN: Final = (
    "id",
    "name",
    "latency",
    "playback",
    "dvr_window_s",
    "reconnect_window_s",
    "slate",
    "record",
    "keep_s",
    "playback_id",
    "revision",
    "created_at",
    "updated_at",
)


def _urls(given: Services, row: streams.Stream) -> models.PlayUrls | None:
    if row.public_jti is None:
        return None
    minted = given.keyring.mint_public(Grant("play", row.playback_id, row.tenant_id), row.public_jti, row.created_at)
    return models.PlayUrls(
        hls=given.links.hls(minted.token, row.playback_id), dash=given.links.dash(minted.token, row.playback_id)
    )


def _answer(stream: models.Stream, status: int = 200) -> Answer:
    return stream, status, {"ETag": etag(stream.revision)}
