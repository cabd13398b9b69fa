"""What a broadcast's earlier writer left in the store, by size and SHA-256: for whoever goes on with it.

A keeper knows what it has stored itself. The rest stands in the `package.json` that the writer before signed a minute
or two ago; what came after that is read back, which is a minute or two of media.
"""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING, Final

import structlog

from origin.errors import Problem
from origin.stores.manifests import ManifestTampered, load_manifest
from origin.stores.protocol import ObjectMissing
from packager import inventory, signing
from packager.inventory import InventoryError, Stored

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from origin.catalog.auditor import Auditor
    from origin.stores.protocol import ObjectStore, StoredObject

log = structlog.get_logger(__name__)

PAGE: Final = 1_000
"""What S3 lists in one call."""
_NOT_MEDIA: Final = (".m3u8", ".mpd", signing.SUFFIX, inventory.NAME)


async def recount(
    store: ObjectStore, prefix: str, keys: Mapping[str, Ed25519PublicKey], auditor: Auditor
) -> list[Stored]:
    """Every media object below `prefix` (`<tenant>/<package>/`), without manifests, which are written anew.

    A list that is missing or not to be believed only means that more is read. Raises `StoreError`.
    """
    listed = await _listed(store, prefix, keys, auditor)
    found: list[Stored] = []
    async for each in _objects(store, prefix):
        name = each.key.removeprefix(prefix)
        if name.endswith(_NOT_MEDIA):
            continue
        known = listed.get(name)
        if known is None or known.size != each.size:
            known = await read_back(store, each.key, name)
        if known:
            found.append(known)
    return found


async def _listed(
    store: ObjectStore, prefix: str, keys: Mapping[str, Ed25519PublicKey], auditor: Auditor
) -> dict[str, Stored]:
    try:
        document = await load_manifest(store, prefix + inventory.NAME, keys)
        whole = await asyncio.to_thread(inventory.read, document)
    except ObjectMissing:
        return {}
    except ManifestTampered as refused:
        tenant_id, package, _ = prefix.split("/")
        await auditor.manifest_refused(tenant_id, package, refused.name, refused.reason)
        return {}
    except (Problem, InventoryError) as error:
        log.warning("package_not_believed", prefix=prefix, detail=str(error))
        return {}
    return {file.name: file for file in whole.files}


async def _objects(store: ObjectStore, prefix: str) -> AsyncIterator[StoredObject]:
    after: str | None = None
    while page := await store.list(prefix, after, PAGE):
        for each in page:
            yield each
        after = page[-1].key


async def read_back(store: ObjectStore, key: str, name: str) -> Stored | None:
    """Hash an object in threads; None for one that is not there (any more). Raises `StoreError`."""
    size, digest = 0, hashlib.sha256()
    try:
        async for chunk in store.stream(key):
            size += len(chunk)
            await asyncio.to_thread(digest.update, chunk)
    except ObjectMissing:
        return None
    return Stored(name, size, digest.hexdigest())
