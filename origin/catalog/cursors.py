"""Keyset cursors: the place in a list behind which the next page begins, as an opaque word for clients.

A keyset survives rows that come and go between two pages, and costs the same on the last page as on the first.
"""

from __future__ import annotations

import base64
import json
import math

from origin.errors import Problem


def encode(created_at: float, row_id: str) -> str:
    """Make a cursor from the last row of a page."""
    return base64.urlsafe_b64encode(json.dumps([created_at, row_id]).encode()).decode().rstrip("=")


def decode(cursor: str) -> tuple[float, str]:
    """Read a cursor back; `bad_request` if it is not one of ours."""
    try:
        moment, row_id = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, TypeError, RecursionError):
        moment = row_id = None
    if not isinstance(moment, float) or not math.isfinite(moment) or not isinstance(row_id, str):
        raise Problem("bad_request", "The cursor is not one that this server gave out; begin again without it.")
    return moment, row_id
