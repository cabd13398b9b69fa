"""Entity tags of resources that have a revision, and `If-Match` (RFC 9110 13.1.1)."""

from __future__ import annotations

import re
from typing import Final

from quart import request

from origin.errors import Problem

# One strong tag as we give them. Weak ones never match here (RFC 9110 8.8.3.2), and nobody has reason to send a list.
_TAG: Final = re.compile(r'\s*"([1-9][0-9]{0,17})"\s*', re.ASCII)


def etag(revision: int) -> str:
    """The strong entity tag of a revision."""
    return f'"{revision}"'


def wanted_revision() -> int | None:
    """The revision that the current request insists on; None if it does not care."""
    given = request.headers.get("If-Match", "*")
    if given.strip() == "*":
        return None
    tag = _TAG.fullmatch(given)
    if tag is None:
        raise Problem("revision_mismatch", "If-Match names no revision; send the ETag of the last answer as it came.")
    return int(tag[1])
