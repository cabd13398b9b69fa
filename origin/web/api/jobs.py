"""`/v1/jobs`: work that waits for a worker, is being done, or was done in the last thirty days."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quart import Blueprint
from quart_schema import tag, validate_response

from origin.catalog import cursors, jobs
from origin.errors import Problem
from origin.vod.runner import tell
from origin.web.access import principal, require_principal
from origin.web.api import models
from origin.web.api.bodies import asks
from origin.web.services import services

if TYPE_CHECKING:
    from origin.catalog.jobs import Job

blueprint = Blueprint("jobs", __name__, url_prefix="/v1/jobs")
blueprint.before_request(require_principal)


@blueprint.get("")
@tag(["jobs"])
@asks(models.PageQuery)
@validate_response(models.JobPage)
async def list_jobs(query: models.PageQuery) -> models.JobPage:
    """List jobs, newest first."""
    given, tenant_id = services(), principal().tenant_id
    after = cursors.decode(query.cursor) if query.cursor else None
    rows = await given.catalog.read(lambda conn: jobs.page(conn, tenant_id, after, query.limit + 1))
    last = rows[query.limit - 1] if len(rows) > query.limit else None
    cursor = None if last is None else cursors.encode(last.created_at, last.id)
    return models.JobPage(items=[_shown(row) for row in rows[: query.limit]], next_cursor=cursor)


@blueprint.get("/<job_id>")
@tag(["jobs"])
@validate_response(models.Job)
async def get_job(job_id: str) -> models.Job:
    """Read one job."""
    tenant_id = principal().tenant_id
    row = await services().catalog.read(lambda conn: jobs.get(conn, tenant_id, job_id))
    if row is None:
        raise Problem("not_found", "There is no job with this id.")
    return _shown(row)


@blueprint.post("/<job_id>/cancel")
@tag(["jobs"])
@validate_response(models.Job)
async def cancel_job(job_id: str) -> models.Job:
    """Cancel a job that waits or is being done; what it was making has failed."""
    given, tenant_id = services(), principal().tenant_id
    row = await given.catalog.write(lambda conn: jobs.cancel(conn, tenant_id, job_id, given.clock()))
    await tell(given.bus, job_id)
    return _shown(row)


def _shown(row: Job) -> models.Job:
    """Give the job's JSON; members that do not apply are left unset, so that they do not appear."""
    names = "id", "kind", "subject", "state", "progress", "attempt", "created_at", "updated_at"
    values: dict[str, Any] = {name: getattr(row, name) for name in names}
    if row.error is not None:
        values["error"] = row.error
    if row.state == jobs.QUEUED and row.not_before > row.updated_at:
        values["not_before"] = row.not_before
    return models.Job(**values)
