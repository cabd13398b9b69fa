"""Puts a broadcast's manifests into the store, each with its signature: now and then while it goes on, and at its end.

Live viewers are served from memory; what lies here is for after the end, and for after a crash. One turn puts what has
changed (`v0/index.m3u8`, then `v0/index.m3u8.jws`, …) and, last, `package.json` and its signature, so that these never
list what is not there yet. A store that fails is tried again at the next turn; nobody waits for this room.

Puts cost money, so each one buys time until the next turn: two renditions and their multivariant playlist are eight
puts, a turn every 80 s, 360 puts an hour beside the 3,600 of their segments.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import structlog

from origin.observe import metrics
from origin.stores.protocol import StoreError
from packager import inventory, signing
from packager.hls import at_rest
from packager.inventory import Inventory, InventoryError, Stored
from packager.signing import Place

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from origin.live.keeper import Keeper
    from origin.live.production import Production
    from origin.stores.protocol import ObjectStore
    from packager.signing import SigningKey

log = structlog.get_logger(__name__)

LEAST_PAUSE_S: Final = 30.0
"""Between turns, however few puts the last one took."""
PUT_PAUSE_S: Final = 10.0
"""What each put adds: 360 an hour at the most."""
LAST_TRIES: Final = 5
"""At the end there is no next turn; the caller's patience ends it earlier."""
LAST_PAUSE_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Contents:
    """What a package is made of at one moment: manifests by name, what else is stored, and whether that is all."""

    manifests: Mapping[str, bytes]
    media: tuple[Stored, ...]
    complete: bool


def contents_of(channel: Production, keeper: Keeper) -> Contents:
    """A broadcast's contents as they are now; no manifests before it can be played."""
    written, stored = channel.packager.presentation, keeper.stored
    shown = at_rest.manifests(written.windows, written.multivariant(), stored) if written.ready else {}
    return Contents(shown, tuple(stored.values()), written.ended)


def pause_s(puts: int) -> float:
    """How long to wait after a turn of so many puts."""
    return max(LEAST_PAUSE_S, PUT_PAUSE_S * puts)


class Shelf:
    """The manifests of one broadcast in the store.

    `prefix` is `<tenant>/<package>/`. `contents` gives what there is to write, `signer` the key to sign with, `clock`
    unix seconds.
    """

    def __init__(
        self,
        store: ObjectStore,
        prefix: str,
        *,
        contents: Callable[[], Contents],
        signer: Callable[[], SigningKey],
        clock: Callable[[], float],
    ) -> None:
        self._store = store
        self._prefix = prefix
        self._package = prefix.rstrip("/").rpartition("/")[2]
        self._contents = contents
        self._signer = signer
        self._clock = clock
        self._kept: dict[str, Stored] = {}
        self._listed: tuple[Inventory, str] | None = None
        self._puts = 0
        self._closing = asyncio.Event()
        self._resting = False
        self._task = asyncio.create_task(self._run(), name=f"shelf {prefix}")

    async def close(self, grace_s: float) -> None:
        """Write everything for the last time, within `grace_s` seconds. Call it when all media is stored or lost."""
        self._closing.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace_s):
                await self._task

    async def rest(self, grace_s: float) -> None:
        """Let the turn that is under way come to its end, within `grace_s` seconds, and write nothing more.

        Somebody else makes the last manifests, and must not be written over by a put that comes late.
        """
        self._resting = True
        await self.close(grace_s)

    async def leave(self) -> None:
        """Stop at once and write nothing more: the package is somebody else's now."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while not self._closing.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause_s(self._puts)):
                    await self._closing.wait()
            if not self._closing.is_set():
                await self._turn()
        for _ in range(LAST_TRIES):
            if self._resting or await self._turn():
                return
            await asyncio.sleep(LAST_PAUSE_S)

    async def _turn(self) -> bool:
        """Write what has changed since the last turn; False if the store did not take all of it."""
        self._puts = 0
        contents = self._contents()
        if not contents.media:
            return True
        try:
            await self._write(contents)
        except StoreError as error:
            metrics.store_failures.labels("manifest").inc()
            log.warning("manifests_not_stored", package=self._package, detail=error.detail)
            return False
        return True

    async def _write(self, contents: Contents) -> None:
        signer = self._signer()
        for name, payload in contents.manifests.items():
            self._kept |= await self._put_signed(name, payload, signer)
        gone = [name for name in self._kept if name.removesuffix(signing.SUFFIX) not in contents.manifests]
        for name in gone:
            del self._kept[name]
        await self._list(
            Inventory(self._package, 0, contents.complete, (*contents.media, *self._kept.values())), signer
        )
        await self._store.delete([self._prefix + name for name in gone])

    async def _list(self, whole: Inventory, signer: SigningKey) -> None:
        """Write `package.json`, unless it would differ in its date alone."""
        if (whole, signer.kid) == self._listed:
            return
        try:
            payload = await asyncio.to_thread(inventory.write, replace(whole, created=int(self._clock())))
        except InventoryError as error:
            log.warning("package_not_listed", package=self._package, detail=str(error))
            return
        await self._put_signed(inventory.NAME, payload, signer)
        self._listed = (whole, signer.kid)

    async def _put_signed(self, name: str, payload: bytes, signer: SigningKey) -> dict[str, Stored]:
        """Put a file and its signature, unless they are there; gives both. Hashing and signing are done in a thread."""
        signature, pair = await asyncio.to_thread(_sealed, payload, Place(self._package, name), signer)
        if not pair.items() <= self._kept.items():
            await self._put(name, payload)
            await self._put(name + signing.SUFFIX, signature)
        return pair

    async def _put(self, name: str, body: bytes) -> None:
        self._puts += 1
        metrics.store_puts.labels("manifest").inc()
        with metrics.store_seconds.labels("put").time():
            await self._store.put(self._prefix + name, (body,))


def _sealed(payload: bytes, place: Place, signer: SigningKey) -> tuple[bytes, dict[str, Stored]]:
    """The signature of a file, and what is to be known of the two, by name."""
    signature = signing.sign(payload, place, signer)
    both = _measured(place.name, payload), _measured(place.name + signing.SUFFIX, signature)
    return signature, {each.name: each for each in both}


def _measured(name: str, body: bytes) -> Stored:
    return Stored(name, len(body), hashlib.sha256(body).hexdigest())
