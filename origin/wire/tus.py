"""The headers of tus, the resumable upload protocol, version 1.0.0: read, checked, and written. Pure.

A request's headers come as ASGI has them, names in lower case. What breaks the protocol is raised as `Problem`, with
the status that the specification wants. The extensions offered are those of `EXTENSIONS` and no others: a header of
another one is refused rather than passed over, because its sender relies on it.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from origin.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Header = tuple[bytes, bytes]

VERSION: Final = b"1.0.0"
EXTENSIONS: Final = ("creation", "creation-with-upload", "expiration", "termination")
CONTENT_TYPE: Final = b"application/offset+octet-stream"
MAX_METADATA_BYTES: Final = 8 * 1024
"""Of the whole header. A file's name is 255 bytes at most; the rest is for what applications put beside it."""
MAX_PAIRS: Final = 32
"""Clients send three or four."""
MAX_KEY_BYTES: Final = 64
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PATCH", "DELETE", "OPTIONS"})

_NUMBER: Final = re.compile(rb"[0-9]{1,18}")
"""Non-negative integers, as the specification has them; 18 digits are an exabyte, and fit the catalog."""
# "The key and value MUST be separated by a space. The key MUST NOT contain spaces and commas and MUST NOT be empty.
# The key SHOULD be ASCII encoded." Controls are no part of a header line either.
_KEY: Final = re.compile(rb"[\x21-\x2b\x2d-\x7e]{1,%d}" % MAX_KEY_BYTES)
_ABSENT: Final = {
    b"upload-defer-length": "creation-defer-length",
    b"upload-concat": "concatenation",
    b"upload-checksum": "checksum",
}
_REQUEST: Final = (
    *("Authorization", "Content-Type", "Headwater-Tenant", "Idempotency-Key", "Tus-Resumable", "Upload-Length"),
    *("Upload-Metadata", "Upload-Offset", "X-HTTP-Method-Override", "X-Request-Id", "X-Requested-With"),
)
_ANSWER: Final = (
    *("Content-Location", "Location", "Repr-Digest", "Retry-After", "Tus-Extension", "Tus-Max-Size", "Tus-Resumable"),
    *("Tus-Version", "Upload-Expires", "Upload-Length", "Upload-Metadata", "Upload-Offset", "X-Request-Id"),
)
CORS: Final[tuple[Header, ...]] = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", ", ".join(_ANSWER).encode()),
)
"""For every answer: pages of any origin may upload, with a key; a session's cookie is never let through by `*`."""
PREFLIGHT: Final[tuple[Header, ...]] = (
    (b"access-control-allow-methods", b"POST, HEAD, PATCH, DELETE, GET, OPTIONS"),
    (b"access-control-allow-headers", ", ".join(_REQUEST).encode()),
    (b"access-control-max-age", b"7200"),
)


@dataclass(frozen=True, slots=True)
class Creation:
    """What a creation asks for. `metadata` is decoded; `said` is the header as it came, to be given back by HEAD."""

    length: int
    metadata: Mapping[str, str]
    said: str


def effective_method(method: str, headers: Iterable[Header]) -> str:
    """Tell which method counts: "The X-HTTP-Method-Override request header … MUST be interpreted as the method"."""
    said = _value(headers, b"x-http-method-override")
    if said is None:
        return method
    text = said.decode("latin-1").strip()
    if text not in METHODS:
        raise Problem("bad_request", "X-HTTP-Method-Override names no method that uploads have.")
    return text


def check_version(headers: Iterable[Header]) -> None:
    """Refuse what is not of this version (412, with the one that is): the request "MUST NOT be processed"."""
    if _value(headers, b"tus-resumable") != VERSION:
        sentence = f"Send Tus-Resumable: {VERSION.decode()}; this is the one version of tus that is spoken here."
        raise Problem("tus_version", sentence, (("Tus-Version", VERSION.decode()),))


def check_extensions(headers: Iterable[Header]) -> None:
    """Refuse headers of extensions that are not offered."""
    names = {name for name, _ in headers}
    for name, extension in _ABSENT.items():
        if name in names:
            raise Problem("bad_request", f"The extension {extension} is not offered here; see Tus-Extension.")


def read_creation(headers: Iterable[Header], most: int) -> Creation:
    """Read a creation of at most `most` bytes. Raises `bad_request`, `body_too_large`."""
    held = list(headers)
    length = _number(held, b"upload-length", "Upload-Length")
    if length > most:
        raise Problem("body_too_large", f"An upload may have {most} bytes at most.")
    said = _value(held, b"upload-metadata") or b""
    return Creation(length, read_metadata(said), said.decode("ascii"))


