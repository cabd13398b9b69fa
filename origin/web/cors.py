"""Cross-origin use of `/v1` from the pages that the operator lists in `cors_origins` (Fetch standard, CORS protocol).

API keys only: `Access-Control-Allow-Credentials` is never sent, so a session cookie works from our own pages alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from quart import Quart, Response, request

from origin.web.services import services

if TYPE_CHECKING:
    from quart.wrappers import Response as QuartResponse

_METHODS: Final = "GET, POST, PUT, PATCH, DELETE"
_HEADERS: Final = "Authorization, Content-Type, Headwater-Tenant, Idempotency-Key, If-Match, X-Request-Id"
_EXPOSED: Final = "ETag, Location, Retry-After, X-Request-Id"
_MAX_AGE_S: Final = "7200"
"""Chromium remembers no longer."""


def install(app: Quart) -> None:
    """Answer preflights, and mark the answers that another origin's page may read."""
    app.before_request(_preflight)
    app.after_request(_mark)


def _allowed() -> str | None:
    origin = request.headers.get("Origin")
    listed = services().settings.cors_origins
    if origin is None or not request.path.startswith("/v1/"):
        return None
    return "*" if "*" in listed else origin if origin in listed else None


async def _preflight() -> Response | None:
    asked = request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers
    if not asked or _allowed() is None:
        return None
    answer = Response("", 204)
    answer.headers["Access-Control-Allow-Methods"] = _METHODS
    answer.headers["Access-Control-Allow-Headers"] = _HEADERS
    answer.headers["Access-Control-Max-Age"] = _MAX_AGE_S
    return answer


async def _mark(answer: QuartResponse) -> QuartResponse:
    if request.path.startswith("/v1/"):
        answer.headers.add("Vary", "Origin")
    if (allowed := _allowed()) is not None:
        answer.headers["Access-Control-Allow-Origin"] = allowed
        answer.headers["Access-Control-Expose-Headers"] = _EXPOSED
    return answer
