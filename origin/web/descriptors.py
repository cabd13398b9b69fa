"""How the process's file descriptors are shared out, so that a crowd at one door cannot lock the others.

Whoever accepts the last descriptor takes it from everybody: publishers, operators, the store and the catalog.
So each door gets a bound of its own, and together they stay below the limit of the process.
"""

from __future__ import annotations

import contextlib
import resource
from dataclasses import dataclass, replace
from typing import Final

import structlog

from origin.web.connections import HttpLimits

OWN: Final = 160
"""Catalog (three files for each of its connections), the store's readers and writers, listeners, logs: some 50."""
OPERATORS: Final = 64
"""Probes and scrapers: a handful, each with one connection."""
A_VIEWER: Final = 2
"""A connection, and the file from which it is being answered."""
A_PUBLISHER: Final = 6
"""A connection, the log of its broadcast, the drafts of two open segments and of one that is being flushed, and a
stranger's connection: as many that do not publish yet have places of their own."""
UNBOUNDED: Final = 1 << 20
"""What to ask for where the hard limit is none: Linux' own highest unless told otherwise."""
A_QUARTER: Final = 4
"""Of few descriptors, publishers get one, and one is for connections that come in only to be refused; the rest is the
viewers'."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Shares:
    """Connections that each door may have."""

    publishers: int
    """For each of the RTMP listeners, and as many strangers."""
    viewers: HttpLimits
    operators: HttpLimits
    scarce: bool
    """Whether publishers are less than half of those asked for, or viewers together fewer than one address may have."""


def raise_limit() -> int:
    """Raise the soft limit to the hard one, where the system lets us; the limit that holds then."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return UNBOUNDED
    wanted = UNBOUNDED if hard == resource.RLIM_INFINITY else hard
    with contextlib.suppress(ValueError, OSError):  # macOS refuses more than its own, unlisted, limit
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def share_out(limit: int, *, publishers: int, listeners: int) -> Shares:
    """Share `limit` descriptors among viewers, operators and `listeners` of at most `publishers` each."""
    full = HttpLimits()
    left = max(limit - OWN - OPERATORS, 4 * A_QUARTER)
    wanted = publishers * listeners
    allowed = min(wanted, left // A_QUARTER // A_PUBLISHER)
    backlog = min(full.backlog, left // A_QUARTER)
    viewers = min(full.connections, (left - allowed * A_PUBLISHER - backlog) // A_VIEWER)
    per_address = max(1, min(full.connections_per_address, viewers // 2))  # never the whole house to one
    return Shares(
        max(1, allowed // listeners),
        replace(full, connections=viewers, connections_per_address=per_address, backlog=backlog),
        replace(full, connections=OPERATORS, connections_per_address=OPERATORS, backlog=OPERATORS),
        scarce=viewers < full.connections_per_address or 2 * allowed < wanted,
    )


def shares(*, publishers: int, listeners: int) -> Shares:
    """Raise the limit, share it out, and say so if it is low."""
    limit = raise_limit()
    given = share_out(limit, publishers=publishers, listeners=listeners)
    if given.scarce:
        _log.warning(
            "few_file_descriptors",
            limit=limit,
            viewers=given.viewers.connections,
            publishers=given.publishers,
            advice="raise the hard limit of open files (ulimit -Hn, LimitNOFILE=, ulimits: nofile)",
        )
    return given