def read_offset(headers: Iterable[Header]) -> int:
    """Read where a PATCH begins."""
    return _number(list(headers), b"upload-offset", "Upload-Offset")


def has_bytes(headers: Iterable[Header]) -> bool:
    """Whether the Content-Type says that the body holds bytes of the upload."""
    said = _value(headers, b"content-type")
    return said is not None and said.partition(b";")[0].strip().lower() == CONTENT_TYPE


def check_content_type(headers: Iterable[Header]) -> None:
    """Refuse a PATCH of another type: "All PATCH requests MUST use Content-Type: application/offset+octet-stream"."""
    if not has_bytes(headers):
        raise Problem("unsupported_media", f"Send the bytes with Content-Type: {CONTENT_TYPE.decode()}.")


def declared_length(headers: Iterable[Header]) -> int | None:
    """Give the Content-Length; None if there is none, as with a chunked body."""
    held = list(headers)
    return None if _value(held, b"content-length") is None else _number(held, b"content-length", "Content-Length")


def read_metadata(said: bytes) -> dict[str, str]:
    """Decode Upload-Metadata: "one or more comma-separated key-value pairs", values in base64; all of them are UTF-8.

    Raises `bad_request`.
    """
    if len(said) > MAX_METADATA_BYTES:
        raise Problem("bad_request", f"Upload-Metadata may have {MAX_METADATA_BYTES} bytes at most.")
    if not said.strip():
        return {}
    pairs = said.split(b",")
    if len(pairs) > MAX_PAIRS:
        raise Problem("bad_request", f"Upload-Metadata may have {MAX_PAIRS} pairs at most.")
    found: dict[str, str] = {}
    for pair in pairs:
        key, value = _pair(pair.strip(b" \t"))
        if key in found:  # "All keys MUST be unique."
            raise Problem("bad_request", f"Upload-Metadata has the key {key!r} twice.")
        found[key] = value
    return found


def write_metadata(pairs: Mapping[str, str]) -> str:
    """Write what `read_metadata` reads."""
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in pairs.items())


def options(most: int) -> tuple[Header, ...]:
    """Give what an answer to OPTIONS tells of the server."""
    return (
        (b"tus-resumable", VERSION),
        (b"tus-version", VERSION),
        (b"tus-max-size", b"%d" % most),
        (b"tus-extension", ",".join(EXTENSIONS).encode()),
    )


def progress(*, offset: int, length: int, expires_at: float | None) -> tuple[Header, ...]:
    """Give what an answer tells of an upload. `expires_at` is unix seconds; None: it does not, any more."""
    told: list[Header] = [(b"upload-offset", b"%d" % offset), (b"upload-length", b"%d" % length)]
    if expires_at is not None:
        told.append((b"upload-expires", http_date(expires_at)))
    return tuple(told)


def http_date(moment: float) -> bytes:
    """Write unix seconds as IMF-fixdate (RFC 9110, 5.6.7), whatever the locale."""
    day = datetime.fromtimestamp(moment, UTC)
    weekday = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[day.weekday()]
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    return f"{weekday}, {day.day:02} {months[day.month - 1]} {day.year:04} {day:%H:%M:%S} GMT".encode()


def _pair(pair: bytes) -> tuple[str, str]:
    key, _, value = pair.partition(b" ")
    if not _KEY.fullmatch(key):
        raise Problem(
            "bad_request", "Upload-Metadata is: a key, a space, a value in base64, and a comma between pairs."
        )
    try:
        return key.decode(), base64.b64decode(value, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        sentence = f"The value of {key.decode()!r} in Upload-Metadata is no UTF-8 text in base64 (RFC 4648, section 4)."
        raise Problem("bad_request", sentence) from None


def _number(headers: list[Header], name: bytes, called: str) -> int:
    said = _value(headers, name)
    if said is None:
        raise Problem("bad_request", f"The header {called} is missing.")
    if not _NUMBER.fullmatch(said):
        raise Problem("bad_request", f"{called} must be one integer that is not negative, in at most 18 digits.")
    return int(said)


def _value(headers: Iterable[Header], name: bytes) -> bytes | None:
    """Give the one value of a header, or None. Raises `bad_request` for several, of which another may be meant."""
    values = [value for key, value in headers if key == name]
    if len(values) > 1:
        raise Problem("bad_request", f"The header {name.decode()} may stand there once.")
    return values[0] if values else None
