"""Makes what a recording lacks to be played: manifests, their signatures, `package.json`. Then its asset is ready.

    rows, a page at a time → Recording → manifests → store; what nothing lists → removed; package.json → ready

Everything follows from the rows, to the byte. So it does no harm to begin again after a crash, or when two nodes do it
at once, one of which was taken for dead. A store that is away is tried again for as long as it takes; a recording fails
only where no other try could succeed.
"""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial
from typing import TYPE_CHECKING, Final

import structlog

from origin.catalog import assets, making, recordings
from origin.errors import Problem
from origin.observe import metrics
from origin.stores.manifests import MAX_MANIFEST_BYTES
from origin.vod.runner import TOPIC_ENDED
from origin.vod.sealed import sealed
from packager import inventory, signing
from packager.inventory import Inventory, InventoryError
from packager.recording import Recording
from packager.signing import Place

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from origin.bus.protocol import Bus
    from origin.catalog.assets import Asset
    from origin.catalog.database import Catalog
    from origin.stores.protocol import ObjectStore
    from packager.inventory import Stored
    from packager.recorded import Recorded
    from packager.signing import SigningKey

LISTEN_AGAIN_S: Final = 5.0
"""After the bus has failed; looks do its work meanwhile."""
LOOK_S: Final = 2.0
"""How often to look for recordings to finish: what their owners wait for beside some puts."""
PAUSES_S: Final = (2.0, 5.0, 10.0, 20.0, 40.0, 60.0)
"""Before the next try of an asset; the last one repeats for as long as it takes."""
PAGE: Final = 10_000
"""Rows read in one go: a lease lasts for some hundred times as long as that takes."""
LISTED: Final = 1_000
"""Objects listed, and deleted, in one go: what S3 takes."""

_log = structlog.get_logger(__name__)


class GoneError(Exception):
    """The asset was deleted, or is somebody else's now: leave it."""


