"""Headers of answers on `/play/`: of media, and what every answer has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from origin.stores.headers import content_type

if TYPE_CHECKING:
    from origin.web.asgi import Header

FOR_EVER: Final = b"public, max-age=31536000, immutable"
"""No URI of ours ever has two contents."""
ANY_ORIGIN: Final[tuple[Header, ...]] = (
    (b"access-control-allow-origin", b"*"),
    (
        b"access-control-expose-headers",
        b"Date, ETag, Content-Range, Content-Length, Content-Disposition, Repr-Digest, Age",
    ),
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


def media_etag(name: str) -> bytes:
    """Give the tag of a segment, part or init segment: its name, which never has two contents."""
    return b'"%s"' % name.replace("/", "-").encode()


def media_headers(name: str) -> tuple[Header, ...]:
    """Give what every answer with a stored file has beside its tag: media, or what proves it."""
    return (b"content-type", content_type(name).encode()), (b"cache-control", FOR_EVER), *ANY_ORIGIN
