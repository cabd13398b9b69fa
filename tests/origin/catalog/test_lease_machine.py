"""Any interleaving of what several nodes do with one stream: owners that crash, sleep, wake up, and know it no better.

Whatever a node was once given it may use at any later time, as one does that was stopped in the middle and goes on.
On PostgreSQL the nodes' clocks are an hour apart; the database's, which this test turns, is what must count.
"""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import create_engine, select, text

from origin.catalog import broadcasts, leases, on_air, streams, tenants
from origin.catalog.ids import DEFAULT_TENANT
from origin.catalog.on_air import BLOCK, Writer
from origin.catalog.postgres import writer_engine
from origin.catalog.schema import METADATA
from tests.origin.catalog.made import a_stream
from tests.support import postgres

if TYPE_CHECKING:
    from sqlalchemy import Engine

TTL_S = 15.0
HOUR_S = 3600.0
OWNERS = st.sampled_from(["a", "b", "c"])
TURNABLE = """
CREATE SCHEMA IF NOT EXISTS pretended;
CREATE OR REPLACE FUNCTION pretended.clock_timestamp() RETURNS timestamptz LANGUAGE sql
AS $$ SELECT to_timestamp(current_setting('test.now')::float8) $$;
SET LOCAL search_path = pretended, pg_catalog, public
"""
"""Found before PostgreSQL's own clock, by whoever looks there first."""


