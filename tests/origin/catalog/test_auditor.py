from __future__ import annotations

import asyncio
import itertools
import json
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from origin.catalog import audit, auditor, tenants
from origin.catalog.auditor import EVERY_S, Auditor
from origin.catalog.ids import DEFAULT_TENANT
from origin.observe import metrics

if TYPE_CHECKING:
    from origin.catalog.audit import Entry
    from origin.catalog.database import Catalog

PLAYLIST = "v0/index.m3u8"


class Node:
    """One that finds manifests that were tampered with."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.now = 1_800_000_000.0
        numbers = itertools.count()
        self.auditor = Auditor(catalog, clock=lambda: self.now, random=lambda size: next(numbers).to_bytes(size))
        catalog.write_now(lambda conn: tenants.ensure_default(conn, 0.0))

    async def refuse(self, subject: str = "as_a", name: str = PLAYLIST) -> None:
        await self.auditor.manifest_refused(DEFAULT_TENANT, subject, name, "missing")

    async def told(self) -> list[Entry]:
        found = await self.catalog.read(lambda conn: audit.page(conn, DEFAULT_TENANT, None, 99))
        return found[::-1]


@pytest.fixture
def node(catalog: Catalog) -> Node:
    return Node(catalog)


async def test_a_manifest_that_was_refused_is_written_down(node: Node) -> None:
    await node.refuse()
    (entry,) = await node.told()
    assert (entry.actor, entry.action, entry.subject) == ("system", "manifest.refused", "as_a")
    assert json.loads(entry.detail) == {"manifest": PLAYLIST, "reason": "missing"}
    assert entry.id.startswith("au_")


async def test_each_is_told_once_a_minute(node: Node) -> None:
    await asyncio.gather(*(node.refuse() for _ in range(5)))
    await node.refuse(name="a0/index.m3u8")
    await node.refuse("as_b")
    node.now += EVERY_S - 0.1
    await node.refuse()
    assert len(await node.told()) == 3
    node.now += 0.1
    await node.refuse()
    assert [entry.subject for entry in await node.told()] == ["as_a", "as_a", "as_b", "as_a"]


async def test_a_clock_that_went_back_silences_nothing(node: Node) -> None:
    await node.refuse()
    node.now -= 3_600.0
    await node.refuse()
    assert len(await node.told()) == 2


async def test_few_are_remembered(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auditor, "MOST_KNOWN", 2)
    for subject in ("as_a", "as_b", "as_c", "as_a", "as_a"):
        await node.refuse(subject)
    assert [entry.subject for entry in await node.told()] == ["as_a", "as_b", "as_c", "as_a"]
    assert len(node.auditor._told) == 2


async def test_what_the_catalog_did_not_take_is_logged_and_told_the_next_time(node: Node) -> None:
    failures = metrics.audit_failures._value.get()
    node.catalog._writer.close()
    with capture_logs() as lines:
        await node.refuse()
    assert [(line["event"], line["subject"], line["manifest"]) for line in lines] == [
        ("audit_failed", "as_a", PLAYLIST)
    ]
    assert metrics.audit_failures._value.get() == failures + 1
    assert not node.auditor._told
