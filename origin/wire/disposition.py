"""Content-Disposition of a download (RFC 6266): a name for old clients, and the real one for all others. Pure."""

from __future__ import annotations

import re
import unicodedata
from typing import Final
from urllib.parse import quote

_MOST_BYTES: Final = 200
"""File systems take 255 of a name; the rest is for what browsers add to one that is there already."""
_FORBIDDEN: Final = re.compile(r'[\x00-\x1f\x7f-\x9f/\\:*?"<>|\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]+')
"""Control characters, what some file system forbids, and what turns the direction of text around to hide an ending."""
_NOT_ASCII: Final = re.compile(r"[^\x20-\x7e]")
_PLAIN: Final = "!#$&+-.^_`|~"
"""attr-char of RFC 8187, 3.2.1, beside letters and digits."""


def attachment(name: str, ending: str, otherwise: str = "download") -> bytes:
    """The header's value for a file called `name` with `ending` (".mp4"); `otherwise` where nothing is left of it."""
    kept = _safe(name, ending) or otherwise
    plain = _NOT_ASCII.sub("_", unicodedata.normalize("NFKD", kept).encode("ascii", "ignore").decode()).strip(" .")
    value = f'attachment; filename="{(plain or otherwise)}{ending}"'
    if plain != kept:
        value += f"; filename*=UTF-8''{quote(kept + ending, safe=_PLAIN)}"
    return value.encode()


def _safe(name: str, ending: str) -> str:
    kept = _FORBIDDEN.sub(" ", unicodedata.normalize("NFC", name)).removesuffix(ending)
    cut = " ".join(kept.split()).encode()[:_MOST_BYTES].decode(errors="ignore")
    return cut.strip(" .")
