"""`…/index.m3u8?download=mp4`: a recording as one file, with ranges, and a tag by which a download goes on later.

Byte n of the answer is the same in every answer with the same tag, on every node, so a client that was cut off asks for
the rest (`Range`, `If-Range`). Nothing is stored on the way: an edge that keys what it keeps by the path alone would
give the film to whoever asks for the playlist.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import parse_qs

import structlog

from origin.errors import Problem
from origin.observe import metrics
from origin.stores.protocol import StoreError
from origin.vod.mp4.assembly import assemble
from origin.web.asgi import respond, unless_gone
from origin.web.representation import NOT_MODIFIED, select
from origin.wire.disposition import attachment

if TYPE_CHECKING:
    from origin.stores.protocol import ObjectStore
    from origin.vod.mp4.films import Film
    from origin.vod.mp4.plan_file import PlanFile
    from origin.vod.mp4.plans import Plans
    from origin.web.asgi import Header, Receive, Scope, Send
    from origin.wire.ranges import ByteRange

log = structlog.get_logger(__name__)

FORMATS: Final = ("mp4",)
"""What `download` may ask for."""
_MOST_FIELDS: Final = 32
"""Of a query; one has a meaning."""


class Films(Protocol):
    """Who knows which recording is played under which id."""

    async def film(self, playback_id: str) -> Film:
        """What is asked for. Raises Problem: there is no such recording, or it is not finished."""


class Movies:
    """Answers for films."""

    def __init__(self, films: Films, plans: Plans, store: ObjectStore) -> None:
        self._films = films
        self._plans = plans
        self._store = store

    async def answer(
        self, scope: Scope, receive: Receive, send: Send, playback_id: str, *, also: tuple[Header, ...] = ()
    ) -> int:
        """Answer a GET or HEAD, with the headers `also`; gives the status.

        Raises:
            Problem: before anything was sent.
            ClientGoneError: the client has left.
        """
        film = await self._films.film(playback_id)
        plan = await unless_gone(receive, self._plans.plan(film.playback_id, film.source))
        etag = b'"%s"' % plan.tag.encode()
        status, span, headers = select(scope, etag, plan.size, (*_headers(film.name), *also))
        if scope["method"] == "HEAD" or status == NOT_MODIFIED or span.start == span.end:
            await respond(send, status, headers)
            return status
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await unless_gone(receive, self._send(send, plan, film, span))
        return status

    async def _send(self, send: Send, plan: PlanFile, film: Film, span: ByteRange) -> None:
        chunks = assemble(plan, self._store, film.source.prefix, self._plans.workers, start=span.start, end=span.end)
        try:
            async for chunk in chunks:
                metrics.playback_bytes.inc(len(chunk))
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
                await asyncio.sleep(0)  # neither a store in memory nor a full socket's buffer need suspend
            await send({"type": "http.response.body", "body": b""})
        except StoreError as error:
            # Without its last message the connection is closed, so that nobody takes a part for the whole.
            log.warning("mp4_broken_off", recording=film.playback_id, reason=str(error))
        finally:
            await chunks.aclose()


def is_wanted(query: bytes) -> bool:
    """Whether a playlist is asked for as a file. Raises Problem: in a form that there is not."""
    if not query:
        return False
    try:
        fields = parse_qs(query.decode("ascii", "replace"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError as error:
        raise Problem("bad_request", f"A query here has at most {_MOST_FIELDS} fields.") from error
    forms = fields.get("download", [])
    if not {*FORMATS}.issuperset(forms):
        raise Problem("bad_request", f"A recording can be downloaded as: {', '.join(FORMATS)}.")
    return bool(forms)


def _headers(name: str) -> tuple[Header, ...]:
    return (
        (b"content-type", b"video/mp4"),
        (b"content-disposition", attachment(name, ".mp4", "recording")),
        (b"cache-control", b"private, no-transform"),
    )
