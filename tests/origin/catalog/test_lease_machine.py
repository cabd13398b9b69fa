"""Three owners, one stream, any order of what they do, with time passing and owners that sleep through it.

The model knows who is the writer: who took the lease last, if its broadcast still goes on. Everybody else may hold on
to what he believes, as a process does that was stopped and woken up, and must find that he changes nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import create_engine

from origin.catalog import broadcasts, leases, on_air, postgres, streams, tenants
from origin.catalog.ids import DEFAULT_TENANT
from origin.catalog.on_air import BLOCK, DISCONTINUITIES, Writer
from origin.catalog.schema import METADATA
from tests.origin.catalog.made import CLOCK, a_stream, at
from tests.support.postgres import migrated

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from origin.catalog.broadcasts import Broadcast
    from origin.catalog.leases import Lease

OWNERS = st.sampled_from(["a", "b", "c"])
LEASE = "stream:st_a"
TTL_S = 10.0


class OnAir(RuleBasedStateMachine):
    """On SQLite; see `OnAirShared` for PostgreSQL."""

    def open(self) -> Engine:
        engine = create_engine("sqlite://")
        self.conn: Connection = engine.connect()
        METADATA.create_all(self.conn)
        return engine

    @initialize()
    def begin_the_story(self) -> None:
        self.engine = self.open()
        tenants.ensure_default(self.conn, 0.0)
        self.stream = a_stream(self.conn)
        self.now = 0.0
        self.begun = 0
        self.owner_of: dict[int, str] = {}
        """Whose each epoch is, for ever."""
        self.until = 0.0
        self.open_one: str | None = None
        self.epoch_of: dict[str, int] = {}
        """The epoch of each broadcast's last writer."""
        self.relayed = True
        self.believers: list[Writer] = []
        """Everybody who once was a writer, and may not know that he is it no more."""
        self.reserved = (0, 0)
        """What no later writer may be given to use."""

    def teardown(self) -> None:
        if hasattr(self, "engine"):
            self.conn.close()
            self.engine.dispose()

    @property
    def epoch(self) -> int:
        return max(self.owner_of, default=0)

    @property
    def free(self) -> bool:
        return self.now >= self.until

    @property
    def clock(self) -> float:
        return at(self.conn, self.now)

    def may_take(self, owner: str) -> bool:
        return self.free or self.owner_of[self.epoch] == owner

    def is_writer(self, writer: Writer) -> bool:
        return (
            self.epoch == writer.lease.epoch
            and self.open_one == writer.broadcast_id
            and self.epoch_of[writer.broadcast_id] == writer.lease.epoch
        )

    def facts(self) -> tuple[Lease | None, list[Broadcast], tuple[int, int]]:
        rows = [*broadcasts.open_ones(self.conn), *broadcasts.ended_before(self.conn, 1e9, 1_000)]
        return leases.get(self.conn, LEASE), rows, self.numbers()

    def numbers(self) -> tuple[int, int]:
        stream = streams.get(self.conn, DEFAULT_TENANT, "st_a")
        assert stream
        return stream.next_msn, stream.next_discontinuity

    def took(self, lease: Lease | None, owner: str) -> None:
        assert lease is not None
        again = self.owner_of.get(self.epoch) == owner
        assert lease.epoch == (self.epoch if again else self.epoch + 1)
        assert self.owner_of.setdefault(lease.epoch, owner) == owner
        self.until = self.now + TTL_S

    def writes(self, writer: Writer, owner: str) -> None:
        """A new writer begins with numbers that nobody before it can have come to."""
        self.took(writer.lease, owner)
        assert writer.next_msn >= self.reserved[0]
        assert writer.next_discontinuity >= self.reserved[1]
        # One process has one writer: a newer one under the same epoch takes the place of the older.
        self.believers = [one for one in self.believers if one.lease.epoch != writer.lease.epoch]
        self.believers.append(writer)
        self.open_one = writer.broadcast_id
        self.epoch_of[writer.broadcast_id] = writer.lease.epoch
        self.reserve(writer)

    def reserve(self, writer: Writer) -> None:
        self.reserved = (
            max(self.reserved[0], writer.next_msn + BLOCK),
            max(self.reserved[1], writer.next_discontinuity + DISCONTINUITIES),
        )

    def some(self, data: Any) -> Writer:
        return data.draw(st.sampled_from(self.believers))  # type: ignore[no-any-return]  # of those in the list

    @rule(step=st.sampled_from([0.5, 3.0, TTL_S]))
    def time_passes(self, step: float) -> None:
        self.now += step

    @rule(owner=OWNERS)
    def acquire(self, owner: str) -> None:
        """Take the lease and crash before anything was done with it."""
        allowed = self.may_take(owner)
        lease = leases.acquire(self.conn, LEASE, owner, self.clock, TTL_S)
        assert (lease is not None) == allowed
        if allowed:
            self.took(lease, owner)

    @rule(owner=OWNERS)
    def begin(self, owner: str) -> None:
        allowed, self.begun = self.may_take(owner), self.begun + 1
        writer = on_air.begin(self.conn, self.stream, f"bc_{self.begun}", owner, now=self.clock, ttl_s=TTL_S)
        assert (writer is not None) == allowed
        if writer:
            assert not writer.resumed
            self.relayed = True
            self.writes(writer, owner)

    @rule(owner=OWNERS)
    def resume(self, owner: str) -> None:
        allowed = self.open_one is not None and self.may_take(owner)
        before = self.facts()
        writer = on_air.resume(self.conn, self.stream, owner, now=self.clock, ttl_s=TTL_S)
        assert (writer is not None) == allowed
        if writer:
            assert (writer.broadcast_id, writer.resumed, writer.relayed) == (self.open_one, True, self.relayed)
            self.writes(writer, owner)
        else:
            assert self.facts() == before

    @precondition(lambda self: self.believers)
    @rule(data=st.data(), used=st.integers(0, BLOCK), marks=st.integers(0, DISCONTINUITIES))
    def hold(self, data: Any, used: int, marks: int) -> None:
        """Renew, and reserve numbers behind some that were used of those reserved before."""
        writer, before = self.some(data), self.facts()
        further = replace(writer, next_msn=writer.next_msn + used, next_discontinuity=writer.next_discontinuity + marks)
        lost = on_air.hold(self.conn, [further], self.clock, TTL_S)
        if self.is_writer(writer):
            assert lost == set()
            self.until = self.now + TTL_S
            self.believers[self.believers.index(writer)] = further
            self.reserve(further)
        else:
            assert lost == {writer.broadcast_id}
            assert self.facts() == before

    @precondition(lambda self: self.believers)
    @rule(data=st.data())
    def renew(self, data: Any) -> None:
        lease = self.some(data).lease
        held = self.epoch == lease.epoch and not self.free
        assert leases.renew(self.conn, LEASE, lease.owner, lease.epoch, self.clock, TTL_S) == held
        if held:
            self.until = self.now + TTL_S

    @precondition(lambda self: self.believers)
    @rule(data=st.data())
    def release(self, data: Any) -> None:
        lease = self.some(data).lease
        held = self.epoch == lease.epoch and not self.free
        assert leases.release(self.conn, LEASE, lease.owner, lease.epoch, self.clock) == held
        if held:
            self.until = self.now

    @precondition(lambda self: self.believers)
    @rule(data=st.data())
    def finish(self, data: Any) -> None:
        writer, before = self.some(data), self.facts()
        done = on_air.finish(self.conn, writer, self.clock)
        assert done == self.is_writer(writer)
        if done:
            self.open_one, self.until = None, min(self.until, self.now)
        else:
            assert self.facts() == before

    @precondition(lambda self: self.believers)
    @rule(data=st.data())
    def lay_down(self, data: Any) -> None:
        writer, before = self.some(data), self.facts()
        done = on_air.lay_down(self.conn, writer, self.clock)
        assert done == self.is_writer(writer)
        if done:
            self.until = min(self.until, self.now)
        else:
            assert self.facts() == before

    @precondition(lambda self: self.believers)
    @rule(data=st.data(), relayed=st.booleans())
    def mark(self, data: Any, relayed: bool) -> None:  # noqa: FBT001 - drawn by name
        writer, before = self.some(data), self.facts()
        done = (on_air.mark_relayed if relayed else on_air.mark_unrelayed)(self.conn, writer)
        assert done == self.is_writer(writer)
        if done:
            self.relayed = relayed
        else:
            assert self.facts() == before

    @precondition(lambda self: self.believers)
    @rule(data=st.data())
    def forget(self, data: Any) -> None:
        """Only who ended it, or a sweep that has read who did, removes a broadcast."""
        writer, before = self.some(data), self.facts()
        name, epoch = writer.broadcast_id, writer.lease.epoch
        over = name != self.open_one and self.epoch_of.get(name) == epoch
        assert broadcasts.is_over(self.conn, name, epoch) == over
        assert broadcasts.forget(self.conn, name, epoch) == over
        if over:
            del self.epoch_of[name]
        else:
            assert self.facts() == before

    @invariant()
    def one_writer_at_most(self) -> None:
        writers = [one for one in self.believers if self.is_writer(one)]
        assert len({(one.lease.owner, one.lease.epoch) for one in writers}) <= 1
        assert [row.id for row in broadcasts.open_ones(self.conn)] == ([self.open_one] if self.open_one else [])

    @invariant()
    def the_lease_is_the_last_takers(self) -> None:
        lease = leases.get(self.conn, LEASE)
        if lease:
            assert (lease.owner, lease.epoch, lease.expires_at) == (self.owner_of[self.epoch], self.epoch, self.until)
        assert bool(lease) == bool(self.owner_of)
        assert on_air.held(self.conn, "st_a", self.clock) == (not self.free)

    @invariant()
    def numbers_are_those_reserved(self) -> None:
        """And so never go back: the model's only rise."""
        assert self.numbers() == self.reserved

    @invariant()
    def what_nobody_holds_is_an_orphan(self) -> None:
        orphans = [orphan.broadcast_id for orphan in on_air.orphans(self.conn, self.clock, 9)]
        assert orphans == ([self.open_one] if self.open_one and self.free else [])


@pytest.fixture(scope="module")
def shared() -> Any:
    engine = postgres.writer_engine(migrated())
    yield engine
    engine.dispose()


def test_any_order_on_sqlite() -> None:
    run_state_machine_as_test(OnAir, settings=settings(max_examples=60, stateful_step_count=40, deadline=None))


def test_any_order_on_postgresql(shared: Engine) -> None:
    class OnAirShared(OnAir):
        """Each story is one transaction, taken back in the end."""

        def open(self) -> Engine:
            self.conn = shared.connect()
            for statement in CLOCK:
                self.conn.exec_driver_sql(statement)
            return create_engine("sqlite://")  # to be disposed of; the shared one stays

    run_state_machine_as_test(
        OnAirShared,
        settings=settings(
            max_examples=12, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
        ),
    )
