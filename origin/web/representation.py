"""How much of what a tag names is sent: all, a range, or nothing, since the client has it (RFC 9110, 13 and 14)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from origin.errors import Problem
from origin.web.asgi import header, header_list
from origin.wire import conditions
from origin.wire.ranges import ByteRange, UnsatisfiableError, parse_range

if TYPE_CHECKING:
    from collections.abc import Iterable

    from origin.web.asgi import Header, Scope

NOT_MODIFIED: Final = 304


def is_known(scope: Scope, etag: bytes) -> bool:
    """Tell whether the client has what it would get, by its If-None-Match."""
    field = header_list(scope, b"if-none-match")
    return bool(field) and conditions.none_matches(field, etag)


def select(scope: Scope, etag: bytes, size: int, headers: Iterable[Header]) -> tuple[int, ByteRange, list[Header]]:
    """Give status, the bytes to send of all `size`, and headers: those given, and what follows from the request.

    `etag` is a strong one. Raises Problem `range_not_satisfiable`.
    """
    told = [*headers, (b"etag", etag), (b"accept-ranges", b"bytes")]
    if is_known(scope, etag):
        return NOT_MODIFIED, ByteRange(0, 0), told
    span, status = _span(scope, etag, size), 206
    if span is None:
        span, status = ByteRange(0, size), 200
    else:
        told.append((b"content-range", b"bytes %d-%d/%d" % (span.start, span.end - 1, size)))
    told.append((b"content-length", b"%d" % (span.end - span.start)))
    return status, span, told


def cut(body: tuple[bytes, ...], span: ByteRange) -> bytes:
    """Give one bytes object of what is asked for: up to 2 MB that is the quickest way through Hypercorn."""
    if span.start == span.end:
        return b""
    whole = body[0] if len(body) == 1 else b"".join(body)
    return whole if len(whole) == span.end - span.start else whole[span.start : span.end]


def _span(scope: Scope, etag: bytes, size: int) -> ByteRange | None:
    """The range that is asked for; None for all. If-Range compares strongly (13.1.5); HEAD has no ranges (14.2)."""
    asked = header(scope, b"range") if scope.get("method") != "HEAD" else None
    if asked is None or header(scope, b"if-range") not in {None, etag}:
        return None
    try:
        return parse_range(asked, size)
    except UnsatisfiableError as error:
        sentence = f"The range lies outside the {size} bytes that there are."
        raise Problem("range_not_satisfiable", sentence, (("content-range", f"bytes */{size}"),)) from error
