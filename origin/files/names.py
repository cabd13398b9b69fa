"""What clients call a file, and of which type they say it is: taken as text to be shown, never as a place. Pure."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from origin.errors import Problem

MAX_NAME_BYTES: Final = 1024
"""As S3's keys: a path of a few folders and a name of 255 bytes."""
OTHER: Final = "application/octet-stream"
# Control characters, what turns the direction of text around to hide an ending, line ends, and halves of characters.
_FORBIDDEN: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
# RFC 6838, 4.2, with parameters that are tokens or quoted strings without anything odd in them (RFC 9110, 8.3.1).
_TYPE: Final = re.compile(
    r"[A-Za-z0-9][\w!#$&^.+-]{0,63}/[A-Za-z0-9][\w!#$&^.+-]{0,126}"
    r'(?:; ?[\w-]{1,32}=(?:[\w.+-]{1,64}|"[\w .,+-]{0,64}"))*',
    re.ASCII,
)
_MAX_TYPE_CHARACTERS: Final = 255


def checked_name(said: str) -> str:
    """Give a name in the one form in which equal names are equal (NFC). Raises `bad_request`."""
    name = unicodedata.normalize("NFC", said).strip(" ")
    if not name:
        raise Problem("bad_request", "The file's name is empty; leave it out, or write one.")
    if _FORBIDDEN.search(name):
        raise Problem("bad_request", "The file's name holds control characters, line ends, or marks of direction.")
    if len(name.encode()) > MAX_NAME_BYTES:
        raise Problem("bad_request", f"The file's name may have {MAX_NAME_BYTES} bytes at most.")
    return name


def checked_type(said: str) -> str:
    """Give a media type; none at all is any bytes. Raises `bad_request`."""
    if not said.strip():
        return OTHER
    if len(said) > _MAX_TYPE_CHARACTERS or not _TYPE.fullmatch(said.strip()):
        raise Problem("bad_request", "The file's type is no media type such as video/mp4; leave it out, or write one.")
    return said.strip()
