from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from origin.catalog.auditor import Auditor
from origin.live import recount as recount_module
from origin.live.recount import recount
from origin.stores import manifests
from origin.stores.memory import MemoryStore
from origin.stores.protocol import ObjectMissing
from packager.inventory import Stored
from tests.support.keys import KEYS, OTHER
from tests.support.packages import CONTENT, made

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

PREFIX = "tn_a/bc_a/"
MEDIA = sorted(name for name in CONTENT if not name.endswith(".m3u8"))


class Noting(MemoryStore):
    """Notes what is read."""

    def __init__(self) -> None:
        super().__init__()
        self.read: list[str] = []
        self.vanished = ""

    async def stream(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        self.read.append(key.removeprefix(PREFIX))
        if key.removeprefix(PREFIX) == self.vanished:
            raise ObjectMissing(key)
        async for chunk in super().stream(key, start, end):
            yield chunk


async def holding(files: Mapping[str, bytes]) -> Noting:
    store = Noting()
    for name, body in files.items():
        await store.put(PREFIX + name, [body])
    await store.put("tn_a/bc_b/v0/1-0.m4s", [b"another's"])
    return store


def stored(name: str, body: bytes) -> Stored:
    return Stored(name, len(body), hashlib.sha256(body).hexdigest())


class Noted(Auditor):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.refused: list[tuple[str, str, str, str]] = []

    async def manifest_refused(self, tenant_id: str, subject: str, name: str, reason: str) -> None:
        self.refused.append((tenant_id, subject, name, reason))


@pytest.fixture
def auditor() -> Noted:
    return Noted()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifests, "PAUSE_S", 0.0)
    monkeypatch.setattr(recount_module, "PAGE", 2)


async def test_what_is_listed_is_not_read_again_and_what_came_later_is(auditor: Noted) -> None:
    store = await holding({**made(), "v0/1-9.m4s": b"newer", "v0/1-1.m4s": b"was empty when it was listed"})
    found = await recount(store, PREFIX, KEYS, auditor)
    assert found == [
        stored("v0/1-0.m4s", CONTENT["v0/1-0.m4s"]),
        stored("v0/1-1.m4s", b"was empty when it was listed"),
        stored("v0/1-9.m4s", b"newer"),
        stored("v0/1-init-0.mp4", CONTENT["v0/1-init-0.mp4"]),
    ]
    assert store.read == ["package.json", "package.json.jws", "v0/1-1.m4s", "v0/1-9.m4s"]


@pytest.mark.parametrize("files", [CONTENT, made(signer=OTHER), {**made(), "package.json": b"{}"}])
async def test_without_a_list_to_believe_all_is_read(files: dict[str, bytes], auditor: Noted) -> None:
    store = await holding(files)
    assert await recount(store, PREFIX, KEYS, auditor) == [stored(name, CONTENT[name]) for name in MEDIA]
    assert store.read[-len(MEDIA) :] == MEDIA


async def test_a_list_that_was_tampered_with_is_told_the_auditor(auditor: Noted) -> None:
    await recount(await holding(made(signer=OTHER)), PREFIX, KEYS, auditor)
    assert auditor.refused == [("tn_a", "bc_a", "package.json", "unknown_key")]


async def test_what_goes_meanwhile_is_left_out(auditor: Noted) -> None:
    store = await holding(CONTENT)
    store.vanished = "v0/1-0.m4s"
    assert [each.name for each in await recount(store, PREFIX, KEYS, auditor)] == ["v0/1-1.m4s", "v0/1-init-0.mp4"]


async def test_where_nothing_was_left_nothing_is_found(auditor: Noted) -> None:
    assert await recount(await holding({}), PREFIX, KEYS, auditor) == []
