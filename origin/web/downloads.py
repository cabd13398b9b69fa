"""`/dl/<token>/<object_id>/<version_id>/<filename>`: a version of an object for whoever has a token, in plain ASGI.

The token is checked before anything is looked up. The file's name at the end is for people and for programs that save
under it; any name gives the same bytes. No lock is taken: uploads and deletions do not wait for downloads.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from origin.catalog import objects
from origin.errors import Problem
from origin.observe import metrics
from origin.web.asgi import ClientGoneError, respond
from origin.web.contents import send_version
from origin.web.guard import request_id
from origin.web.media_headers import ANY_ORIGIN, PREFLIGHT
from origin.web.peer import client_address
from origin.web.problems import CONTENT_TYPE, document

if TYPE_CHECKING:
    from origin.web.asgi import Receive, Scope, Send
    from origin.web.services import Services

_PATH: Final = re.compile(r"/dl/([^/]{1,2048})/(ob_[a-z0-9]{1,64})/(ve_[a-z0-9]{1,64})/[^/]*", re.ASCII)


class Downloads:
    """The ASGI application for `/dl/`."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            status = await self._answer(scope, receive, send)
        except Problem as problem:
            status = problem.status
            await self._refuse(scope, send, problem)
        except ClientGoneError:
            status = 499
        metrics.download_requests.labels(status).inc()

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> int:
        if scope["method"] == "OPTIONS":
            await respond(send, 204, (*ANY_ORIGIN, *PREFLIGHT))
            return 204
        if scope["method"] not in {"GET", "HEAD"}:
            allow = (("allow", "GET, HEAD, OPTIONS"),)
            raise Problem("method_not_allowed", "A download is read with GET or HEAD.", allow)
        match = _PATH.fullmatch(scope["raw_path"].decode("ascii", "replace"))
        if match is None:
            raise Problem("not_found", "A download's address has the form /dl/<token>/<object_id>/<version_id>/<name>.")
        token, object_id, version_id = match.groups()
        given = self._services
        claims = given.keyring.verify(
            token, scope="download", path=f"/dl/{object_id}/{version_id}", ip=self._client_ip(scope)
        )
        found = await given.catalog.read(lambda conn: objects.version(conn, claims.tn, object_id, version_id))
        if found is None:
            raise Problem("not_found", "This file, or this version of it, is not there any more.")
        # `send_version` gives the headers that `ANY_ORIGIN` has as well.
        also = tuple(pair for pair in ANY_ORIGIN if pair[0] != b"x-content-type-options")
        return await send_version(scope, receive, send, given.store, found, also)

    def _client_ip(self, scope: Scope) -> str | None:
        peer = scope["client"][0] if scope.get("client") else None
        return client_address(peer, scope["headers"], self._services.settings.trusted_proxies)

    async def _refuse(self, scope: Scope, send: Send, problem: Problem) -> None:
        name = request_id(scope["headers"], self._services.random)
        body = document(problem, name)
        headers = [
            (b"content-type", CONTENT_TYPE.encode()),
            (b"content-length", b"%d" % len(body)),
            (b"cache-control", b"no-store"),
            (b"x-request-id", name.encode()),
            *((key.encode(), value.encode()) for key, value in problem.headers),
            *ANY_ORIGIN,
        ]
        await respond(send, problem.status, headers, b"" if scope["method"] == "HEAD" else body)
