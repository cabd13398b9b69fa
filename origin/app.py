"""The composition root: the one place that names concrete classes and decides in which order they start and stop.

    lock → catalog → store, bus → tokens → director, revived → sweep → recordings → RTMP → uploads → HTTP, operators

Stopping goes the other way: publishers are told and what is open is stored before the HTTP listener lets held requests
finish.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import logging
import math
import os
import re
import signal
import ssl
import sys
import threading
import time
from functools import partial
from typing import IO, TYPE_CHECKING, Any, Final

import structlog

from origin.bus.journals.table import open_journal
from origin.bus.table import open_bus
from origin.catalog import secret_file, streams
from origin.catalog.auditor import Auditor
from origin.catalog.bootstrap import bootstrap
from origin.catalog.database import Catalog
from origin.catalog.ids import new_id, secret_hash
from origin.catalog.wanted import package_if_wanted
from origin.errors import Problem
from origin.files.cleaner import Cleaner
from origin.files.scratch import Scratch
from origin.files.sealer import Sealer
from origin.files.uploads import WORKERS, Uploads
from origin.ingest.rtmp import RtmpLimits, serve_rtmp
from origin.live import sweep
from origin.live.completion import Completion
from origin.live.director import Director
from origin.live.means import Means, Shared
from origin.live.unsent import Unsent
from origin.stores.disk import DiskStore
from origin.stores.logbook import Logbook
from origin.stores.protocol import Appendable
from origin.stores.table import open_store
from origin.stores.workers import Workers
from origin.vod.finisher import Finisher
from origin.vod.library import Library
from origin.vod.mp4 import upkeep as mp4_upkeep
from origin.vod.mp4.films import CatalogFilms
from origin.vod.mp4.plans import Plans
from origin.vod.runner import tell
from origin.web import access, descriptors, upkeep
from origin.web.downloads import Downloads
from origin.web.factory import make_api, make_ops
from origin.web.files import Files
from origin.web.front import Front
from origin.web.guard import Guard
from origin.web.listener import HttpListener
from origin.web.movies import Movies
from origin.web.playback import Playback
from origin.web.services import Links, Readiness, Services
from origin.web.token_desk import TokenDesk
from origin.worker import Worker, open_scratch, runner_of

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator, Mapping
    from pathlib import Path
    from socket import socket

    from origin.bus.protocol import Bus
    from origin.catalog.streams import Stream
    from origin.config import Settings
    from origin.stores.protocol import ObjectStore

log = structlog.get_logger(__name__)
GRACE_S: Final = 10.0
"""How long requests in flight may take after a SIGTERM; orchestrators usually kill after 30 s."""
LOCK: Final = "server.lock"
"""Held in the data directory by whoever must be alone with it."""
STOPPED_AT_ONCE: Final = 130
"""Exit status after a second signal."""

_TOKEN: Final = re.compile(r"eyJ[^.]*\.[^.]*\.[^.]*")
"""What was meant for a token: three pieces (RFC 7515, 7.1), the first JSON (`{"` in base64). A key may hold dots."""


class AlreadyRunningError(Problem):
    """Another server uses this data directory."""

    def __init__(self, data_dir: Path) -> None:
        super().__init__("conflict", f"Another Headwater is running on {data_dir}; stop it first.")


class Server:
    """All of Headwater in one process. The addresses are those really bound, known once `start` returns.

    `sockets` are those that listen already, for `http` and `rtmp`, in the place of ours.
    """

    def __init__(self, settings: Settings, sockets: Mapping[str, socket] | None = None) -> None:
        self.settings = settings
        self._sockets = sockets or {}
        self.http_address: tuple[str, int]
        self.ops_address: tuple[str, int]
        self.rtmp_address: tuple[str, int]
        self.rtmps_address: tuple[str, int] | None = None
        self.catalog: Catalog
        self.auditor: Auditor
        self.director: Director
        self.library: Library
        self.movies: Movies
        self.links: Links
        self.services: Services
        self._spool: ObjectStore
        self._readiness = Readiness()
        self._cleanup = contextlib.AsyncExitStack()

    async def start(self) -> None:
        """Bring everything up; when it returns, `/readyz` says yes.

        Raises:
            AlreadyRunningError: the data directory is in use.
            OSError: an address cannot be bound.
        """
        try:
            await self._start()
        except BaseException:
            await self._cleanup.aclose()
            raise
        self._readiness.obstacle = None
        log.info("ready", http=self.links.base, rtmp=self.links.rtmp, operators=self.ops_address)

    async def stop(self) -> None:
        """Drain and close, in the reverse order of the start."""
        self._readiness.obstacle = "draining"
        log.info("draining")
        await self._cleanup.aclose()
        log.info("stopped")

    async def _start(self) -> None:
        settings, cleanup = self.settings, self._cleanup
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        cleanup.enter_context(locked(settings.data_dir / LOCK))
        self.catalog = await asyncio.to_thread(Catalog.open, settings.database_url)
        cleanup.push_async_callback(asyncio.to_thread, self.catalog.close)
        await asyncio.to_thread(bootstrap, self.catalog, settings, time.time(), os.urandom)
        self.auditor = Auditor(self.catalog, clock=time.time, random=os.urandom)
        secret = await asyncio.to_thread(secret_file.load, settings)
        store = await asyncio.to_thread(open_store, settings.store_url)
        cleanup.push_async_callback(store.close)
        self._spool = await asyncio.to_thread(DiskStore, settings.data_dir / "unsent")
        cleanup.push_async_callback(self._spool.close)
        bus = open_bus(settings.bus_url)
        cleanup.push_async_callback(bus.close)
        keyring = await TokenDesk.open(self.catalog, bus, secret, clock=time.time, random=os.urandom)
        self._keep_running(keyring.run())
        self._keep_running(upkeep.run(self.catalog, time.time))
        logbook = await asyncio.to_thread(Logbook, settings.data_dir / "logs")
        cleanup.push_async_callback(asyncio.to_thread, logbook.close)
        shared = None if settings.bus_url.startswith("memory:") else Shared(bus, open_journal(settings.bus_url, bus))
        if shared:
            cleanup.push_async_callback(shared.journal.close)
        means = self._means(store, logbook, shared, keyring)
        self.director = Director(means)
        cleanup.push_async_callback(self.director.drain)  # for a start that fails; else it is drained sooner, below
        if shared is None:
            await self.director.revive()
            await sweep.forget_logs(self.catalog, logbook)
        now = time.time()
        await sweep.sweep(self.catalog, store, now, now - sweep.GRACE_S if shared else math.inf)
        self._keep_running(sweep.run(self.catalog, store, time.time))
        self._keep_running(means.unsent.run())
        self._keep_running(Completion(means).run())
        finisher = _finisher(means)
        self._keep_running(finisher.run())
        self._keep_running(finisher.listen(bus))
        if "worker" in settings.role:
            scratch = await open_scratch(settings, cleanup)
            self._keep_running(runner_of(self.catalog, store, bus, scratch).run())
        self.movies = await self._movies(store)
        await self._listen(store, bus, keyring, secret)

    def _keep_running(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._cleanup.push_async_callback(_cancelled, task)

    def _means(self, store: ObjectStore, logbook: Logbook, shared: Shared | None, keyring: TokenDesk) -> Means:
        return Means(
            catalog=self.catalog,
            store=store,
            drafts=store if isinstance(store, Appendable) else None,
            unsent=Unsent(self._spool, store, self.catalog),
            logbook=logbook,
            find_stream=partial(find_stream, self.catalog, keyring),
            signer=keyring.signer,
            manifest_keys=lambda: keyring.manifest_keys,
            auditor=self.auditor,
            owner=new_id("no_", os.urandom),  # this process; another, even on the same node, gets the next epoch
            shared=shared,
            clock=time.time,
            random=os.urandom,
            part_target_s=self.settings.part_target_s,
        )

    async def _listen(self, store: ObjectStore, bus: Bus, keyring: TokenDesk, secret: bytes) -> None:
        settings, cleanup = self.settings, self._cleanup
        tls = _tls(settings)
        shares = descriptors.shares(publishers=RtmpLimits().publishers, listeners=2 if settings.rtmps_bind else 1)
        http, ops = HttpListener(shares.viewers), HttpListener(shares.operators)
        cleanup.push_async_callback(ops.close, 0.0)
        cleanup.push_async_callback(http.close, GRACE_S)
        self.ops_address = await ops.bind(*settings.ops_bind)
        self.http_address = await http.bind(*settings.http_bind, tls=tls, open_already=self._sockets.get("http"))
        await self._listen_rtmp(tls, RtmpLimits(publishers=shares.publishers, strangers=shares.publishers))
        cleanup.push_async_callback(self.director.drain)
        self.links = Links.of(settings, self.http_address, self.rtmp_address, self.rtmps_address)
        self.services = Services(
            settings=settings,
            catalog=self.catalog,
            store=store,
            bus=bus,
            director=self.director,
            keyring=keyring,
            links=self.links,
            readiness=self._readiness,
            secret=secret,
            clock=time.time,
            random=os.urandom,
        )
        await ops.serve(make_ops(self.services))
        self.library = Library(self.catalog, store, lambda: keyring.manifest_keys, self.auditor, time.monotonic)
        playback = Playback(self.services, self.director, self.library, self.movies)
        api = make_api(self.services)
        files = Files(self.services, api.extensions[access.EXTENSION], await self._uploads(store, bus))
        gate = Guard(files, os.urandom, whole=False)
        await http.serve(Front(api, playback, files=gate, downloads=Downloads(self.services)))

    async def _uploads(self, store: ObjectStore, bus: Bus) -> Uploads:
        workers = Workers("uploads", *WORKERS)
        self._cleanup.push_async_callback(workers.close)
        scratch = await asyncio.to_thread(Scratch, self.settings.data_dir)
        sealer = Sealer(
            self.catalog,
            store,
            scratch,
            workers,
            on_committed=partial(package_if_wanted, random=os.urandom),
            announce=partial(tell, bus),
            clock=time.time,
            random=os.urandom,
        )
        uploads = Uploads(self.catalog, scratch, sealer, workers, clock=time.time, random=os.urandom)
        self._cleanup.push_async_callback(uploads.close)
        cleaner = Cleaner(self.catalog, store, scratch, workers, time.time)
        await cleaner.recover(sealer)
        self._keep_running(cleaner.run(sealer))
        return uploads

    async def _movies(self, store: ObjectStore) -> Movies:
        plans = await asyncio.to_thread(Plans, self.settings.data_dir / "mp4", store)
        self._cleanup.push_async_callback(plans.close)
        self._keep_running(mp4_upkeep.run(plans, self.catalog))
        return Movies(CatalogFilms(self.catalog), plans, store)

    async def _listen_rtmp(self, tls: ssl.SSLContext | None, limits: RtmpLimits) -> None:
        plain = await serve_rtmp(
            self.director, *self.settings.rtmp_bind, limits=limits, open_already=self._sockets.get("rtmp")
        )
        self._cleanup.push_async_callback(plain.close, GRACE_S)
        self.rtmp_address = plain.address
        if self.settings.rtmps_bind:
            secure = await serve_rtmp(self.director, *self.settings.rtmps_bind, limits=limits, tls=tls)
            self._cleanup.push_async_callback(secure.close, GRACE_S)
            self.rtmps_address = secure.address


def _finisher(means: Means) -> Finisher:
    worker = f"{means.owner}/finisher"
    return Finisher(means.catalog, means.store, signer=means.signer, clock=means.clock, worker=worker)


async def find_stream(catalog: Catalog, keyring: TokenDesk, key: str, peer: str) -> Stream | None:
    """The stream that a stream key, or a `publish` token in its place, opens; None for neither.

    Raises:
        Problem: it has the form of a token, which does not open a stream (any more); the sentence says why.
    """
    if key.startswith("sk_"):
        hashed = secret_hash(key)
        return await catalog.read(lambda conn: streams.by_key_hash(conn, hashed))
    if not _TOKEN.fullmatch(key):
        return None
    claims = keyring.verify(key, scope="publish", path=None, ip=peer)
    return await catalog.read(lambda conn: streams.get(conn, claims.tn, claims.sub))


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


@contextlib.contextmanager
def locked(path: Path) -> Iterator[IO[bytes]]:
    """Hold `path` for this process: two servers on one SQLite file and one spool would undo each other."""
    with path.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise AlreadyRunningError(path.parent) from error
        yield file


def _tls(settings: Settings) -> ssl.SSLContext | None:
    if settings.tls_cert is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(settings.tls_cert, settings.tls_key)
    context.set_alpn_protocols(["h2", "http/1.1"])
    return context


def run(settings: Settings, sockets: Mapping[str, socket] | None = None) -> None:
    """Serve until SIGTERM or SIGINT, then drain; a second signal stops at once. `sockets` as `Server` takes them."""
    with asyncio.Runner(loop_factory=_new_loop) as runner:
        runner.run(_serve(Server(settings, sockets)))
    _leave_behind()


def work(settings: Settings) -> None:
    """Do jobs until SIGTERM or SIGINT, then give back what is under way; a second signal stops at once."""
    with asyncio.Runner(loop_factory=_new_loop) as runner:
        runner.run(_serve(Worker(settings)))
    _leave_behind()


def _leave_behind() -> None:
    """End the process if calls to a store that hangs would keep it: all is closed, and nobody waits for them.

    Python joins the threads of pools at its end, and who stops a server may kill it before (see `Workers.close`).
    """
    left = [each.name for each in threading.enumerate() if each is not threading.main_thread() and not each.daemon]
    if left:
        log.warning("calls_left_behind", threads=left)
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def _new_loop() -> asyncio.AbstractEventLoop:
    """Make uvloop's event loop; there is none for Windows and for some interpreters."""
    try:
        import uvloop  # noqa: PLC0415 - may be absent
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


async def _serve(server: Server | Worker) -> None:
    asked = asyncio.Event()

    def stop() -> None:
        if asked.is_set():
            os._exit(STOPPED_AT_ONCE)
        asked.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    await server.start()
    await asked.wait()
    await server.stop()
