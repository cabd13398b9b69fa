"""Takes jobs and has them done, as many at once as this node has cores.

    bus: "look", or time to look → claim → perform ∥ heartbeat → done, failed, or to be tried again

The catalog has the truth (`catalog.jobs`): a lost message costs a poll, a lost worker its lease. A job that was
cancelled, or that another worker has now, is noticed at the next heartbeat, and at once where the bus says so. When the
catalog is away for as long as the lease lasts, we leave the job, since another may have it by then. Who is cancelled
gives its jobs back, to be begun anew elsewhere at once.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

import structlog

from origin.bus.protocol import Message
from origin.catalog import jobs
from origin.errors import Problem
from origin.observe import metrics
from origin.vod.performers import BrokenOffError, GoneError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from origin.bus.protocol import Bus, Lost
    from origin.catalog.database import Catalog
    from origin.catalog.jobs import Job, Note
    from origin.vod.performers import Performer

TOPIC: Final = "jobs"
"""Where is told that there is a job to take, or, as `job`, which one was cancelled."""
TOPIC_ENDED: Final = "jobs-ended"
"""Where is told that a job has ended: there may be an asset to finish."""
POLL_S: Final = 2.0
"""How long a job waits that nobody was told of: one small read on each node."""
HEARTBEAT_S: Final = 3.0
"""Three of four may fail before the lease is over."""
SPARE_S: Final = 2.0
"""We stop so long before the lease is over, for puts under way to end; clocks that differ in speed take less."""
LISTEN_AGAIN_S: Final = 5.0
"""After the bus has failed; polls do its work meanwhile."""
SETTLE_S: Final = (0.5, 1.0, 2.0, 4.0)
"""Before the next try to note how a job ended. After the last the lease runs out, and the job is done anew."""

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Run:
    """A job under way."""

    job: Job
    progress: float = 0.0
    look: asyncio.Event = field(default_factory=asyncio.Event)

    def report(self, progress: float) -> None:
        self.progress = min(max(progress, 0.0), 1.0)


class Runner:
    """One worker, called `name`, as no other in the cluster is. `most` jobs at once. `run` must be running."""

    def __init__(  # noqa: PLR0913 - what it works with
        self,
        catalog: Catalog,
        bus: Bus,
        performers: Mapping[str, Performer],
        *,
        name: str,
        most: int,
        clock: Callable[[], float],
    ) -> None:
        self._catalog = catalog
        self._bus = bus
        self._performers = performers
        self._name = name
        self._most = most
        self._clock = clock
        self._runs: dict[asyncio.Task[None], _Run] = {}
        self._wake = asyncio.Event()

    async def run(self) -> None:
        """Go on until cancelled; then what is under way is given back."""
        listening = asyncio.create_task(self._listen())
        try:
            while True:
                self._wake.clear()
                await self._fill()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(POLL_S):
                        await self._wake.wait()
        finally:
            under_way = [listening, *self._runs]
            for task in under_way:
                task.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)
            await tell(self._bus)

    async def _fill(self) -> None:
        """Take jobs while there is room."""
        try:
            while len(self._runs) < self._most and (job := await self._take()):
                run = _Run(job)
                task = asyncio.create_task(self._do(run))
                self._runs[task] = run
                task.add_done_callback(self._ended)
        except Problem as problem:
            metrics.catalog_failures.labels("jobs").inc()
            _log.warning("jobs_not_looked_for", problem=str(problem))

    async def _take(self) -> Job | None:
        kinds, now = list(self._performers), self._clock()
        if not await self._catalog.read(lambda conn: jobs.waiting(conn, kinds, now)):
            return None
        return await self._catalog.write(lambda conn: jobs.claim(conn, self._name, kinds, now))

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._runs[task]
        self._wake.set()
        if not task.cancelled() and (error := task.exception()):
            _log.error("job_not_settled", error=repr(error))

    async def _listen(self) -> None:
        while True:
            try:
                async with self._bus.subscribe(TOPIC) as subscription:
                    self._wake.set()
                    async for told in subscription:
                        self._hear(told)
            except Problem as problem:
                _log.warning("jobs_cannot_be_listened_to", problem=str(problem))
            await asyncio.sleep(LISTEN_AGAIN_S)

    def _hear(self, told: Message | Lost) -> None:
        self._wake.set()
        which = told.values.get("job") if isinstance(told, Message) else None
        for run in self._runs.values():
            if not isinstance(told, Message) or run.job.id == which:
                run.look.set()

    async def _do(self, run: _Run) -> None:
        job = run.job
        _log.info("job_begun", job=job.id, kind=job.kind, subject=job.subject, attempt=job.attempt)
        work = asyncio.create_task(self._performers[job.kind].perform(job, run.report))
        beat = asyncio.create_task(self._keep(run))
        try:
            await asyncio.wait((work, beat), return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                await self._settle(job, *_outcome(work.exception()))
            else:
                _log.warning("job_lost", job=job.id, attempt=job.attempt)
        except asyncio.CancelledError:
            await _stopped(work)
            await self._write(job, "given_back", jobs.give_back)
            raise
        finally:
            await _stopped(work, beat)

    async def _keep(self, run: _Run) -> None:
        """Send heartbeats. Returns when the job is not ours any more, or we cannot know that it is."""
        loop = asyncio.get_running_loop()
        until = loop.time() + jobs.LEASE_S - SPARE_S
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(HEARTBEAT_S, until - loop.time())):
                    await run.look.wait()
            run.look.clear()
            began = loop.time()
            beat = partial(jobs.heartbeat, job=run.job, progress=run.progress, now=self._clock())
            try:
                async with asyncio.timeout_at(until):
                    if not await self._catalog.write(beat):
                        return
            except TimeoutError:
                return
            except Problem as problem:
                metrics.catalog_failures.labels("jobs").inc()
                _log.warning("heartbeat_failed", job=run.job.id, problem=str(problem))
            else:
                until = began + jobs.LEASE_S - SPARE_S

    async def _settle(self, job: Job, outcome: str, note: Note | None) -> None:
        """Note how it ended; heartbeats go on meanwhile."""
        if note is None:
            _log.info("job_left", job=job.id, attempt=job.attempt)
            return
        for pause in SETTLE_S:
            if await self._write(job, outcome, note):
                return
            await asyncio.sleep(pause)

    async def _write(self, job: Job, outcome: str, note: Note) -> bool:
        """False if the catalog failed."""
        now = self._clock()
        try:
            ours = await self._catalog.write(lambda conn: note(conn, job, now))
        except Problem as problem:
            _log.warning("job_not_noted", job=job.id, outcome=outcome, problem=str(problem))
            return False
        if ours:
            metrics.jobs.labels(job.kind, outcome).inc()
            await _publish(self._bus, TOPIC_ENDED)
        _log.info("job_ended", job=job.id, subject=job.subject, outcome=outcome if ours else "no longer ours")
        return True


async def tell(bus: Bus, job_id: str = "") -> None:
    """Tell workers to look, or that a job was cancelled. They look by themselves if the bus does not pass it on."""
    await _publish(bus, TOPIC, **({"job": job_id} if job_id else {}))


async def _publish(bus: Bus, topic: str, **values: str) -> None:
    with contextlib.suppress(Problem):
        await bus.publish(topic, values)


def _outcome(error: BaseException | None) -> tuple[str, Note | None]:
    """What to note of a job that ended so."""
    if error is None:
        return "done", jobs.finish
    if isinstance(error, GoneError):
        return "gone", None
    said = str(error)
    if isinstance(error, RefusedError):
        return "refused", lambda conn, job, now: jobs.fail(conn, job, said, now)
    if isinstance(error, BrokenOffError):
        return "broken_off", lambda conn, job, now: jobs.retry(conn, job, said, now, most=1)
    if isinstance(error, Problem):
        return "put_off", lambda conn, job, now: jobs.retry(conn, job, error.detail, now)
    _log.error("job_broke", exc_info=error)
    return "broken", lambda conn, job, now: jobs.retry(conn, job, "The server failed at it; its log says how.", now)


async def _stopped(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
