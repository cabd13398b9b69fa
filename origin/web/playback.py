"""`/play/<token>/<playback_id>/…`: playlists and media, as plain ASGI in front of Quart's routing.

Quart costs half the requests a core can answer, so this path does without: the token is checked before anything is
looked up, then a playlist is rendered or a chunk of bytes taken from memory or the store. Everything below one
playback id is the same for every viewer, so that an edge may keep it under the path without the token.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from origin.errors import Problem
from origin.live.channel import MPD
from origin.live.growing import BrokenOffError
from origin.observe import metrics
from origin.web.asgi import ClientGoneError, header_list, respond, unless_gone
from origin.web.guard import request_id
from origin.web.media_headers import ANY_ORIGIN, PREFLIGHT, media_etag, media_headers
from origin.web.movies import is_wanted
from origin.web.peer import client_address
from origin.web.problems import CONTENT_TYPE, document
from origin.web.representation import NOT_MODIFIED, cut, is_known, select
from origin.wire import conditions
from packager.hls.reload import ReloadError, parse_query

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine

    from origin.catalog.assets import Asset
    from origin.live.channel import Channel, Playlist
    from origin.live.growing import Growing
    from origin.web.asgi import Header, Receive, Scope, Send
    from origin.web.movies import Movies
    from origin.web.services import Services
    from packager.hls.reload import ReloadQuery

T = TypeVar("T")

MOST_HELD: Final = 20_000
"""Requests held at once: 20 KB each, so 400 MB. Edges hold viewers; this many are an attack or a missing edge."""
SHORT: Final = b"public, max-age=1"
"""A playlist that was not waited for is stale when its next part comes."""
POSITIONED: Final = b"public, max-age=10"
"""The answer to a blocking reload changes only by growing; six target durations would be allowed (6.2.5.2)."""
STORE_S: Final = 8.0
"""How long the store may take to tell what it has; players give up after ten seconds and more, and do not hear why."""
STORED: Final = b"public, max-age=10"
"""A recording's manifest never changes, but what it lists goes a minute after the asset was deleted."""
TOO_EARLY: Final = b"no-store"
"""The wait ended before the position came: kept, this answer would stand in the way of the one that has it."""
RETRY_SOON: Final = (("retry-after", "1"),)
_MEDIA: Final = re.compile(
    r"([va]\d{1,3}/)(?:period-(\d{1,12})/(?=\d+-\d+\.m4s))?(\d{1,12}-(?:init-\d{1,9}\.mp4|\d{1,12}(?:\.\d{1,6})?\.m4s))"
)
_MEDIA_PLAYLIST: Final = re.compile(r"([va]\d{1,3})/index\.m3u8")
_AS_STORED: Final = re.compile(
    r"poster\.jpg|package\.json|(?:(?:[va]\d{1,3}/)?index\.m3u8|manifest\.mpd|package\.json)\.jws"
)
"""Of an asset: a still, and that by which who was given its address can check what they get (`headwater verify`)."""


@dataclass(frozen=True, slots=True)
class _Target:
    """A request's path, taken apart: what the token must open, and what is asked for."""

    token: str
    playback_id: str
    rest: str

    @property
    def media(self) -> tuple[str, int | None] | None:
        """The name of media that is asked for, and the DASH period in which a player expects it."""
        match = _MEDIA.fullmatch(self.rest)
        return (match[1] + match[3], int(match[2]) if match[2] else None) if match else None

    @property
    def prefix(self) -> str:
        """The path as tokens and edges know it: without the token."""
        return f"/play/{self.playback_id}/"


@dataclass(frozen=True, slots=True)
class _Stored:
    """Bytes `start` up to `end`, which is not among them, of an object."""

    key: str
    start: int
    end: int


def _target(raw_path: bytes) -> _Target:
    parts = raw_path.decode("ascii", "replace").split("/", 4)
    if len(parts) < 5:  # noqa: PLR2004 - "", play, token, playback id, rest
        raise Problem("not_found", "A playback address has the form /play/<token>/<playback_id>/index.m3u8.")
    return _Target(*parts[2:])


