"""The head of an answer on `/play/`: status, span and headers of media by what was asked; and what every answer has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from origin.errors import Problem
from origin.web.asgi import header, header_list
from origin.wire import conditions
from origin.wire.ranges import ByteRange, UnsatisfiableError, parse_range

if TYPE_CHECKING:
    from origin.web.asgi import Header, Scope

NOT_MODIFIED: Final = 304
FOR_EVER: Final = b"public, max-age=31536000, immutable"
"""No URI of ours ever has two contents."""
ANY_ORIGIN: Final[tuple[Header, ...]] = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"Date, ETag, Content-Range, Content-Length, Content-Disposition, Age"),
    (b"timing-allow-origin", b"*"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)
PREFLIGHT: Final[tuple[Header, ...]] = (
    (b"access-control-allow-methods", b"GET, HEAD, OPTIONS"),
    (
        b"access-control-allow-headers",
        b"Range, If-Range, If-None-Match, CMCD-Request, CMCD-Object, CMCD-Status, CMCD-Session",
    ),
    (b"access-control-max-age", b"86400"),
    (b"content-length", b"0"),
)


def is_known(scope: Scope, etag: bytes) -> bool:
    """Tell whether the client has what it would get, by its If-None-Match."""
    field = header_list(scope, b"if-none-match")
    return bool(field) and conditions.none_matches(field, etag)


def media_etag(name: str) -> bytes:
    """Give the tag of a segment, part or init segment: its name, which never has two contents."""
    return b'"%s"' % name.replace("/", "-").encode()


def media_headers(name: str) -> list[Header]:
    """Give what every answer with media has, whole or not."""
    return [
        (b"content-type", b"video/mp4" if name.startswith("v") else b"audio/mp4"),
        (b"cache-control", FOR_EVER),
        (b"etag", media_etag(name)),
        *ANY_ORIGIN,
    ]


def media_head(scope: Scope, name: str, size: int) -> tuple[int, ByteRange, list[Header]]:
    """Give status, the bytes to send, and headers of an answer with media of `size` bytes.

    Raises Problem `range_not_satisfiable`.
    """
    etag = media_etag(name)
    headers = [*media_headers(name), (b"accept-ranges", b"bytes")]
    if is_known(scope, etag):
        return NOT_MODIFIED, ByteRange(0, 0), headers
    span, status = _span(scope, etag, size), 200
    if span is None:
        span = ByteRange(0, size)
    else:
        status = 206
        headers.append((b"content-range", b"bytes %d-%d/%d" % (span.start, span.end - 1, size)))
    headers.append((b"content-length", b"%d" % (span.end - span.start)))
    return status, span, headers


def _span(scope: Scope, etag: bytes, size: int) -> ByteRange | None:
    asked = header(scope, b"range")
    if asked is None or header(scope, b"if-range") not in {None, etag}:
        return None
    try:
        return parse_range(asked, size)
    except UnsatisfiableError as error:
        sentence = f"The range lies outside the {size} bytes that there are."
        raise Problem("range_not_satisfiable", sentence, (("content-range", f"bytes */{size}"),)) from error


def cut(body: tuple[bytes, ...], span: ByteRange) -> bytes:
    """Give one bytes object of what is asked for: up to 2 MB that is the quickest way through Hypercorn."""
    if span.start == span.end:
        return b""
    whole = body[0] if len(body) == 1 else b"".join(body)
    return whole if len(whole) == span.end - span.start else whole[span.start : span.end]
