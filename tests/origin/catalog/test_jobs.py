from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from origin.catalog import assets, jobs, packages, tenants
from origin.catalog.database import Catalog
from origin.catalog.ids import DEFAULT_TENANT
from origin.catalog.jobs import LEASE_S, MOST_FAILURES, PAUSES_S, Job
from origin.catalog.tenants import Tenant
from tests.origin.catalog.made import ON_POSTGRESQL, a_new_asset, an_order, problem

if TYPE_CHECKING:
    import pytest
    from sqlalchemy import Connection

KINDS = [jobs.PACKAGE]


def a_job(conn: Connection, name: str = "as_a", now: float = 10.0, tenant_id: str = DEFAULT_TENANT) -> str:
    packages.create(conn, a_new_asset(name, tenant_id), an_order(), now)
    return jobs.id_of(name)


def claimed(conn: Connection, now: float, worker: str = "wo_a") -> Job:
    job = jobs.claim(conn, worker, KINDS, now)
    assert job
    return job


def known(conn: Connection, job_id: str) -> Job:
    job = jobs.get(conn, DEFAULT_TENANT, job_id)
    assert job
    return job


def test_a_job_is_taken_once_and_done(conn: Connection) -> None:
    job_id = a_job(conn)
    assert jobs.waiting(conn, KINDS, 10.0)
    job = claimed(conn, 11.0)
    assert (job.id, job.state, job.attempt, job.worker) == (job_id, "running", 1, "wo_a")
    assert not jobs.waiting(conn, KINDS, 11.0)
    assert jobs.claim(conn, "wo_b", KINDS, 12.0) is None
    assert jobs.finish(conn, job, 13.0)
    assert (known(conn, job_id).state, known(conn, job_id).progress) == ("done", 1.0)
    assert not jobs.finish(conn, job, 14.0)
    assert jobs.claim(conn, "wo_b", KINDS, 1e9) is None


def test_kinds_that_a_worker_does_not_know_wait_for_another(conn: Connection) -> None:
    jobs.enqueue(conn, DEFAULT_TENANT, "of the future", "as_x", "{}", 10.0)
    assert jobs.claim(conn, "wo_a", KINDS, 11.0) is None
    job = jobs.claim(conn, "wo_b", ["of the future"], 11.0)
    assert job
    assert jobs.finish(conn, job, 12.0)


def test_the_tenant_with_the_fewest_running_comes_first_and_then_the_oldest(conn: Connection) -> None:
    tenants.create(conn, Tenant("tn_small", "Small", 0.0))
    for number in range(4):
        a_job(conn, f"as_{number}", 10.0 + number)
    a_job(conn, "as_small", 20.0, "tn_small")
    order = [claimed(conn, 30.0).subject for _ in range(5)]
    assert order == ["as_0", "as_small", "as_1", "as_2", "as_3"]


def test_a_worker_that_is_gone_loses_its_job_after_the_lease(conn: Connection) -> None:
    a_job(conn)
    first = claimed(conn, 10.0)
    assert jobs.heartbeat(conn, first, 0.5, 20.0)
    assert jobs.claim(conn, "wo_b", KINDS, 20.0 + LEASE_S - 0.1) is None
    second = claimed(conn, 20.0 + LEASE_S, "wo_b")
    assert (second.attempt, second.failures, second.progress) == (2, 1, 0.0)
    for deed in jobs.finish, jobs.give_back:
        assert not deed(conn, first, 33.0)
    assert not jobs.heartbeat(conn, first, 0.9, 33.0)
    assert not jobs.fail(conn, first, "Nonsense.", 33.0)
    assert not jobs.retry(conn, first, "Nonsense.", 33.0)
    assert not jobs.lock(conn, first)
    assert jobs.lock(conn, second)


def test_a_heartbeat_that_comes_late_keeps_a_job_that_nobody_took(conn: Connection) -> None:
    a_job(conn)
    job = claimed(conn, 10.0)
    assert jobs.heartbeat(conn, job, 0.5, 99.0)
    assert jobs.claim(conn, "wo_b", KINDS, 99.0) is None


def test_what_may_pass_is_tried_again_later_and_later_and_then_no_more(conn: Connection) -> None:
    job_id, now = a_job(conn), 10.0
    for count, pause in enumerate(PAUSES_S):
        job = claimed(conn, now)
        assert (job.attempt, job.failures) == (count + 1, count)
        assert jobs.retry(conn, job, "The store is away.", now)
        assert assets.get(conn, DEFAULT_TENANT, "as_a").state == "queued"  # type: ignore[union-attr]  # it is there
        assert jobs.claim(conn, "wo_a", KINDS, now + pause - 0.1) is None
        now += pause
    assert jobs.retry(conn, claimed(conn, now), "The store is away.", now)
    ended = known(conn, job_id)
    assert (ended.state, ended.error) == ("failed", "The store is away.")


def test_what_broke_off_is_tried_once_more(conn: Connection) -> None:
    job_id = a_job(conn)
    assert jobs.retry(conn, claimed(conn, 10.0), "It broke off.", 10.0, most=1)
    assert known(conn, job_id).state == "queued"
    assert jobs.retry(conn, claimed(conn, 99.0), "It broke off.", 99.0, most=1)
    assert known(conn, job_id).state == "failed"


