"""What players get of assets: who is ready to be played, and their manifests, checked and kept at hand.

A manifest is read from the store once, however many ask for it at the same time, and used only if its signature is
good; one that is refused stands in the audit log. It is kept, plain and compressed, as long as there is room.
"""

from __future__ import annotations

import asyncio
import gzip
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from origin.catalog import assets
from origin.stores.headers import content_type
from origin.stores.manifests import ManifestTampered, load_manifest
from origin.wire.conditions import weak_etag

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from origin.catalog.assets import Asset
    from origin.catalog.auditor import Auditor
    from origin.catalog.database import Catalog
    from origin.stores.protocol import ObjectStore

KNOWN_S: Final = 5.0
"""How long a node may go on playing an asset that another one has deleted; objects stay for a minute (`sweep`)."""
ABSENT_S: Final = 1.0
"""How long it may not know of one that has become ready."""
MOST_KNOWN: Final = 10_000
"""Playback ids looked up lately, 1 KB each."""
KEPT_BYTES: Final = 64 << 20
"""Manifests kept: those of a thousand assets of two hours. A playlist of a week alone is 33 MB."""
LOADS: Final = 4
"""Manifests loaded at once, each of at most `MAX_MANIFEST_BYTES`."""
GZIP_LEVEL: Final = 1
"""Playlists repeat themselves; higher levels save 5 % more for five times the work."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """A stored manifest whose signature was good, plain and compressed; `kind` is its media type.

    `etag` is a weak one, since both forms share it.
    """

    plain: bytes
    zipped: bytes
    kind: bytes
    etag: bytes

    @property
    def size(self) -> int:
        """Bytes of memory."""
        return len(self.plain) + len(self.zipped)


class Library:
    """Assets by playback id, and their manifests. `clock` gives seconds that only rise."""

    def __init__(
        self,
        catalog: Catalog,
        store: ObjectStore,
        keys: Callable[[], Mapping[str, Ed25519PublicKey]],
        auditor: Auditor,
        clock: Callable[[], float],
    ) -> None:
        self._catalog = catalog
        self._store = store
        self._keys = keys
        self._auditor = auditor
        self._clock = clock
        self._known: OrderedDict[str, tuple[float, Asset | None]] = OrderedDict()
        self._kept: OrderedDict[str, Manifest] = OrderedDict()
        self._size = 0
        self._loading: dict[str, asyncio.Task[Manifest]] = {}
        self._room = asyncio.Semaphore(LOADS)

    async def find(self, playback_id: str) -> Asset | None:
        """The asset that is played under this id; None if there is none, or it is not ready."""
        now = self._clock()
        until, asset = self._known.get(playback_id, (0.0, None))
        if now < until:
            return asset
        found = await self._catalog.read(lambda conn: assets.by_playback_id(conn, playback_id))
        asset = found if found and found.state == assets.READY else None
        self._known[playback_id] = (now + (KNOWN_S if asset else ABSENT_S), asset)
        self._known.move_to_end(playback_id)
        if len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)
        return asset

    async def manifest(self, asset: Asset, name: str) -> Manifest:
        """A manifest of the asset, by its name. Raises `Problem`: as `load_manifest`."""
        key = asset.prefix + name
        kept = self._kept.get(key)
        if kept:
            self._kept.move_to_end(key)
            return kept
        task = self._loading.get(key)
        if task is None:
            task = self._loading[key] = asyncio.create_task(self._load(asset, key))
            task.add_done_callback(lambda done: self._loaded(key, done))
        return await asyncio.shield(task)

    async def _load(self, asset: Asset, key: str) -> Manifest:
        try:
            async with self._room:
                plain = await load_manifest(self._store, key, self._keys())
                return await asyncio.to_thread(_manifest, plain, content_type(key).encode())
        except ManifestTampered as refused:
            await self._auditor.manifest_refused(asset.tenant_id, asset.id, refused.name, refused.reason)
            raise

    def _loaded(self, key: str, done: asyncio.Task[Manifest]) -> None:
        del self._loading[key]
        if done.cancelled() or done.exception() is not None:
            return
        self._kept[key] = done.result()
        self._size += done.result().size
        while self._size > KEPT_BYTES:
            self._size -= self._kept.popitem(last=False)[1].size


def _manifest(plain: bytes, kind: bytes) -> Manifest:
    return Manifest(plain, gzip.compress(plain, GZIP_LEVEL, mtime=0), kind, weak_etag(plain))
