"""Rows for the tests of the repositories."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from origin.catalog import broadcasts, streams
from origin.catalog.ids import DEFAULT_TENANT
from origin.catalog.packages import NewAsset, Order
from origin.catalog.streams import NewStream
from origin.errors import Problem
from packager.recorded import Recorded

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from origin.catalog.broadcasts import Broadcast
    from origin.catalog.streams import Stream


ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
ON_POSTGRESQL = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


def a_stream(conn: Connection, name: str = "a", now: float = 10.0, tenant_id: str = DEFAULT_TENANT) -> Stream:
    return streams.create(conn, NewStream(f"st_{name}", tenant_id, name, f"hash-{name}", f"pb_{name}"), now)


def problem(code: str) -> pytest.RaisesExc[Problem]:
    return pytest.RaisesExc(Problem, check=lambda error: error.code == code)


def a_broadcast(conn: Connection, name: str = "one", epoch: int = 1, now: float = 20.0) -> Broadcast:
    return broadcasts.start(
        conn, id=f"bc_{name}", tenant_id=DEFAULT_TENANT, stream_id="st_a", epoch=epoch, first_msn=0, now=now
    )


def a_recorded_broadcast(conn: Connection, name: str = "one", now: float = 20.0) -> Broadcast:
    return broadcasts.start(
        conn,
        id=f"bc_{name}",
        tenant_id=DEFAULT_TENANT,
        stream_id="st_a",
        epoch=1,
        first_msn=0,
        now=now,
        recorded=True,
    )


def a_row(msn: int, rendition: str = "v0", size: int = 9) -> Recorded:
    """A segment that was recorded."""
    return Recorded(
        *(rendition, msn, f"1-{msn}.m4s", "1-init-0.mp4", 2.0, 1_800_000_000.0 + 2 * msn, msn == 3, 180_000 * msn),
        *(0, 0, size, "ab" * 32 if size else ""),
    )


def an_order() -> Order:
    """What an asset is made from."""
    return Order("ob_film", "ve_film", "tn_default/ob_film/ve_film", 9)


def a_new_asset(asset_id: str = "as_film", tenant_id: str = DEFAULT_TENANT, keep_s: float | None = None) -> NewAsset:
    """An asset that is to be made from an object."""
    return NewAsset(
        id=asset_id,
        tenant_id=tenant_id,
        playback_id=f"pb_{asset_id}",
        name="Film",
        playback="signed",
        public_jti=None,
        keep_s=keep_s,
    )
