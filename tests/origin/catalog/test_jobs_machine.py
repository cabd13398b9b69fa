"""Any interleaving of what workers do with jobs: those that crash, sleep, wake up, and know it no better.

On PostgreSQL the workers' clocks are an hour apart; the database's, which this test turns, is what must count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import create_engine, select, text, update

from origin.catalog import assets, jobs, packages, schema, tenants
from origin.catalog.ids import DEFAULT_TENANT
from origin.catalog.jobs import LEASE_S, MOST_FAILURES, Job
from origin.catalog.postgres import writer_engine
from origin.catalog.schema import METADATA
from origin.catalog.tenants import Tenant
from tests.origin.catalog.made import a_new_asset, an_order
from tests.origin.catalog.test_lease_machine import HOUR_S, TURNABLE, _shared

if TYPE_CHECKING:
    from sqlalchemy import Engine

WORKERS = st.sampled_from(["a", "b", "c"])
OVER = {"done", "failed", "cancelled"}


class Workers(RuleBasedStateMachine):
    """Three workers, two tenants and some jobs on SQLite, where they have one clock."""

    wrong_by = dict.fromkeys("abc", 0.0)

    def open(self) -> Engine:
        return create_engine("sqlite://")

    def turn_clock(self) -> None:
        """SQLite has none."""

    @initialize()
    def begin(self) -> None:
        self.engine = self.open()
        self.conn = self.engine.connect()
        self.now = 1_000_000.0
        self.turn_clock()
        METADATA.create_all(self.conn)
        tenants.ensure_default(self.conn, 0.0)
        tenants.create(self.conn, Tenant("tn_other", "Other", 0.0))
        self.given: list[tuple[str, Job]] = []
        """All that any worker was ever given, for it to use, rightly or not."""
        self.over: dict[str, tuple[str, int]] = {}
        self.made: list[str] = []

    def teardown(self) -> None:
        if hasattr(self, "conn"):
            self.conn.close()
            self.engine.dispose()

    def says(self, worker: str) -> float:
        return self.now + self.wrong_by[worker]

    def all(self) -> dict[str, Job]:
        return {row["id"]: Job(**row) for row in self.conn.execute(select(schema.jobs)).mappings()}

    @rule(step=st.sampled_from([0.5, 5.0, LEASE_S, 1_000.0]))
    def time_passes(self, step: float) -> None:
        self.now += step
        self.turn_clock()

    @rule(tenant=st.sampled_from([DEFAULT_TENANT, "tn_other"]))
    def enqueue(self, tenant: str) -> None:
        name = f"as_{len(self.made)}"
        packages.create(self.conn, a_new_asset(name, tenant), an_order(), self.now)
        self.made.append(jobs.id_of(name))

    @rule(worker=WORKERS)
    def claim(self, worker: str) -> None:
        before = self.all()
        running = [job for job in before.values() if job.state == "running" and job.expires_at > self.now]  # type: ignore[operator]  # who runs has a lease
        busy = {tenant: sum(job.tenant_id == tenant for job in running) for tenant in (DEFAULT_TENANT, "tn_other")}
        due = [job for job in before.values() if self.is_due(job)]
        job = jobs.claim(self.conn, worker, [jobs.PACKAGE], self.says(worker))
        fit = [each for each in due if each.failures + (each.state == "running") <= MOST_FAILURES]
        assert (job is not None) == bool(fit)
        if job:
            first = min(fit, key=lambda each: (busy[each.tenant_id], each.created_at, each.id))
            assert job.id == first.id
            assert job.attempt == before[job.id].attempt + 1
            assert job.expires_at == self.now + LEASE_S
            self.given.append((worker, job))

    def is_due(self, job: Job) -> bool:
        if job.state == "running":
            assert job.expires_at
            return job.expires_at <= self.now
        return job.state == "queued" and job.not_before <= self.now

    @precondition(lambda self: bool(getattr(self, "given", None)))
    @rule(data=st.data(), deed=st.sampled_from(["heartbeat", "finish", "fail", "retry", "give_back", "write"]))
    def a_worker_goes_on(self, data: Any, deed: str) -> None:
        """Or wakes up: with what it was given last, or long ago."""
        worker, job = data.draw(st.sampled_from(self.given))
        before = self.all()[job.id]
        current = (before.state, before.attempt) == ("running", job.attempt)
        rows = self.rows()
        assert self.do(deed, job, self.says(worker)) == current
        if not current:
            assert self.rows() == rows, "an old attempt changes nothing"

    def do(self, deed: str, job: Job, now: float) -> bool:
        if deed == "heartbeat":
            return jobs.heartbeat(self.conn, job, 0.5, now)
        if deed == "fail":
            return jobs.fail(self.conn, job, "It is no film.", now)
        if deed == "retry":
            return jobs.retry(self.conn, job, "The store is away.", now)
        if deed == "write":
            return packages.write_down(self.conn, job, [], [])
        return (jobs.finish if deed == "finish" else jobs.give_back)(self.conn, job, now)

    @precondition(lambda self: bool(getattr(self, "made", None)))
    @rule(data=st.data())
    def cancel(self, data: Any) -> None:
        job = self.all()[data.draw(st.sampled_from(self.made))]
        if job.state not in OVER:
            jobs.cancel(self.conn, job.tenant_id, job.id, self.now)

    @precondition(lambda self: bool(getattr(self, "made", None)))
    @rule(data=st.data())
    def delete(self, data: Any) -> None:
        job = self.all()[data.draw(st.sampled_from(self.made))]
        if assets.get(self.conn, job.tenant_id, job.subject):
            assets.delete(self.conn, job.tenant_id, job.subject, None, self.now)

    def rows(self) -> list[list[str]]:
        return [sorted(repr(row) for row in self.conn.execute(select(table))) for table in METADATA.sorted_tables]

    @invariant()
    def none_is_lost_and_what_is_over_stays_so(self) -> None:
        if not hasattr(self, "conn"):
            return
        found = self.all()
        assert set(found) == set(self.made)
        for job in found.values():
            known = self.over.get(job.id)
            assert known in (None, (job.state, job.attempt)), "finished by two attempts"
            if job.state in OVER:
                self.over[job.id] = job.state, job.attempt

    @invariant()
    def assets_are_as_their_jobs(self) -> None:
        if not hasattr(self, "conn"):
            return
        shown = {"queued": "queued", "running": "processing", "done": "processing"}
        left = {row.id for row in self.conn.execute(select(schema.remains.c.id))}
        for job in self.all().values():
            asset = assets.get(self.conn, job.tenant_id, job.subject)
            if asset:
                assert asset.state == shown.get(job.state, "failed")
                assert asset.whole == (job.state == "done")
            else:
                assert job.state in OVER
            assert (job.subject in left) == (asset is None or asset.state == "failed"), "objects would stay for ever"

    @invariant()
    def whoever_waits_comes_to_its_turn(self) -> None:
        """Whatever happened, one worker that comes often enough ends all that is left."""
        if not hasattr(self, "conn") or len(self.made) > 3:
            return
        with self.conn.begin_nested() as trial:
            self.conn.execute(update(schema.jobs).values(not_before=0.0, expires_at=0.0))
            while job := jobs.claim(self.conn, "a", [jobs.PACKAGE], self.now):
                assert jobs.finish(self.conn, job, self.now)
            assert {job.state for job in self.all().values()} <= OVER
            trial.rollback()


class WorkersOfPostgres(Workers):
    """The same on PostgreSQL, with clocks that are wrong."""

    wrong_by = {"a": 0.0, "b": HOUR_S, "c": -HOUR_S}  # noqa: RUF012 - read only

    def open(self) -> Engine:
        return writer_engine(_shared())

    def turn_clock(self) -> None:
        if not self.conn.in_transaction():
            for statement in TURNABLE.split(";\n"):
                self.conn.exec_driver_sql(statement)
        self.conn.execute(text("SELECT set_config('test.now', :now, true)"), {"now": str(self.now)})


TestWorkers = Workers.TestCase
TestWorkers.settings = settings(max_examples=50, stateful_step_count=40, deadline=None)
TestWorkersOfPostgres = WorkersOfPostgres.TestCase
TestWorkersOfPostgres.settings = settings(
    max_examples=10, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
