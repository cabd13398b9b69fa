from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import create_engine
from sqlalchemy.exc import IntegrityError

from origin.catalog import leases, tenants
from origin.catalog.leases import Lease
from origin.catalog.schema import METADATA

if TYPE_CHECKING:
    from sqlalchemy import Connection

OWNERS = st.sampled_from(["a", "b", "c"])
TTL = 10.0


def test_the_first_epoch_is_1_and_another_owner_has_to_wait(conn: Connection) -> None:
    lease = leases.acquire(conn, "r", "a", 100.0, TTL)
    assert lease == Lease("r", "a", 1, 110.0)
    assert leases.acquire(conn, "r", "b", 109.9, TTL) is None
    assert leases.get(conn, "r") == lease


def test_the_same_owner_takes_it_anew_under_the_next_epoch(conn: Connection) -> None:
    leases.acquire(conn, "r", "a", 100.0, TTL)
    assert leases.acquire(conn, "r", "a", 105.0, TTL) == Lease("r", "a", 2, 115.0)
    assert not leases.renew(conn, "r", "a", 1, 106.0, TTL)
    assert leases.acquire(conn, "r", "a", 500.0, TTL) == Lease("r", "a", 3, 510.0)
    assert leases.release(conn, "r", "a", 3, 505.0)
    assert leases.acquire(conn, "r", "a", 506.0, TTL) == Lease("r", "a", 4, 516.0)


def test_a_new_owner_takes_over_at_the_moment_of_expiry(conn: Connection) -> None:
    leases.acquire(conn, "r", "a", 100.0, TTL)
    assert leases.acquire(conn, "r", "b", 110.0, TTL) == Lease("r", "b", 2, 120.0)
    assert not leases.renew(conn, "r", "a", 1, 110.0, TTL)
    assert not leases.release(conn, "r", "a", 1, 110.0)
    assert leases.renew(conn, "r", "b", 2, 111.0, TTL)
    assert leases.get(conn, "r") == Lease("r", "b", 2, 121.0)


def test_what_was_released_can_be_taken_at_once_and_not_be_renewed(conn: Connection) -> None:
    leases.acquire(conn, "r", "a", 100.0, TTL)
    assert leases.release(conn, "r", "a", 1, 101.0)
    assert not leases.release(conn, "r", "a", 1, 101.0)
    assert not leases.renew(conn, "r", "a", 1, 101.0, TTL)
    assert leases.acquire(conn, "r", "b", 101.0, TTL) == Lease("r", "b", 2, 111.0)


def test_resources_have_nothing_to_do_with_each_other(conn: Connection) -> None:
    assert leases.acquire(conn, "r", "a", 100.0, TTL)
    assert leases.acquire(conn, "s", "b", 100.0, TTL) == Lease("s", "b", 1, 110.0)
    assert leases.get(conn, "t") is None


def test_those_of_one_kind_are_given_up_together(conn: Connection) -> None:
    for resource in ("asset:a", "asset:b", "assets", "asset_a"):
        assert leases.acquire(conn, resource, "no_dead", 10.0, 15.0)
    assert leases.release_all(conn, "asset:", 11.0) == 2
    assert leases.release_all(conn, "asset:", 11.0) == 0
    taken = leases.acquire(conn, "asset:a", "no_next", 11.0, 15.0)
    assert taken
    assert taken.epoch == 2
    assert leases.acquire(conn, "asset_a", "no_next", 11.0, 15.0) is None


def test_what_is_gone_needs_no_epoch(conn: Connection) -> None:
    assert leases.acquire(conn, "asset:a", "no_one", 10.0, 15.0)
    leases.forget(conn, "asset:a")
    assert leases.get(conn, "asset:a") is None


def test_an_unknown_tenant_is_told_from_a_held_lease(conn: Connection) -> None:
    with pytest.raises(IntegrityError):
        leases.acquire(conn, "r", "a", 100.0, TTL, tenant_id="tn_none")


class Leases(RuleBasedStateMachine):
    """Three owners, one lease, a clock that only rises: whoever believes to hold it must not be wrong."""

    @initialize()
    def begin(self) -> None:
        self.engine = create_engine("sqlite://")
        self.conn = self.engine.connect()
        METADATA.create_all(self.conn)
        tenants.ensure_default(self.conn, 0.0)
        self.now = 0.0
        self.owner_of: dict[int, str] = {}
        self.believes: dict[str, tuple[int, float]] = {}

    def teardown(self) -> None:
        if hasattr(self, "conn"):
            self.conn.close()
            self.engine.dispose()

    def holder(self) -> list[str]:
        return [owner for owner, (_, until) in self.believes.items() if self.now < until]

    @rule(step=st.sampled_from([0.5, 3.0, 10.0]))
    def time_passes(self, step: float) -> None:
        self.now += step

    @rule(owner=OWNERS)
    def acquire(self, owner: str) -> None:
        others = [other for other in self.holder() if other != owner]
        lease = leases.acquire(self.conn, "r", owner, self.now, TTL)
        assert (lease is None) == bool(others)
        if lease is not None:
            assert lease.epoch == max(self.owner_of, default=0) + 1
            self.owner_of[lease.epoch] = owner
            self.believes[owner] = lease.epoch, lease.expires_at

    @rule(owner=OWNERS, data=st.data())
    def renew(self, owner: str, data: Any) -> None:
        epoch = data.draw(st.integers(0, max(self.owner_of, default=0) + 1))
        held = owner in self.holder() and self.believes[owner][0] == epoch
        assert leases.renew(self.conn, "r", owner, epoch, self.now, TTL) == held
        if held:
            self.believes[owner] = epoch, self.now + TTL

    @rule(owner=OWNERS, data=st.data())
    def release(self, owner: str, data: Any) -> None:
        epoch = data.draw(st.integers(0, max(self.owner_of, default=0) + 1))
        held = owner in self.holder() and self.believes[owner][0] == epoch
        assert leases.release(self.conn, "r", owner, epoch, self.now) == held
        if held:
            self.believes[owner] = epoch, self.now

    @invariant()
    def one_holder_at_most(self) -> None:
        assert len(self.holder()) <= 1

    @invariant()
    def the_row_says_the_same(self) -> None:
        row = leases.get(self.conn, "r")
        for owner in self.holder():
            assert row == Lease("r", owner, *self.believes[owner])


TestLeases = Leases.TestCase
TestLeases.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