class Finisher:
    """One worker of this node, named `worker`; it takes one asset at a time. `run` must be running."""

    def __init__(
        self,
        catalog: Catalog,
        store: ObjectStore,
        *,
        signer: Callable[[], SigningKey],
        clock: Callable[[], float],
        worker: str,
    ) -> None:
        self._catalog = catalog
        self._store = store
        self._signer = signer
        self._clock = clock
        self._worker = worker
        self._news = asyncio.Event()
        self._failures: dict[str, int] = {}
        self._due: dict[str, float] = {}

    async def run(self) -> None:
        """Go on until cancelled."""
        while True:
            self._news.clear()
            try:
                await self.finish_all()
            except Problem as problem:
                metrics.catalog_failures.labels("asset").inc()
                _log.warning("assets_not_looked_for", problem=str(problem))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await self._news.wait()

    async def listen(self, bus: Bus) -> None:
        """Look at once whenever a job has ended, until cancelled. What the bus loses waits for the next look."""
        while True:
            try:
                async with bus.subscribe(TOPIC_ENDED) as subscription:
                    async for _ in subscription:
                        self._news.set()
            except Problem as problem:
                _log.warning("ended_jobs_cannot_be_listened_to", problem=str(problem))
            await asyncio.sleep(LISTEN_AGAIN_S)

    async def finish_all(self) -> None:
        """Finish what waits, and whose time to be tried again has come."""
        while await self._catalog.read(lambda conn: assets.unfinished(conn, whole=True, limit=1)):
            now = self._clock()
            resting = {asset_id for asset_id, due in self._due.items() if due > now}
            take = partial(making.take, worker=self._worker, now=now, whole=True, leave=resting)
            asset = await self._catalog.write(take)
            if asset is None:
                return
            await self._attempt(asset)

    async def _attempt(self, asset: Asset) -> None:
        try:
            await self._finish(asset)
        except GoneError:
            _log.info("asset_left", asset_id=asset.id)
        except InventoryError as error:
            await self._fail(asset, f"It cannot be listed: {error}")
        except Problem as problem:
            self._rest(asset, str(problem))
        except Exception as error:  # noqa: BLE001 - whatever it was, the recording is not given up for it
            _log.exception("asset_not_finished", asset_id=asset.id)
            self._rest(asset, repr(error))
        else:
            self._failures.pop(asset.id, None)
            self._due.pop(asset.id, None)
        with contextlib.suppress(Problem):
            now = self._clock()
            await self._catalog.write(lambda conn: making.let_go(conn, asset.id, self._worker, now))

    def _rest(self, asset: Asset, why: str) -> None:
        count = self._failures.get(asset.id, 0)
        self._failures[asset.id] = count + 1
        pause = PAUSES_S[min(count, len(PAUSES_S) - 1)]
        self._due[asset.id] = self._clock() + pause
        metrics.store_failures.labels("asset").inc()
        _log.warning("asset_waits", asset_id=asset.id, problem=why, again_in_s=pause)

    async def _finish(self, asset: Asset) -> None:
        recording = await self._read(asset)
        if recording.empty:
            await self._fail(asset, "The object store took nothing of this broadcast, so there is nothing to play.")
            return
        finished = await asyncio.to_thread(recording.finish)
        if max(map(len, finished.manifests.values())) > MAX_MANIFEST_BYTES:
            await self._fail(asset, f"It is too long: one of its playlists has more than {MAX_MANIFEST_BYTES:,} bytes.")
            return
        files = recording.media + ([asset.poster] if asset.poster else [])
        files += await self._put_all(asset, finished.manifests)
        await self._remove_others(asset, {file.name for file in files})
        await self._put_package(asset, files)
        now = self._clock()
        await self._catalog.write(lambda conn: assets.finish(conn, asset.id, finished.duration_s, now))
        _log.info("asset_ready", asset_id=asset.id, package=asset.package, duration_s=finished.duration_s)

    async def _fail(self, asset: Asset, error: str) -> None:
        _log.error("asset_failed", asset_id=asset.id, error=error)
        now = self._clock()
        await self._catalog.write(lambda conn: assets.fail(conn, asset.id, error, now))

    async def _read(self, asset: Asset) -> Recording:
        recording = Recording(await self._catalog.read(lambda conn: recordings.inits(conn, asset.package)))
        after = ("", -1)
        while page := await self._page(asset, after):
            await asyncio.to_thread(_add_all, recording, page)
            after = (page[-1].rendition, page[-1].msn)
            await self._hold(asset, 0.5)
        return recording

    async def _page(self, asset: Asset, after: tuple[str, int]) -> list[Recorded]:
        return await self._catalog.read(lambda conn: recordings.segments(conn, asset.package, after, PAGE))

    async def _hold(self, asset: Asset, progress: float) -> None:
        """Tell how far it has come, and that somebody is at it. Raises GoneError."""
        now, had = self._clock(), asset.progress
        so_far = had + (1 - had) * progress
        if not await self._catalog.write(lambda conn: making.go_on(conn, asset.id, self._worker, so_far, now)):
            raise GoneError

    async def _put_all(self, asset: Asset, manifests: Mapping[str, bytes]) -> list[Stored]:
        files: list[Stored] = []
        for count, (name, payload) in enumerate(manifests.items()):
            files += await self._put_signed(asset, name, payload)
            await self._hold(asset, 0.5 + 0.5 * (count + 1) / (len(manifests) + 1))
        return files

    async def _put_package(self, asset: Asset, files: Sequence[Stored]) -> None:
        whole = Inventory(asset.package, int(asset.created_at), complete=True, files=tuple(files))
        await self._put_signed(asset, inventory.NAME, await asyncio.to_thread(inventory.write, whole))

    async def _put_signed(self, asset: Asset, name: str, payload: bytes) -> list[Stored]:
        """Put a file and its signature; gives both. Hashing and signing are done in a thread."""
        signer, place = self._signer(), Place(asset.package, name)
        signature, pair = await asyncio.to_thread(sealed, payload, place, signer)
        await self._put(asset.prefix + name, payload)
        await self._put(asset.prefix + name + signing.SUFFIX, signature)
        return pair

    async def _put(self, key: str, body: bytes) -> None:
        metrics.store_puts.labels("manifest").inc()
        with metrics.store_seconds.labels("put").time():
            await self._store.put(key, (body,))

    async def _remove_others(self, asset: Asset, listed: Collection[str]) -> None:
        """Remove what writers that died have left, and nothing lists; `package.json` is written over."""
        keep = {*listed, inventory.NAME, inventory.NAME + signing.SUFFIX}
        after: str | None = None
        while page := await self._store.list(asset.prefix, after, LISTED):
            after = page[-1].key
            others = [each.key for each in page if each.key.removeprefix(asset.prefix) not in keep]
            if others:
                await self._store.delete(others)


def _add_all(recording: Recording, page: Sequence[Recorded]) -> None:
    for segment in page:
        recording.add(segment)
