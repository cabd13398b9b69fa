"""Manifests that rest in the store, read back: each only as far as its signature is good.

Whoever can write to the store can send viewers anywhere by a playlist. So a manifest is used when the signature beside
it fits its bytes, its name and its package; if not, the answer is 502 `manifest_tampered`, a metric and a log line; and
who asked has it put into the audit log (`ManifestTampered`).

While a broadcast goes on, a manifest and its signature are replaced one after the other. A reader who comes between the
two looks again, once.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import structlog

from origin.errors import Problem
from origin.observe import metrics
from origin.stores.protocol import ObjectMissing
from packager import inventory, signing
from packager.signing import Place, SignatureError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from origin.stores.protocol import ObjectStore

log = structlog.get_logger(__name__)

MAX_MANIFEST_BYTES: Final = 64 << 20
"""A playlist has some 110 bytes a segment, so this is two weeks in segments of 2 s."""
PAUSE_S: Final = 1.0
"""Longer than two puts take; a manifest that was tampered with costs its reader this much."""


class _UnsignedError(SignatureError):
    """There is no signature, or there is more than there can be of the file."""

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason


class ManifestTampered(Problem):
    """A stored manifest is not used. `name` is its name within its package; `reason` one word, as in the metric."""

    def __init__(self, name: str, error: SignatureError) -> None:
        super().__init__("manifest_tampered", f"The stored {name} is not used. {error}")
        self.name = name
        self.reason = error.reason


async def load_manifest(store: ObjectStore, key: str, keys: Mapping[str, Ed25519PublicKey]) -> bytes:
    """Give the manifest stored under `key` (`<tenant>/<package>/<name>`), after checking it against `keys`, by kid.

    `package.json` counts as one.

    Raises:
        ManifestTampered: its signature is not good; once more after a second.
        Problem: as the store, `not_found` when there is no such manifest, and `store_failed`.
    """
    _, package, name = key.split("/", 2)
    place = Place(package, name)
    try:
        try:
            return await _checked(store, key, place, keys)
        except SignatureError:
            await asyncio.sleep(PAUSE_S)
            return await _checked(store, key, place, keys)
    except SignatureError as error:
        metrics.manifests_refused.labels(error.reason).inc()
        log.error("manifest_tampered", key=key, reason=error.reason, detail=str(error))  # noqa: TRY400 - a finding, no fault
        raise ManifestTampered(name, error) from error


async def _checked(store: ObjectStore, key: str, place: Place, keys: Mapping[str, Ed25519PublicKey]) -> bytes:
    most = inventory.MAX_BYTES if place.name == inventory.NAME else MAX_MANIFEST_BYTES
    payload = await _read(store, key, most)
    try:
        signature = await _read(store, key + signing.SUFFIX, signing.MAX_SIGNATURE_BYTES)
    except ObjectMissing:
        raise _UnsignedError("missing", "It has no signature.") from None
    await asyncio.to_thread(signing.verify, payload, signature, place, keys)
    return payload


async def _read(store: ObjectStore, key: str, most: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in store.stream(key, 0, most + 1):
        size += len(chunk)
        chunks.append(chunk)
    if size > most:
        raise _UnsignedError("oversized", f"It or its signature is longer than {most:,} bytes.")
    return b"".join(chunks)
