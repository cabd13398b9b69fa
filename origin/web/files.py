"""`/v1/uploads`, `/v1/uploads/<id>` and `/v1/objects/<id>/content` in plain ASGI: where bytes come and go.

Quart's request body has no back-pressure: a fast client would fill the memory. Here the next bytes are asked for when
those before have their place, so the client's own connection is what waits. Uploads speak tus 1.0.0; `origin.wire.tus`
knows its headers, `origin.files` what an upload is, and this shell brings the two together.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import structlog
from quart.wrappers import Request
from werkzeug.datastructures import Headers

from origin.catalog import objects, uploads
from origin.catalog.uploads import State
from origin.errors import Problem
from origin.files.uploads import Piece
from origin.observe import metrics
from origin.web import problems
from origin.web.asgi import ClientGoneError, header
from origin.web.bodies import Body
from origin.web.connections import body_awaited
from origin.web.contents import repr_digest, send_version
from origin.web.guard import BODY_TIMEOUT_S
from origin.wire import tus

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    from sqlalchemy import Connection

    from origin.catalog.objects import Version
    from origin.catalog.uploads import Upload
    from origin.files.uploads import Uploads
    from origin.web.access import Access, Principal
    from origin.web.asgi import Header, Receive, Scope, Send
    from origin.web.services import Services

UPLOADS: Final = "/v1/uploads"
_log = structlog.get_logger(__name__)

_UPLOAD: Final = re.compile(r"/v1/uploads/(up_[a-z0-9]{1,64})", re.ASCII)
_CONTENT: Final = re.compile(r"/v1/objects/(ob_[a-z0-9]{1,64})/content", re.ASCII)
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
MAX_KEY_CHARS: Final = 255
"""Of an Idempotency-Key, as everywhere."""


def is_ours(path: bytes) -> bool:
    """Whether a path is answered here."""
    return path == UPLOADS.encode() or path.startswith(b"/v1/uploads/") or _is_content(path)


def _is_content(path: bytes) -> bool:
    return path.endswith(b"/content") and _CONTENT.fullmatch(path.decode("ascii", "replace")) is not None


@dataclass(slots=True)
class _Call:
    """One request. `method` is the one that counts; `scope["method"]` the one of the connection."""

    scope: Scope
    receive: Receive
    send: Send
    body: Body
    method: str
    who: Principal

    @property
    def headers(self) -> list[Header]:
        """Those of the request."""
        return list(self.scope["headers"])


class Files:
    """The ASGI application. A gate (`guard.Guard`) stands before it, which gives each request a name."""

    def __init__(self, services: Services, access: Access, held: Uploads) -> None:
        self._services = services
        self._access = access
        self._uploads = held
        self._most = services.settings.max_upload_bytes
        self._base = services.settings.public_url or ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        body, started = Body(receive), False

        async def noting(message: MutableMapping[str, Any]) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._answer(scope, receive, noting, body)
        except Problem as problem:
            await _refuse(scope, send, body, problem)
        except ClientGoneError:
            pass
        except Exception:
            _log.exception("unforeseen error")
            if started:  # cut off, it is not taken for whole
                raise
            sentence = "Try again; if it stays so, give the operator the request_id."
            await _refuse(scope, send, body, Problem("internal", sentence))

    async def _answer(self, scope: Scope, receive: Receive, send: Send, body: Body) -> None:
        path: str = scope["path"]
        content, upload = _CONTENT.fullmatch(path), _UPLOAD.fullmatch(path)
        if content is None and upload is None and path != UPLOADS:
            raise Problem("not_found", "There is no upload with this id; make a new one with POST.")
        method = scope["method"] if content else tus.effective_method(scope["method"], scope["headers"])
        if method == "OPTIONS":
            await _respond(scope, send, body, 204, [*tus.options(self._most), *tus.PREFLIGHT])
            return
        rows = _ON_CONTENT if content else _ON_UPLOAD if upload else _ON_UPLOADS
        if method not in rows:
            allow = ", ".join((*rows, "OPTIONS"))
            raise Problem("method_not_allowed", f"Use one of: {allow}.", (("Allow", allow),))
        if method != "GET" and not content:
            tus.check_version(scope["headers"])
        call = _Call(scope, receive, send, body, method, await self._require(scope, method))
        found = content or upload
        await rows[method](self, call, found[1] if found else "")

    async def _require(self, scope: Scope, method: str) -> Principal:
        """Who asks, seen as strictly as the stricter of the two methods wants."""
        strict = scope["method"] if method in _SAFE else method
        headers = Headers([(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]])
        given = (strict, scope.get("scheme", "http"), scope["path"], scope["query_string"], headers, "", "1.1")
        return await self._access.require(Request(*given, scope, send_push_promise=_no_push))  # type: ignore[arg-type]  # ASGI in fewer words

    async def _create(self, call: _Call, _: str) -> None:
        tus.check_extensions(call.headers)
        asked = tus.read_creation(call.headers, self._most)
        declared, has_bytes = tus.declared_length(call.headers), tus.has_bytes(call.headers)
        if has_bytes and declared is not None and declared > asked.length:
            raise Problem("body_too_large", f"The upload is to have {asked.length} bytes; the body has more.")
        if not has_bytes and not await _is_empty(call.body):
            tus.check_content_type(call.headers)
        made = await self._uploads.create(call.who.tenant_id, asked, _idempotency_key(call))
        if has_bytes and made.state == State.CREATED:
            made = await self._begin(call, made, declared)
        location = f"{self._base}{UPLOADS}/{made.id}".encode()
        await _respond(call.scope, call.send, call.body, 201, [(b"location", location), *_progress(made)])

    async def _begin(self, call: _Call, made: Upload, declared: int | None) -> Upload:
        """Write what came along. The upload is made whatever becomes of that, and its client must hear so."""
        try:
            return await self._write(call, made.id, 0, declared)
        except Problem:
            return await self._uploads.look(call.who.tenant_id, made.id)

    async def _look(self, call: _Call, upload_id: str) -> None:
        found = await self._uploads.look(call.who.tenant_id, upload_id)
        told = _progress(found)
        if found.metadata:
            told.append((b"upload-metadata", found.metadata.encode()))
        await _respond(call.scope, call.send, call.body, 200, told)

    async def _append(self, call: _Call, upload_id: str) -> None:
        tus.check_extensions(call.headers)
        tus.check_content_type(call.headers)
        offset, declared = tus.read_offset(call.headers), tus.declared_length(call.headers)
        written = await self._write(call, upload_id, offset, declared)
        await _respond(call.scope, call.send, call.body, 204, _progress(written))

    async def _write(self, call: _Call, upload_id: str, offset: int, declared: int | None) -> Upload:
        async def source() -> bytes | None:
            chunk = await call.body.next()
            metrics.upload_bytes.inc(len(chunk or b""))
            return chunk

        with body_awaited():
            return await self._uploads.append(call.who.tenant_id, upload_id, Piece(offset, declared, source))

    async def _cancel(self, call: _Call, upload_id: str) -> None:
        await self._uploads.cancel(call.who.tenant_id, upload_id)
        await _respond(call.scope, call.send, call.body, 204, [])

    async def _read_upload(self, call: _Call, upload_id: str) -> None:
        found = await self._uploads.look(call.who.tenant_id, upload_id)
        if found.object_id is None or found.version_id is None:
            raise Problem("conflict", "The upload is not finished; HEAD says how far it is.")
        object_id, version_id = found.object_id, found.version_id
        await self._send(call, lambda conn: objects.version(conn, call.who.tenant_id, object_id, version_id))

    async def _read_object(self, call: _Call, object_id: str) -> None:
        await self._send(call, lambda conn: objects.current(conn, call.who.tenant_id, object_id))

    async def _send(self, call: _Call, find: Callable[[Connection], Version | None]) -> None:
        version = await self._services.catalog.read(find)
        if version is None:
            raise Problem("not_found", "There is no object with this id.")
        store = self._services.store
        await send_version(call.scope, call.receive, call.send, store, version, also=_SENT)


_Row = dict[str, "Callable[[Files, _Call, str], Awaitable[None]]"]
_ON_UPLOADS: Final[_Row] = {"POST": Files._create}  # noqa: SLF001 - the table of this class
_ON_UPLOAD: Final[_Row] = {
    "HEAD": Files._look,  # noqa: SLF001 - as above
    "PATCH": Files._append,  # noqa: SLF001 - as above
    "DELETE": Files._cancel,  # noqa: SLF001 - as above
    "GET": Files._read_upload,  # noqa: SLF001 - as above
}
_ON_CONTENT: Final[_Row] = {"GET": Files._read_object, "HEAD": Files._read_object}  # noqa: SLF001 - as above
_SENT: Final[tuple[Header, ...]] = ((b"referrer-policy", b"no-referrer"),)


def _progress(upload: Upload) -> list[Header]:
    """What is told of an upload; of one that has become an object, which, and its digest."""
    until = upload.expires_at if upload.state in uploads.OPEN else None
    told = list(tus.progress(offset=upload.durable_offset, length=upload.length, expires_at=until))
    if upload.object_id and upload.sha256:
        told.append((b"content-location", f"/v1/objects/{upload.object_id}".encode()))
        told.append((b"repr-digest", repr_digest(upload.sha256)))
    return told


def _idempotency_key(call: _Call) -> str | None:
    key = header(call.scope, b"idempotency-key")
    if key is None:
        return None
    if not 0 < len(key) <= MAX_KEY_CHARS:
        raise Problem("bad_request", f"Send an Idempotency-Key of 1 to {MAX_KEY_CHARS} characters.")
    return hashlib.sha256(call.who.who.encode() + b"\0" + key).hexdigest()


async def _is_empty(body: Body) -> bool:
    try:
        async with asyncio.timeout(BODY_TIMEOUT_S):
            with body_awaited():
                return await body.is_empty()
    except TimeoutError:
        raise Problem("request_timeout", f"Send the whole body within {BODY_TIMEOUT_S:.0f} s.") from None


async def _refuse(scope: Scope, send: Send, body: Body, problem: Problem) -> None:
    told = [
        (b"content-type", problems.CONTENT_TYPE.encode()),
        *((name.lower().encode(), value.encode()) for name, value in problem.headers),
    ]
    content = problems.document(problem, scope.get(problems.REQUEST_ID, ""))
    await _respond(scope, send, body, problem.status, told, content)


async def _respond(  # noqa: PLR0913, PLR0917 - a request's ends, and what is said
    scope: Scope, send: Send, body: Body, status: int, told: list[Header], content: bytes = b""
) -> None:
    """Answer, then let the client send what of the body nobody wants: it reads the answer only when it has sent."""
    ours = () if _is_content(scope["raw_path"]) else ((b"tus-resumable", tus.VERSION), *tus.CORS)
    headers = list(dict((*told, *ours, (b"cache-control", b"no-store"))).items())
    if status != 204:  # noqa: PLR2004 - which has no body, and no length (RFC 9110, 8.6)
        headers.append((b"content-length", b"%d" % len(content)))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    shown = b"" if scope["method"] == "HEAD" else content
    await send({"type": "http.response.body", "body": shown, "more_body": not body.over})
    if not body.over:
        with body_awaited():
            await body.drop()
        await send({"type": "http.response.body", "body": b""})


async def _no_push(_path: str, _headers: Headers) -> None:
    """HTTP/2's, which nobody here uses."""
