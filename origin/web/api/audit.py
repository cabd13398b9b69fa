"""`/v1/audit`: what happened to a tenant's things. It can be read, and nothing else."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from quart import Blueprint
from quart_schema import tag, validate_response

from origin.catalog import audit, cursors
from origin.web.access import principal, require_principal
from origin.web.api import models
from origin.web.api.bodies import asks
from origin.web.services import services

if TYPE_CHECKING:
    from origin.catalog.audit import Entry

blueprint = Blueprint("audit", __name__, url_prefix="/v1/audit")
blueprint.before_request(require_principal)


@blueprint.get("")
@tag(["audit"])
@asks(models.PageQuery)
@validate_response(models.AuditPage)
async def list_audit(query: models.PageQuery) -> models.AuditPage:
    """List what happened, newest first."""
    given, tenant_id = services(), principal().tenant_id
    after = cursors.decode(query.cursor) if query.cursor else None
    rows = await given.catalog.read(lambda conn: audit.page(conn, tenant_id, after, query.limit + 1))
    last = rows[query.limit - 1] if len(rows) > query.limit else None
    cursor = None if last is None else cursors.encode(last.created_at, last.id)
    return models.AuditPage(items=[_shown(row) for row in rows[: query.limit]], next_cursor=cursor)


def _shown(row: Entry) -> models.AuditEntry:
    return models.AuditEntry(**asdict(row) | {"detail": json.loads(row.detail)})
