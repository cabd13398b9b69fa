from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from origin.errors import Problem
from origin.observe import metrics
from origin.stores import manifests
from origin.stores.manifests import ManifestTampered, load_manifest
from origin.stores.memory import MemoryStore
from packager import signing
from packager.signing import Place
from tests.support.keys import KEYS, OTHER, SIGNER

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

KEY = "tn_a/bc_a/v0/index.m3u8"
PLACE = Place("bc_a", "v0/index.m3u8")
PLAYLIST = b"#EXTM3U\n"
SIGNATURE = signing.sign(PLAYLIST, PLACE, SIGNER)


async def holding(body: bytes = PLAYLIST, signature: bytes | None = SIGNATURE) -> MemoryStore:
    store = MemoryStore()
    await store.put(KEY, [body])
    if signature is not None:
        await store.put(KEY + ".jws", [signature])
    return store


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifests, "PAUSE_S", 0.0)


async def test_a_signed_manifest_is_given() -> None:
    assert await load_manifest(await holding(), KEY, KEYS) == PLAYLIST


@pytest.mark.parametrize(
    ("body", "signature", "reason"),
    [
        (b"#EXTM3U\n#evil\n", SIGNATURE, "wrong_signature"),
        (PLAYLIST, None, "missing"),
        (PLAYLIST, b"", "malformed"),
        (PLAYLIST, b"x" * 5_000, "oversized"),
        (PLAYLIST, signing.sign(PLAYLIST, Place("bc_a", "a0/index.m3u8"), SIGNER), "wrong_place"),
        (PLAYLIST, signing.sign(PLAYLIST, Place("bc_b", "v0/index.m3u8"), SIGNER), "wrong_place"),
        (PLAYLIST, signing.sign(PLAYLIST, PLACE, OTHER), "unknown_key"),
    ],
)
async def test_anything_else_is_a_problem_a_metric_and_a_line(
    body: bytes, signature: bytes | None, reason: str
) -> None:
    store = await holding(body, signature)
    refused = metrics.manifests_refused.labels(reason)._value
    before = refused.get()
    with capture_logs() as lines, pytest.raises(ManifestTampered) as caught:
        await load_manifest(store, KEY, KEYS)
    assert (caught.value.code, caught.value.status) == ("manifest_tampered", 502)
    assert (caught.value.name, caught.value.reason) == ("v0/index.m3u8", reason)
    assert refused.get() == before + 1
    assert [(line["event"], line["reason"], line["key"]) for line in lines] == [("manifest_tampered", reason, KEY)]


async def test_a_manifest_that_is_too_long_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifests, "MAX_MANIFEST_BYTES", len(PLAYLIST))
    assert await load_manifest(await holding(), KEY, KEYS) == PLAYLIST
    longer = PLAYLIST + b"x"
    with pytest.raises(Problem, match="manifest_tampered"):
        await load_manifest(await holding(longer, signing.sign(longer, PLACE, SIGNER)), KEY, KEYS)


async def test_a_package_s_list_may_be_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifests, "MAX_MANIFEST_BYTES", 4)
    store = MemoryStore()
    await store.put("tn_a/bc_a/package.json", [b"12345"])
    signature = signing.sign(b"12345", Place("bc_a", "package.json"), SIGNER)
    await store.put("tn_a/bc_a/package.json.jws", [signature])
    assert await load_manifest(store, "tn_a/bc_a/package.json", KEYS) == b"12345"


async def test_what_is_not_there_is_not_found() -> None:
    with pytest.raises(Problem, match="not_found"):
        await load_manifest(MemoryStore(), KEY, KEYS)


async def test_a_reader_between_the_two_puts_of_a_live_manifest_looks_again() -> None:
    newer = b"#EXTM3U\n2\n"

    class Writing(MemoryStore):
        """The second put comes when the first reading is over."""

        reads = 0

        async def stream(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
            self.reads += 1
            if self.reads == 3:
                await self.put(KEY + ".jws", [signing.sign(newer, PLACE, SIGNER)])
            async for chunk in super().stream(key, start, end):
                yield chunk

    store = Writing()
    await store.put(KEY, [newer])
    await store.put(KEY + ".jws", [SIGNATURE])
    assert await load_manifest(store, KEY, KEYS) == newer
    assert store.reads == 4
