"""Jobs: work that some worker of the cluster does once, in the order of their making, each tenant in its turn.

    queued → running → done
       ↑        ├→ failed: no other try could succeed, or there were too many
       └────────┘ given back, or the worker is gone, or what failed may pass

The truth is here and nowhere else; the bus only says that it is time to look. Who takes a job holds it until
`expires_at`, by the database's clock, and longer with each heartbeat. `attempt` rises each time that it is taken, and
whatever a worker says of a job holds only under its own attempt: one that was taken for dead changes nothing.
The job's subject follows in the same transaction (`_FOLLOWERS`), so the two never disagree.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from sqlalchemy import and_, delete, func, or_, select, tuple_, update

from origin.catalog import assets, rows, schema
from origin.catalog.clock import moment
from origin.catalog.ids import derived_id
from origin.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from sqlalchemy import ColumnElement, Connection, Select, Update

    Note = Callable[["Connection", "Job", float], bool]
    """What a worker says of its job: `finish`, `give_back`, or another with words of its own."""

PACKAGE: Final = "package"
"""The kind of job that makes an asset from an object."""
QUEUED: Final = "queued"
RUNNING: Final = "running"
DONE: Final = "done"
FAILED: Final = "failed"
CANCELLED: Final = "cancelled"

LEASE_S: Final = 12.0
"""How long a worker that says nothing keeps its job: four heartbeats."""
PAUSES_S: Final = (5.0, 15.0, 60.0, 300.0, 600.0)
"""Before the next try of a job that failed in a way that may pass: a store's outage of a quarter of an hour."""
MOST_FAILURES: Final = len(PAUSES_S)
"""One more, and it has failed. A worker that is gone counts as one: the job may be what it died of."""
MOST_WAITING: Final = 1_000
"""Jobs of a tenant that wait or run; more are told to come later."""
GLANCE: Final = 100
"""Jobs with too many failures put aside in one go, on the way to one that can be done."""
_LOST: Final = "Its worker was gone before it was done, as often as it was begun."
_ROW = schema.jobs.c


@dataclass(frozen=True, slots=True)
class Job:
    """One job. `subject` is the id of what it is about, `order` what to do, in JSON that its kind understands.

    `failures` counts attempts that failed or were lost, not those that were given back. `progress` is 0 to 1.
    `worker` and `expires_at` are those of the last attempt; nobody takes it `not_before` that moment.
    """

    id: str
    tenant_id: str
    kind: str
    subject: str
    order: str
    state: str
    attempt: int
    failures: int
    worker: str | None
    expires_at: float | None
    not_before: float
    progress: float
    error: str | None
    created_at: float
    updated_at: float


_FOLLOWERS: Final[dict[str, Callable[[Connection, str, str, str | None, float], None]]] = {
    PACKAGE: assets.follow,
}
"""What a change of state means for the subject of a job of this kind: subject, state, error, now."""


def id_of(subject: str) -> str:
    """Give the id of the one job that a subject has, or would have."""
    return derived_id("jb_", subject)


def enqueue(conn: Connection, tenant_id: str, kind: str, subject: str, order: str, now: float) -> Job:  # noqa: PLR0913, PLR0917 - one argument a column
    """Add the job of a subject. Raises `rate_limited` when too many of the tenant's are waiting."""
    waiting = select(func.count()).where(_ROW.tenant_id == tenant_id, _ROW.state.in_((QUEUED, RUNNING)))
    if conn.execute(waiting).scalar_one() >= MOST_WAITING:
        detail = f"{MOST_WAITING} jobs of yours are waiting; try again when some are done."
        raise Problem("rate_limited", detail, (("Retry-After", "60"),))
    now = moment(conn, now)
    whose = {"id": id_of(subject), "tenant_id": tenant_id, "kind": kind, "subject": subject, "order": order}
    job = Job(
        **whose, state=QUEUED, attempt=0, failures=0, worker=None, expires_at=None, not_before=now, progress=0.0,
        error=None, created_at=now, updated_at=now,
    )  # fmt: skip
    rows.add(conn, schema.jobs, job)
    return job


def claim(conn: Connection, worker: str, kinds: Collection[str], now: float) -> Job | None:
    """Give a job of one of these kinds to a worker; None if there is none to be done now.

    The tenant with the fewest running comes first, then the oldest job. Nodes pass over rows that another one is just
    taking (`SKIP LOCKED`), and PostgreSQL looks at a row again, as the winner left it, before the loser may have it.
    Reads all that is due, at most `MOST_WAITING` of each tenant.
    """
    now = moment(conn, now)
    for _ in range(GLANCE):
        found = rows.first(conn, _next(kinds, now), Job)
        if found is None:
            return None
        lost = found.state == RUNNING
        taken = replace(found, attempt=found.attempt + 1, failures=found.failures + lost, state=RUNNING, worker=worker)
        taken = replace(taken, expires_at=now + LEASE_S, progress=0.0, error=None, updated_at=now)
        if taken.failures > MOST_FAILURES:
            taken = replace(taken, state=FAILED, error=found.error or _LOST)
        _save(conn, taken, now)
        if taken.state == RUNNING:
            return taken
    return None


def heartbeat(conn: Connection, job: Job, progress: float, now: float) -> bool:
    """Keep a job and tell how far it has come. False once it was cancelled, or is another attempt's."""
    now = moment(conn, now)
    kept = _ours(job, expires_at=now + LEASE_S, progress=progress, updated_at=now)
    ours = rows.touched(conn, kept) == 1
    if ours and job.kind == PACKAGE:
        assets.note_packaged(conn, job.subject, progress, now)
    return ours


