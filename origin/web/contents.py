"""The bytes of an object's version, as every address gives them: as a file to be saved, with ranges and a digest.

A client's file is never shown in place: whatever type it claims to have, it is an attachment, nothing may sniff it, and
what is opened all the same is in a sandbox without scripts. Storage is not told to clients, nor are names to storage.
"""

from __future__ import annotations

import asyncio
import base64
import re
from typing import TYPE_CHECKING, Final

import structlog

from origin.observe import metrics
from origin.stores.protocol import StoreError
from origin.web.asgi import respond, unless_gone
from origin.web.representation import NOT_MODIFIED, select
from origin.wire.disposition import attachment

if TYPE_CHECKING:
    from origin.catalog.objects import Version
    from origin.stores.protocol import ObjectStore
    from origin.web.asgi import Header, Receive, Scope, Send
    from origin.wire.ranges import ByteRange

_ENDING: Final = re.compile(r"\.[A-Za-z0-9]{1,16}")

_log = structlog.get_logger(__name__)


def etag(version: Version) -> bytes:
    """Give the strong tag: equal tags are equal bytes, whatever they are called."""
    return b'"sha256-%s"' % version.sha256.encode()


def repr_digest(sha256: str) -> bytes:
    """Write a digest as RFC 9530 does."""
    return b"sha-256=:%s:" % base64.b64encode(bytes.fromhex(sha256))


def file_name(name: str) -> tuple[str, str]:
    """Give what a file is to be called where it is saved, and its ending: of a name with folders, the last part."""
    last = re.split(r"[/\\]", name)[-1]
    stem, dot, ending = last.rpartition(".")
    return (stem, dot + ending) if stem and _ENDING.fullmatch(dot + ending) else (last, "")


async def send_version(  # noqa: PLR0913, PLR0917 - ASGI's three, and what is sent from where
    scope: Scope, receive: Receive, send: Send, store: ObjectStore, version: Version, also: tuple[Header, ...] = ()
) -> int:
    """Answer a GET or HEAD; the status.

    Raises:
        Problem: before anything was sent.
        ClientGoneError: the client has left.
    """
    status, span, headers = select(scope, etag(version), version.size, (*_headers(version), *also))
    if scope["method"] == "HEAD" or status == NOT_MODIFIED or span.start == span.end:
        await respond(send, status, headers)
        return status
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await unless_gone(receive, _send(send, store, version, span))
    return status


async def _send(send: Send, store: ObjectStore, version: Version, span: ByteRange) -> None:
    left = span.end - span.start
    try:
        async for chunk in store.stream(version.key, span.start, span.end):
            left -= len(chunk)
            metrics.download_bytes.inc(len(chunk))
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await asyncio.sleep(0)  # neither a store in memory nor a full socket's buffer need suspend
    except StoreError as error:
        # Without its last message the connection is closed, so that nobody takes a part for the whole.
        _log.warning("download_broken_off", version=version.id, reason=str(error))
        return
    if left:
        _log.error("object_damaged", version=version.id, bytes_missing=left)
        return
    await send({"type": "http.response.body", "body": b""})


def _headers(version: Version) -> tuple[Header, ...]:
    stem, ending = file_name(version.name)
    return (
        (b"content-type", version.content_type.encode()),
        (b"content-disposition", attachment(stem, ending)),
        (b"repr-digest", repr_digest(version.sha256)),
        (b"content-security-policy", b"sandbox"),
        (b"cache-control", b"private, no-transform"),
        (b"x-content-type-options", b"nosniff"),
    )