def _no_such_thing() -> Problem:
    return Problem("not_found", "There is no such playlist or segment; begin with index.m3u8.")


async def _reload(channel: Channel, rendition: str, query: ReloadQuery) -> tuple[Playlist, bytes]:
    """The playlist, and how long it may be kept: judged in the same step, for the window goes on growing."""
    playlist = await channel.playlist(rendition, query)
    if query.msn is None:
        return playlist, SHORT
    return playlist, POSITIONED if channel.can_answer(rendition, query) else TOO_EARLY


class Document(Protocol):
    """A playlist or manifest, plain and compressed, its media type and its entity tag."""

    @property
    def plain(self) -> bytes: ...  # noqa: D102 - told above
    @property
    def zipped(self) -> bytes: ...  # noqa: D102 - told above
    @property
    def kind(self) -> bytes: ...  # noqa: D102 - told above
    @property
    def etag(self) -> bytes: ...  # noqa: D102 - told above


class Channels(Protocol):
    """Who has what viewers ask for."""

    def channel(self, playback_id: str) -> Channel | None:
        """The channel of a broadcast that is written here."""

    async def find(self, playback_id: str) -> Channel | None:
        """The channel wherever the broadcast is written; None when the stream is off the air."""


class OnDemand(Protocol):
    """Who has what can be played at any time."""

    async def find(self, playback_id: str) -> Asset | None:
        """The asset that is played under this id, if it is ready."""

    async def manifest(self, asset: Asset, name: str) -> Document:
        """A stored manifest whose signature is good."""


