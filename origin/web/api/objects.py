"""`/v1/objects`: files by name. Their bytes come and go beside Quart, see `origin.web.files`."""

from __future__ import annotations

from functools import partial

from quart import Blueprint
from quart_schema import tag, validate_response

from origin.catalog import cursors, objects
from origin.errors import Problem
from origin.web.access import principal, require_principal
from origin.web.api import models
from origin.web.api.bodies import asks
from origin.web.api.preconditions import etag, wanted_revision
from origin.web.services import services

blueprint = Blueprint("objects", __name__, url_prefix="/v1/objects")
blueprint.before_request(require_principal)


@blueprint.get("")
@tag(["objects"])
@asks(models.ObjectsQuery)
@validate_response(models.ObjectPage)
async def list_objects(query: models.ObjectsQuery) -> models.ObjectPage:
    """List objects, newest first."""
    tenant_id = principal().tenant_id
    after = cursors.decode(query.cursor) if query.cursor else None
    work = partial(objects.page, tenant_id=tenant_id, after=after, limit=query.limit + 1, prefix=query.prefix)
    rows = await services().catalog.read(work)
    last = rows[query.limit - 1] if len(rows) > query.limit else None
    cursor = None if last is None else cursors.encode(last.created_at, last.id)
    return models.ObjectPage(items=[_shown(row) for row in rows[: query.limit]], next_cursor=cursor)


@blueprint.get("/<object_id>")
@tag(["objects"])
@validate_response(models.StoredObject)
async def get_object(object_id: str) -> tuple[models.StoredObject, int, dict[str, str]]:
    """Read what is known of one object."""
    tenant_id = principal().tenant_id
    row = await services().catalog.read(lambda conn: objects.get(conn, tenant_id, object_id))
    if row is None:
        raise Problem("not_found", "There is no object with this id.")
    return _shown(row), 200, {"ETag": etag(row.revision)}


@blueprint.delete("/<object_id>")
@tag(["objects"])
async def delete_object(object_id: str) -> tuple[str, int]:
    """Delete an object with all its versions. Links to it open nothing any more; its bytes go within minutes."""
    given, tenant_id, wanted = services(), principal().tenant_id, wanted_revision()
    await given.catalog.write(lambda conn: objects.delete(conn, tenant_id, object_id, wanted, given.clock()))
    return "", 204


def _shown(row: objects.StoredFile) -> models.StoredObject:
    return models.StoredObject.model_validate(row, from_attributes=True)