class Nodes(RuleBasedStateMachine):
    """Three owners and one stream on SQLite, where they have one clock."""

    wrong_by = dict.fromkeys("abc", 0.0)

    def open(self) -> Engine:
        return create_engine("sqlite://")

    def turn_clock(self) -> None:
        """SQLite has none."""

    @initialize()
    def begin_with_one_stream(self) -> None:
        self.engine = self.open()
        self.conn = self.engine.connect()
        self.now = 1_000_000.0
        self.turn_clock()
        METADATA.create_all(self.conn)
        tenants.ensure_default(self.conn, 0.0)
        self.stream = a_stream(self.conn)
        self.given: list[Writer] = []
        """All that any node was ever given, with the numbers that it has come to: for it to use, rightly or not."""
        self.owner_of: dict[int, str] = {}
        self.held_until = 0.0
        self.highest = (0, 0, 0)
        self.made = 0

    def teardown(self) -> None:
        if hasattr(self, "conn"):
            self.conn.close()
            self.engine.dispose()

    def says(self, owner: str) -> float:
        return self.now + self.wrong_by[owner]

    def rows(self) -> list[list[tuple[Any, ...]]]:
        return [sorted(map(tuple, self.conn.execute(select(table)))) for table in METADATA.sorted_tables]

    def is_current(self, writer: Writer) -> bool:
        row = leases.get(self.conn, writer.lease.resource)
        return row is not None and (row.owner, row.epoch) == (writer.lease.owner, writer.lease.epoch)

    def granted(self, owner: str, writer: Writer | None, *, offered: bool) -> None:
        last = max(self.owner_of, default=0)
        others = self.now < self.held_until and self.owner_of[last] != owner
        assert (writer is not None) == (offered and not others)
        if writer is None:
            return
        assert writer.lease.epoch == last + 1, "names would be used twice"
        assert all(writer.next_msn >= other.next_msn for other in self.given), "a number would be used twice"
        self.owner_of[writer.lease.epoch] = owner
        self.held_until = writer.lease.expires_at
        assert self.held_until == self.now + TTL_S
        self.given.append(writer)

    @rule(step=st.sampled_from([0.5, 5.0, TTL_S, 100.0]))
    def time_passes(self, step: float) -> None:
        self.now += step
        self.turn_clock()

    @rule(owner=OWNERS)
    def begin(self, owner: str) -> None:
        self.made += 1
        name, now = f"bc_{self.made}", self.says(owner)
        writer = on_air.begin(self.conn, self.stream, name, owner, now=now, ttl_s=TTL_S)
        self.granted(owner, writer, offered=True)

    @rule(owner=OWNERS)
    def resume(self, owner: str) -> None:
        before = self.rows()
        open_ones = broadcasts.open_ones(self.conn)
        writer = on_air.resume(self.conn, self.stream, owner, now=self.says(owner), ttl_s=TTL_S)
        self.granted(owner, writer, offered=bool(open_ones))
        assert writer is not None or self.rows() == before

    @precondition(lambda self: bool(getattr(self, "given", None)))
    @rule(data=st.data(), deed=st.sampled_from(["hold", "lay_down", "finish", "note_relayed", "advance"]))
    def a_node_goes_on(self, data: Any, deed: str) -> None:
        """Or wakes up: with what it was given last, or long ago."""
        place = data.draw(st.integers(0, len(self.given) - 1))
        writer = self.given[place]
        current, before = self.is_current(writer), self.rows()
        if deed in ("lay_down", "finish"):
            open_ones = [(row.id, row.epoch) for row in broadcasts.open_ones(self.conn)]
            current &= (writer.broadcast_id, writer.lease.epoch) in open_ones  # not one before its owner's newest
        done = self.do(deed, place)
        if not current:
            assert not done
            assert self.rows() == before
        elif deed in ("lay_down", "finish"):
            assert done
            self.held_until = min(self.held_until, self.now)
        elif deed == "hold":
            assert done
            self.held_until = self.now + TTL_S

    def do(self, deed: str, place: int) -> bool:
        writer = self.given[place]
        now = self.says(writer.lease.owner)
        if deed == "hold":
            return not on_air.hold(self.conn, [writer], now, TTL_S)
        if deed == "note_relayed":
            return on_air.note_relayed(self.conn, writer, now, relayed=False)
        if deed == "advance":
            return self.write_segments(place)
        return (on_air.lay_down if deed == "lay_down" else on_air.finish)(self.conn, writer, now)

    def write_segments(self, place: int) -> bool:
        """As many as are reserved, which is what a writer that cannot ask may use; then ask for more, if one may."""
        writer = self.given[place]
        if not self.is_current(writer):
            return False
        row = streams.get(self.conn, DEFAULT_TENANT, "st_a")
        assert row is not None
        assert row.next_msn - writer.next_msn >= BLOCK
        self.given[place] = replace(writer, next_msn=row.next_msn)
        return (
            on_air.hold(self.conn, [self.given[place]], self.says(writer.lease.owner), 0.0) == set() and self.ran_out()
        )

    def ran_out(self) -> bool:
        self.held_until = self.now
        return True

    @invariant()
    def nothing_goes_back(self) -> None:
        if hasattr(self, "conn"):
            lease, stream = leases.get(self.conn, "stream:st_a"), streams.get(self.conn, DEFAULT_TENANT, "st_a")
            assert stream is not None
            reached = (lease.epoch if lease else 0, stream.next_msn, stream.next_discontinuity)
            assert all(new >= old for new, old in zip(reached, self.highest, strict=True))
            self.highest = reached

    @invariant()
    def one_broadcast_is_open_and_its_epoch_is_no_later_than_the_leases(self) -> None:
        if hasattr(self, "conn"):
            open_ones = broadcasts.open_ones(self.conn)
            assert len(open_ones) <= 1
            assert all(row.epoch <= max(self.owner_of) for row in open_ones)

    @invariant()
    def an_orphan_is_what_nobody_holds(self) -> None:
        if hasattr(self, "conn"):
            left = on_air.orphans(self.conn, self.says("a"), 9)
            over = self.held_until + self.stream.reconnect_window_s <= self.now
            assert len(left) == (len(broadcasts.open_ones(self.conn)) if over else 0)


@functools.cache
def _shared() -> str:
    """Every example is rolled back, so that all may have one database."""
    return postgres.migrated()


class NodesOfPostgres(Nodes):
    """The same on PostgreSQL, with clocks that are wrong."""

    wrong_by = {"a": 0.0, "b": HOUR_S, "c": -HOUR_S}  # noqa: RUF012 - read only

    def open(self) -> Engine:
        return writer_engine(_shared())

    def turn_clock(self) -> None:
        if not self.conn.in_transaction():
            for statement in TURNABLE.split(";\n"):
                self.conn.exec_driver_sql(statement)
        self.conn.execute(text("SELECT set_config('test.now', :now, true)"), {"now": str(self.now)})


TestNodes = Nodes.TestCase
TestNodes.settings = settings(max_examples=50, stateful_step_count=40, deadline=None)
TestNodesOfPostgres = NodesOfPostgres.TestCase
TestNodesOfPostgres.settings = settings(
    max_examples=10, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