class Playback:
    """The ASGI application for `/play/`."""

    def __init__(
        self,
        services: Services,
        channels: Channels,
        on_demand: OnDemand,
        movies: Movies,
        *,
        most_held: int = MOST_HELD,
    ) -> None:
        self._tokens = services.keyring
        self._store = services.store
        self._random = services.random
        self._trusted = services.settings.trusted_proxies
        self._channels = channels
        self._on_demand = on_demand
        self._movies = movies
        self._most_held = most_held
        self._held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            status, kind = await self._answer(scope, receive, send)
        except Problem as problem:
            status, kind = problem.status, "problem"
            await self._refuse(scope, send, problem)
        except ClientGoneError:
            status, kind = 499, "gone"
        metrics.playback_requests.labels(kind, status).inc()

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> tuple[int, str]:
        if scope["method"] == "OPTIONS":
            await respond(send, 204, (*ANY_ORIGIN, *PREFLIGHT))
            return 204, "preflight"
        if scope["method"] not in {"GET", "HEAD"}:
            raise Problem(
                "method_not_allowed", "Playback is read with GET or HEAD.", (("allow", "GET, HEAD, OPTIONS"),)
            )
        target = _target(scope["raw_path"])
        self._tokens.verify(target.token, scope="play", path=target.prefix + target.rest, ip=self._client_ip(scope))
        if target.rest == "index.m3u8" and is_wanted(scope["query_string"]):
            return await self._movies.answer(scope, receive, send, target.playback_id, also=ANY_ORIGIN), "mp4"
        channel = self._channels.channel(target.playback_id) or await self._channels.find(target.playback_id)
        if channel is None:
            return await self._answer_on_demand(scope, receive, send, target)
        if media := target.media:
            return await self._send_media(scope, receive, send, channel, *media), "media"
        playlist, caching = await self._playlist(scope, receive, channel, target.rest)
        return await self._send_playlist(scope, send, playlist, caching), "playlist"

    async def _answer_on_demand(self, scope: Scope, receive: Receive, send: Send, target: _Target) -> tuple[int, str]:
        asset = await self._on_demand.find(target.playback_id)
        if asset is None:
            raise Problem("stream_offline", "The stream is off the air; ask again when it has begun.")
        if media := target.media:
            name, _ = media
            stored = _Stored(asset.prefix + name, 0, await self._stored_size(asset.prefix + name))
            return await self._send_stored(scope, receive, send, name, stored), "media"
        if _AS_STORED.fullmatch(target.rest):
            stored = _Stored(asset.prefix + target.rest, 0, await self._stored_size(asset.prefix + target.rest))
            return await self._send_stored(scope, receive, send, target.rest, stored), "as_stored"
        if target.rest not in {"index.m3u8", MPD} and not _MEDIA_PLAYLIST.fullmatch(target.rest):
            raise _no_such_thing()
        manifest = await unless_gone(receive, self._on_demand.manifest(asset, target.rest))
        return await self._send_playlist(scope, send, manifest, STORED), "playlist"

    async def _refuse(self, scope: Scope, send: Send, problem: Problem) -> None:
        name = request_id(scope["headers"], self._random)
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

    def _client_ip(self, scope: Scope) -> str | None:
        peer = scope["client"][0] if scope.get("client") else None
        return client_address(peer, scope["headers"], self._trusted)

    async def _playlist(self, scope: Scope, receive: Receive, channel: Channel, rest: str) -> tuple[Playlist, bytes]:
        if rest == "index.m3u8":
            return await self._hold(receive, channel.multivariant(), now=channel.started), SHORT
        if rest == MPD:
            return await self._hold(receive, channel.manifest(), now=channel.started), SHORT
        match = _MEDIA_PLAYLIST.fullmatch(rest)
        if match is None:
            raise _no_such_thing()
        try:
            query = parse_query(scope["query_string"])
        except ReloadError as error:
            raise Problem("bad_reload", str(error)) from error
        return await self._hold(receive, _reload(channel, match[1], query), now=channel.can_answer(match[1], query))

    async def _send_playlist(self, scope: Scope, send: Send, playlist: Document, caching: bytes) -> int:
        headers = [
            (b"cache-control", caching),
            (b"etag", playlist.etag),
            (b"vary", b"Accept-Encoding"),
            *ANY_ORIGIN,
        ]
        if is_known(scope, playlist.etag):
            await respond(send, NOT_MODIFIED, headers)
            return NOT_MODIFIED
        zipped = _accepts_gzip(header_list(scope, b"accept-encoding"))
        body = playlist.zipped if zipped else playlist.plain
        headers += [(b"content-type", playlist.kind), (b"content-length", b"%d" % len(body))]
        if zipped:
            headers.append((b"content-encoding", b"gzip"))
        await self._respond(scope, send, 200, headers, body)
        return 200

    async def _send_media(  # noqa: PLR0913, PLR0917 - ASGI's three, and what is asked of whom
        self, scope: Scope, receive: Receive, send: Send, channel: Channel, name: str, period: int | None
    ) -> int:
        heir = channel.presentation.heir(name)
        if heir == "" or (heir is None and period is not None and channel.presentation.strays(name, period)):
            return await _nothing_came(send)
        if heir:
            return await _send_on(send, heir, period)
        if growing := channel.growing(name, period):
            return await self._hold(receive, self._send_growing(scope, send, growing, name), now=False)
        body = await self._hold(receive, channel.media(name), now=not channel.announced(name))
        if body is None:
            return await self._send_stored(scope, receive, send, name, await self._stored(channel, name))
        status, span, headers = select(scope, media_etag(name), sum(map(len, body)), media_headers(name))
        await self._respond(scope, send, status, headers, cut(body, span))
        return status

    async def _stored(self, channel: Channel, name: str) -> _Stored:
        """Where the store has `name`; a part within its segment."""
        shown = channel.presentation
        place = shown.place(name)
        file = place.file if place else name
        size = await self._stored_size(channel.prefix + file, due=shown.lists(file) or shown.lists(name))
        return _Stored(channel.prefix + file, *((place.start, place.end) if place else (0, size)))

    async def _send_stored(self, scope: Scope, receive: Receive, send: Send, name: str, stored: _Stored) -> int:
        status, span, headers = select(scope, media_etag(name), stored.end - stored.start, media_headers(name))
        if scope["method"] == "HEAD" or status == NOT_MODIFIED:
            await respond(send, status, headers)
        else:
            await send({"type": "http.response.start", "status": status, "headers": headers})
            start, end = stored.start + span.start, stored.start + span.end
            await unless_gone(receive, self._stream(send, self._store.stream(stored.key, start, end)))
        return status

    async def _send_growing(self, scope: Scope, send: Send, growing: Growing, name: str) -> int:
        """The parts of an open segment as they come, in chunks; where they break off, so does the connection."""
        part = await growing.first()
        if part is None:
            return await _nothing_came(send)
        headers = [*media_headers(name), (b"etag", media_etag(name))]
        if is_known(scope, media_etag(name)):
            await respond(send, NOT_MODIFIED, headers)
            return NOT_MODIFIED
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        if scope["method"] == "HEAD":
            await send({"type": "http.response.body", "body": b""})
            return 200
        with contextlib.suppress(BrokenOffError):
            while part is not None:
                body = b"".join(part)
                metrics.playback_bytes.inc(len(body))
                await send({"type": "http.response.body", "body": body, "more_body": True})
                part = await growing.next()
            await send({"type": "http.response.body", "body": b""})
        return 200

    async def _hold(self, receive: Receive, work: Coroutine[Any, Any, T], *, now: bool) -> T:
        """Await `work`; unless it can be done `now`, only while the client stays and not too many others are held."""
        if now:
            return await work
        if self._held >= self._most_held:
            work.close()
            raise Problem("too_many_waiting", "Too many requests are being held; try again.", RETRY_SOON)
        self._held += 1
        metrics.playback_waiting.set(self._held)
        try:
            return await unless_gone(receive, work)
        finally:
            self._held -= 1
            metrics.playback_waiting.set(self._held)

    async def _respond(self, scope: Scope, send: Send, status: int, headers: list[Header], body: bytes) -> None:
        if scope["method"] == "HEAD":
            body = b""
        metrics.playback_bytes.inc(len(body))
        await respond(send, status, headers, body)

    async def _stream(self, send: Send, chunks: AsyncIterator[bytes]) -> None:
        async for chunk in chunks:
            metrics.playback_bytes.inc(len(chunk))
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def _stored_size(self, key: str, *, due: bool = False) -> int:
        """Bytes of an object; where it is `due`, a playlist lists it and it is on its way."""
        try:
            async with asyncio.timeout(STORE_S):
                size = await self._store.size(key)
        except TimeoutError:
            raise Problem("store_failed", "The store does not answer; ask again in a moment.", RETRY_SOON) from None
        if size is not None:
            return size
        if due:  # players give up at a 404, and edges keep it
            raise Problem("store_failed", "This is on its way to the store; ask again in a moment.", RETRY_SOON)
        raise Problem("not_found", "This segment or part is not there (any more); reload the playlist.")


async def _send_on(send: Send, heir: str, period: int | None) -> int:
    """To what became of a segment: other bytes than its writer may have made, so they have an address of their own.

    Relative to that of the request, which may have come through an edge that knows it by another one. Not to be kept,
    for what a name leads to comes to an end sooner than a name does.
    """
    up = b"" if period is None else b"../"
    location = up + heir.rpartition("/")[2].encode()
    headers = (b"location", location), (b"cache-control", b"no-store"), (b"content-length", b"0"), *ANY_ORIGIN
    await respond(send, 307, headers)
    return 307


async def _nothing_came(send: Send) -> int:
    """Of a segment that DASH players were told to expect: they go on with the next one."""
    await respond(send, 204, ((b"cache-control", b"no-store"), *ANY_ORIGIN))
    return 204


_accepts_gzip: Final = lru_cache(maxsize=256)(conditions.accepts_gzip)
"""There are a few dozen kinds of players; one that sends another each time costs 8 MB at most."""
