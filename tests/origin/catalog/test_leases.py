from __future__ import annotations

import itertools
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import create_engine, false, true
from sqlalchemy.exc import IntegrityError

from origin.catalog import leases, tenants
from origin.catalog.database import Catalog
from origin.catalog.leases import Lease
from origin.catalog.schema import METADATA
from tests.origin.catalog.made import POSTGRESQL, at
from tests.support.postgres import server

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

OWNERS = st.sampled_from(["a", "b", "c"])
TTL = 10.0
PATIENCE_S = 30.0
T = TypeVar("T")


def test_the_first_epoch_is_1_and_another_owner_has_to_wait(conn: Connection) -> None:
    lease = leases.acquire(conn, "r", "a", at(conn, 100.0), TTL)
    assert lease == Lease("r", "a", 1, 110.0)
    assert leases.acquire(conn, "r", "b", at(conn, 109.9), TTL) is None
    assert leases.get(conn, "r") == lease


def test_the_same_owner_keeps_its_epoch_even_after_an_end(conn: Connection) -> None:
    leases.acquire(conn, "r", "a", at(conn, 100.0), TTL)
    assert leases.acquire(conn, "r", "a", at(conn, 105.0), TTL) == Lease("r", "a", 1, 115.0)
    assert leases.acquire(conn, "r", "a", at(conn, 500.0), TTL) == Lease("r", "a", 1, 510.0)
    assert leases.release(conn, "r", "a", 1, at(conn, 505.0))
    assert leases.acquire(conn, "r", "a", at(conn, 506.0), TTL) == Lease("r", "a", 1, 516.0)


def test_a_new_owner_takes_over_at_the_moment_of_expiry(conn: Connection) -> None:
    leases.acquire(conn, "r", "a", at(conn, 100.0), TTL)
    assert leases.acquire(conn, "r", "b", at(conn, 110.0), TTL) == Lease("r", "b", 2, 120.0)
    assert not leases.renew(conn, "r", "a", 1, at(conn, 110.0), TTL)
    assert not leases.release(conn, "r", "a", 1, at(conn, 110.0))
    assert leases.renew(conn, "r", "b", 2, at(conn, 111.0), TTL)
    assert leases.get(conn, "r") == Lease("r", "b", 2, 121.0)


def test_what_was_released_can_be_taken_at_once_and_not_be_renewed(conn: Connection) -> None:
    leases.acquire(conn, "r", "a", at(conn, 100.0), TTL)
    assert leases.release(conn, "r", "a", 1, at(conn, 101.0))
    assert not leases.release(conn, "r", "a", 1, at(conn, 101.0))
    assert not leases.renew(conn, "r", "a", 1, at(conn, 101.0), TTL)
    assert leases.acquire(conn, "r", "b", at(conn, 101.0), TTL) == Lease("r", "b", 2, 111.0)


def test_resources_have_nothing_to_do_with_each_other(conn: Connection) -> None:
    assert leases.acquire(conn, "r", "a", at(conn, 100.0), TTL)
    assert leases.acquire(conn, "s", "b", at(conn, 100.0), TTL) == Lease("s", "b", 1, 110.0)
    assert leases.get(conn, "t") is None


def test_a_lease_that_ran_out_is_kept_unless_somebody_took_it(conn: Connection) -> None:
    lease = leases.acquire(conn, "r", "a", at(conn, 100.0), TTL)
    assert lease
    assert not leases.keep(conn, lease, at(conn, 500.0), TTL, only_if=false())
    assert leases.keep(conn, lease, 500.0, TTL, only_if=true())
    assert leases.get(conn, "r") == Lease("r", "a", 1, 510.0)
    assert leases.guard(conn, lease)
    leases.acquire(conn, "r", "b", at(conn, 510.0), TTL)
    assert not leases.keep(conn, lease, 511.0, TTL, only_if=true())
    assert not leases.guard(conn, lease)


def test_an_unknown_tenant_is_told_from_a_held_lease(conn: Connection) -> None:
    with pytest.raises(IntegrityError):
        leases.acquire(conn, "r", "a", at(conn, 100.0), TTL, tenant_id="tn_none")