def lock(conn: Connection, job: Job) -> bool:
    """Tell whether a job is still this attempt's; nobody takes or cancels it in this transaction."""
    mine = select(_ROW.id).where(_ROW.id == job.id, _ROW.attempt == job.attempt, _ROW.state == RUNNING)
    return conn.execute(mine.with_for_update()).first() is not None


def finish(conn: Connection, job: Job, now: float) -> bool:
    """Note that it is done. False, and nothing else, if it is no longer this attempt's."""
    return _end(conn, replace(job, state=DONE, progress=1.0, error=None), now)


def fail(conn: Connection, job: Job, error: str, now: float) -> bool:
    """Note why it will never be done, in a sentence. As `finish`."""
    return _end(conn, replace(job, state=FAILED, error=error), now)


def retry(conn: Connection, job: Job, error: str, now: float, *, most: int = MOST_FAILURES) -> bool:
    """Let it be tried again after a while; after more than `most` failures, fail it. As `finish`."""
    if job.failures >= most:
        return fail(conn, job, error, now)
    now = moment(conn, now)
    pause = PAUSES_S[min(job.failures, len(PAUSES_S) - 1)]
    again = replace(job, state=QUEUED, failures=job.failures + 1, error=error, progress=0.0, not_before=now + pause)
    return _end(conn, again, now)


def give_back(conn: Connection, job: Job, now: float) -> bool:
    """Let another worker begin it anew, at once; that is no failure. As `finish`."""
    now = moment(conn, now)
    return _end(conn, replace(job, state=QUEUED, progress=0.0, not_before=now), now)


def cancel(conn: Connection, tenant_id: str, job_id: str, now: float) -> Job:
    """Let nobody do it any more. Raises `not_found`, or `conflict` if it is over."""
    mine = select(schema.jobs).where(_ROW.id == job_id, _ROW.tenant_id == tenant_id)
    job = rows.first(conn, mine.with_for_update(), Job)
    if job is None:
        raise Problem("not_found", f"There is no job {job_id}.")
    if job.state not in (QUEUED, RUNNING):
        raise Problem("conflict", f"The job is {job.state}; there is nothing to cancel.")
    now = moment(conn, now)
    job = replace(job, state=CANCELLED, updated_at=now)
    _save(conn, job, now)
    return job


def get(conn: Connection, tenant_id: str, job_id: str) -> Job | None:
    """Look up a tenant's job."""
    return rows.first(conn, select(schema.jobs).where(_ROW.id == job_id, _ROW.tenant_id == tenant_id), Job)


def page(conn: Connection, tenant_id: str, after: tuple[float, str] | None, limit: int) -> list[Job]:
    """Give at most `limit` jobs of a tenant, newest first, behind the one with `(created_at, id)` of `after`."""
    query = select(schema.jobs).where(_ROW.tenant_id == tenant_id)
    if after is not None:
        query = query.where(tuple_(_ROW.created_at, _ROW.id) < tuple_(*after))
    return rows.every(conn, query.order_by(_ROW.created_at.desc(), _ROW.id.desc()).limit(limit), Job)


def waiting(conn: Connection, kinds: Collection[str], now: float) -> bool:
    """Tell whether there is anything to take: reading holds up nobody."""
    return conn.execute(select(_ROW.id).where(_due(kinds, moment(conn, now))).limit(1)).first() is not None


def purge(conn: Connection, before: float) -> int:
    """Forget jobs that were over before a moment; how many."""
    over = _ROW.state.in_((DONE, FAILED, CANCELLED))
    return rows.touched(conn, delete(schema.jobs).where(over, _ROW.updated_at < before))


def _due(kinds: Collection[str], now: float) -> ColumnElement[bool]:
    fresh = and_(_ROW.state == QUEUED, _ROW.not_before <= now)
    lost = and_(_ROW.state == RUNNING, _ROW.expires_at <= now)
    return and_(_ROW.kind.in_(kinds), or_(fresh, lost))


def _next(kinds: Collection[str], now: float) -> Select[tuple[object, ...]]:
    other = schema.jobs.alias().c
    busy = (
        select(other.tenant_id, func.count().label("running"))
        .where(other.state == RUNNING, other.expires_at > now)
        .group_by(other.tenant_id)
        .subquery()
    )
    due = select(schema.jobs).outerjoin(busy, busy.c.tenant_id == _ROW.tenant_id).where(_due(kinds, now))
    turn = due.order_by(func.coalesce(busy.c.running, 0), _ROW.created_at, _ROW.id)
    return turn.limit(1).with_for_update(skip_locked=True, of=schema.jobs)


def _ours(job: Job, **values: object) -> Update:
    mine = update(schema.jobs).where(_ROW.id == job.id, _ROW.attempt == job.attempt, _ROW.state == RUNNING)
    return mine.values(**values)


def _end(conn: Connection, job: Job, now: float) -> bool:
    """Leave the running state, under the attempt that it was taken with."""
    if not lock(conn, job):
        return False
    now = moment(conn, now)
    _save(conn, replace(job, updated_at=now, expires_at=now), now)
    return True


def _save(conn: Connection, job: Job, now: float) -> None:
    """Write down a row that is locked, and let its subject follow."""
    values = {name: getattr(job, name) for name in _CHANGING}
    conn.execute(update(schema.jobs).where(_ROW.id == job.id).values(**values))
    _FOLLOWERS.get(job.kind, _nobody)(conn, job.subject, job.state, job.error, now)


def _nobody(_conn: Connection, _subject: str, _state: str, _error: str | None, _now: float) -> None:
    """For kinds of which nothing follows."""


_CHANGING: Final = (
    *("state", "attempt", "failures", "worker", "expires_at", "not_before", "progress", "error", "updated_at"),
)
