"""With a real database clock; elsewhere the clocks of node and database agree."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

import pytest

from origin.catalog import broadcasts, leases, on_air, tenants
from origin.catalog.clock import Moment, moment
from tests.origin.catalog.made import ON_POSTGRESQL, ON_SQLITE, a_stream

if TYPE_CHECKING:
    from origin.catalog.database import Catalog

HOUR_S = 3600.0
TTL_S = 15.0
BLINK_S = 60.0
"""Far more than a test takes, far less than an hour."""


@ON_SQLITE
def test_on_one_machine_its_clock_is_the_clock(catalog: Catalog) -> None:
    assert catalog.read_now(partial(moment, now=5.0)) == 5.0


@ON_POSTGRESQL
@pytest.mark.parametrize("wrong_by", [-HOUR_S, 0.0, HOUR_S])
def test_nodes_go_by_the_clock_of_their_database(catalog: Catalog, wrong_by: float) -> None:
    real = time.time()
    found = catalog.read_now(partial(moment, now=real + wrong_by))
    assert abs(found - real) < BLINK_S
    assert catalog.read_now(partial(moment, now=found)) is found


@ON_POSTGRESQL
def test_a_moment_goes_on_within_a_transaction(catalog: Catalog) -> None:
    first, second = catalog.read_now(lambda conn: (moment(conn, 0.0), moment(conn, 0.0)))
    assert second > first


@ON_POSTGRESQL
@pytest.mark.parametrize(("mine", "yours"), [(-HOUR_S, HOUR_S), (HOUR_S, -HOUR_S)])
def test_a_node_whose_clock_is_wrong_neither_steals_nor_overstays(catalog: Catalog, mine: float, yours: float) -> None:
    real = time.time()
    catalog.write_now(partial(tenants.ensure_default, now=0.0))
    stream = catalog.write_now(a_stream)
    begin = partial(on_air.begin, stream=stream, broadcast_id="bc_one", owner="mine", now=real + mine, ttl_s=TTL_S)
    writer = catalog.write_now(begin)
    assert writer is not None
    assert abs(writer.lease.expires_at - real - TTL_S) < BLINK_S
    now = real + yours
    assert catalog.write_now(partial(leases.acquire, resource="stream:st_a", owner="y", now=now, ttl_s=TTL_S)) is None
    assert catalog.write_now(partial(on_air.resume, stream=stream, owner="yours", now=now, ttl_s=TTL_S)) is None
    assert catalog.read_now(partial(on_air.orphans, now=now, limit=9)) == []
    assert not catalog.write_now(partial(broadcasts.end, broadcast_id="bc_one", now=now))
    assert catalog.write_now(partial(on_air.note_relayed, writer=writer, now=real + mine, relayed=False))
    assert catalog.write_now(lambda conn: on_air.hold(conn, [writer], real + mine, 0.0)) == set()
    successor = catalog.write_now(partial(on_air.resume, stream=stream, owner="yours", now=now, ttl_s=TTL_S))
    assert successor is not None
    assert successor.lease.epoch == 2
    assert not catalog.write_now(partial(on_air.finish, writer=writer, now=real + mine))
    assert catalog.write_now(partial(on_air.finish, writer=successor, now=now))
    (ended,) = catalog.read_now(partial(broadcasts.ended_before, moment=real + BLINK_S, limit=9))
    assert abs(ended.started_at - real) < BLINK_S


def test_a_moment_is_a_number_to_drivers(catalog: Catalog) -> None:
    catalog.write_now(lambda conn: tenants.create(conn, tenants.Tenant("tn_a", "", Moment(5.5))))
    tenant = catalog.read_now(partial(tenants.get, tenant_id="tn_a"))
    assert tenant is not None
    assert tenant.created_at == 5.5