def test_a_job_that_its_workers_die_of_fails(conn: Connection) -> None:
    job_id, now = a_job(conn), 10.0
    another = a_job(conn, "as_b", 11.0)
    for _ in range(MOST_FAILURES + 1):
        while claimed(conn, now).id != job_id:
            pass
        now += 100.0
    assert claimed(conn, now).id == another
    failed = known(conn, job_id)
    assert (failed.state, assets.get(conn, DEFAULT_TENANT, "as_a").state) == ("failed", "failed")  # type: ignore[union-attr]  # it is there
    assert failed.error
    assert "worker was gone" in failed.error


def test_what_is_given_back_is_nobody_s_failure(conn: Connection) -> None:
    a_job(conn)
    assert jobs.give_back(conn, claimed(conn, 10.0), 11.0)
    again = claimed(conn, 11.0, "wo_b")
    assert (again.attempt, again.failures) == (2, 0)


def test_one_that_is_cancelled_is_nobody_s(conn: Connection) -> None:
    job_id = a_job(conn)
    job = claimed(conn, 10.0)
    with problem("not_found"):
        jobs.cancel(conn, "tn_other", job_id, 11.0)
    assert jobs.cancel(conn, DEFAULT_TENANT, job_id, 11.0).state == "cancelled"
    assert not jobs.heartbeat(conn, job, 0.5, 12.0)
    assert not jobs.finish(conn, job, 12.0)
    with problem("conflict"):
        jobs.cancel(conn, DEFAULT_TENANT, job_id, 12.0)


def test_a_tenant_cannot_queue_without_end(conn: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "MOST_WAITING", 2)
    a_job(conn, "as_a")
    a_job(conn, "as_b")
    with problem("rate_limited"):
        a_job(conn, "as_c")
    assert jobs.finish(conn, claimed(conn, 10.0), 11.0)
    a_job(conn, "as_d")


def test_a_list_is_paged_newest_first(conn: Connection) -> None:
    made = [a_job(conn, f"as_{number}", 10.0 + number) for number in range(3)]
    first = jobs.page(conn, DEFAULT_TENANT, None, 2)
    rest = jobs.page(conn, DEFAULT_TENANT, (first[-1].created_at, first[-1].id), 2)
    assert [job.id for job in first + rest] == made[::-1]
    assert jobs.page(conn, "tn_other", None, 9) == []


def test_old_ones_are_forgotten_when_they_are_over(conn: Connection) -> None:
    over, under_way = a_job(conn, "as_a"), a_job(conn, "as_b", 11.0)
    assert jobs.finish(conn, claimed(conn, 11.0), 12.0)
    assert jobs.purge(conn, 12.0) == 0
    assert jobs.purge(conn, 1e9) == 1
    assert jobs.get(conn, DEFAULT_TENANT, over) is None
    assert known(conn, under_way).state == "queued"


@ON_POSTGRESQL
def test_workers_that_reach_at_once_get_different_jobs(url: str) -> None:
    nodes = [Catalog.open(url) for _ in range(4)]
    nodes[0].write_now(partial(tenants.ensure_default, now=0.0))
    for number in range(20):
        nodes[0].write_now(partial(a_job, name=f"as_{number}"))
    together = threading.Barrier(len(nodes))

    def take(place: int) -> list[str]:
        together.wait(30)
        mine = []
        while job := nodes[place].write_now(lambda conn: jobs.claim(conn, f"wo_{place}", KINDS, 0.0)):
            mine.append(job.subject)
        return mine

    with ThreadPoolExecutor(len(nodes)) as threads:
        taken = list(threads.map(take, range(len(nodes))))
    assert sorted(name for mine in taken for name in mine) == sorted(f"as_{number}" for number in range(20))
    for node in nodes:
        node.close()


@ON_POSTGRESQL
def test_a_job_is_either_done_or_cancelled(url: str) -> None:
    """A worker finishes while the asset is deleted: neither waits for the other for ever, and one is first."""
    nodes = [Catalog.open(url) for _ in range(2)]
    nodes[0].write_now(partial(tenants.ensure_default, now=0.0))
    for number in range(15):
        name = f"as_{number}"
        nodes[0].write_now(partial(a_job, name=name))
        job = nodes[0].write_now(lambda conn: jobs.claim(conn, "wo_a", KINDS, 0.0))
        assert job
        with ThreadPoolExecutor(2) as threads:
            done = threads.submit(nodes[0].write_now, partial(jobs.finish, job=job, now=0.0))
            gone = threads.submit(
                nodes[1].write_now, lambda conn, name=name: assets.delete(conn, DEFAULT_TENANT, name, None, 0.0)
            )
            assert gone.result(30).id == name
            state = nodes[0].read_now(partial(jobs.get, tenant_id=DEFAULT_TENANT, job_id=job.id))
            assert state
            assert state.state == ("done" if done.result(30) else "cancelled")
    for node in nodes:
        node.close()


def test_a_job_s_subject_has_one_id(conn: Connection) -> None:
    job = known(conn, a_job(conn))
    assert job.id == jobs.id_of(job.subject)
    assert packages.order_of(job) == an_order()
    assert packages.order_of(replace(job, attempt=7)) == an_order()
