"""Whose clock leases are judged by: that of the database, where several nodes share one.

Nodes' clocks may differ by anything; the database has one. So whoever takes, renews or judges a lease gives its own
`now`, as everywhere, and goes on with what `moment` makes of it. On SQLite there is one machine, and `now` stays.
A moment is read before the locks of its transaction are taken, and so may be old by the time that they are waited for:
then a lease ends sooner for its holder and later for others, never the other way round.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import Double, cast, func, select

from origin.catalog.engine import is_shared

if TYPE_CHECKING:
    from sqlalchemy import Connection

_NOW: Final = select(cast(func.extract("epoch", func.clock_timestamp()), Double))


class Moment(float):
    """Unix seconds by the clock that leases are judged by; not to be asked for again."""

    __slots__ = ()


def moment(conn: Connection, now: float) -> Moment:
    """Give the time by the clock that leases are judged by, for a caller whose own clock says `now`."""
    if isinstance(now, Moment):
        return now
    return Moment(conn.execute(_NOW).scalar_one() if is_shared(conn) else now)