@POSTGRESQL
def test_the_databases_clock_judges_whatever_nodes_take_the_time_for(catalog: Catalog) -> None:
    slow, fast = time.time() - 3_600, time.time() + 3_600

    def told(conn: Connection) -> None:
        tenants.ensure_default(conn, 0.0)
        taken = leases.acquire(conn, "r", "slow", slow, 60.0)
        assert taken
        left_s = (
            taken.expires_at - conn.exec_driver_sql("SELECT extract(epoch FROM clock_timestamp())::float8").scalar_one()
        )
        assert 0 < left_s <= 60
        assert leases.acquire(conn, "r", "fast", fast, 60.0) is None
        assert leases.renew(conn, "r", "slow", 1, fast, 60.0)
        assert leases.release(conn, "r", "slow", 1, slow)
        assert not leases.renew(conn, "r", "slow", 1, slow, 60.0)
        assert leases.acquire(conn, "r", "fast", fast, 60.0)
        assert leases.acquire(conn, "r", "slow", slow, 60.0) is None

    catalog.write_now(told)


def race(nodes: list[Catalog], start: Callable[[], object], resource: str, suffix: str) -> list[Lease]:
    """Let all nodes try to get a lease, each under a name of its own; who got it."""

    def run(number: int) -> Lease | None:
        start()
        owner, now = f"{number} {suffix}", time.time()
        return nodes[number].write_now(partial(leases.acquire, resource=resource, owner=owner, now=now, ttl_s=60.0))

    with ThreadPoolExecutor(len(nodes)) as threads:
        return [lease for lease in threads.map(run, range(len(nodes))) if lease]


def test_of_nodes_that_race_one_wins(url: str) -> None:
    nodes = [Catalog.open(url) for _ in range(4)]
    nodes[0].write_now(lambda conn: tenants.ensure_default(conn, 0.0))
    for number, epoch in itertools.product(range(5), (1, 2)):  # a lease that is new, and one that has run out
        together = threading.Barrier(len(nodes))
        (won,) = race(nodes, partial(together.wait, PATIENCE_S), f"r{number}", f"of round {epoch}")
        assert won.epoch == epoch
        nodes[0].write_now(
            partial(leases.release, resource=won.resource, owner=won.owner, epoch=epoch, now=time.time())
        )
    for node in nodes:
        node.close()


@POSTGRESQL
@pytest.mark.parametrize("writer_first", [True, False], ids=["before it is taken", "after it was taken"])
def test_a_guarded_lease_is_not_taken_before_the_transaction_is_over(url: str, writer_first: bool) -> None:  # noqa: FBT001 - a column of the table above
    old, new = Catalog.open(url), Catalog.open(url)
    old.write_now(lambda conn: tenants.ensure_default(conn, 0.0))
    lease = old.write_now(lambda conn: leases.acquire(conn, "r", "old", 0.0, 0.0))
    assert lease
    first_has_it, go_on = threading.Event(), threading.Event()

    def pausing(work: Callable[[Connection], T]) -> Callable[[Connection], T]:
        def run(conn: Connection) -> T:
            done = work(conn)
            first_has_it.set()
            assert go_on.wait(PATIENCE_S)
            return done

        return run

    def guard(conn: Connection) -> bool:
        return leases.guard(conn, lease)

    def take(conn: Connection) -> Lease | None:
        return leases.acquire(conn, "r", "new", 0.0, 60.0)

    guarding = old._writer.submit(pausing(guard)) if writer_first else None
    taking = None if writer_first else new._writer.submit(pausing(take))
    assert first_has_it.wait(PATIENCE_S)
    guarding = guarding or old._writer.submit(guard)
    taking = taking or new._writer.submit(take)
    while not server().do("SELECT 1 FROM pg_locks WHERE NOT granted"):
        assert not guarding.done()
        assert not taking.done()
    go_on.set()
    assert guarding.result(PATIENCE_S) == writer_first
    taken = taking.result(PATIENCE_S)
    assert taken
    assert taken.epoch == 2
    assert old.write_now(guard) is False
    old.close()
    new.close()


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
            highest = max(self.owner_of, default=0)
            again = self.owner_of.get(highest) == owner
            assert lease.epoch == (highest if again else highest + 1)
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
