"""Is the process alive, may it be sent work, and what does it count: for orchestrators and operators."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from quart import Blueprint, Response
from quart_schema import tag, validate_response

from origin.catalog import tenants
from origin.catalog.ids import DEFAULT_TENANT
from origin.errors import Problem
from origin.observe.metrics import REGISTRY
from origin.web.api import models
from origin.web.services import services

if TYPE_CHECKING:
    from sqlalchemy import Connection

CATALOG_TIMEOUT_S: Final = 2.0
"""Orchestrators ask each few seconds and take no answer for a bad one."""

blueprint = Blueprint("health", __name__)
metrics_blueprint = Blueprint("metrics", __name__)


@blueprint.get("/healthz")
@tag(["operations"])
@validate_response(models.Health)
async def healthz() -> models.Health:
    """Tell that the process serves requests. Restart it if this fails."""
    return models.Health(status="ok")


@blueprint.get("/readyz")
@tag(["operations"])
@validate_response(models.Health)
async def readyz() -> models.Health:
    """Tell whether to send work here: the start is over, no drain has begun, the catalog answers."""
    obstacle = services().readiness.obstacle
    if obstacle is not None:
        raise Problem(obstacle, "Send the work elsewhere, or ask again in a moment.", (("Retry-After", "1"),))
    try:
        async with asyncio.timeout(CATALOG_TIMEOUT_S):
            await services().catalog.read(_touch)
    except TimeoutError:
        raise Problem("not_ready", f"The catalog did not answer within {CATALOG_TIMEOUT_S:.0f} s.") from None
    return models.Health(status="ok")


@metrics_blueprint.get("/metrics")
async def metrics() -> Response:
    """Give every metric in Prometheus' text form."""
    return Response(generate_latest(REGISTRY), content_type=CONTENT_TYPE_LATEST)


def _touch(conn: Connection) -> None:
    tenants.get(conn, DEFAULT_TENANT)
