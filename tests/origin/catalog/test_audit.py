from __future__ import annotations

import hashlib
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from origin.catalog import audit, tenants
from origin.catalog.audit import SYSTEM, Act
from origin.catalog.database import Catalog
from origin.catalog.ids import DEFAULT_TENANT
from origin.catalog.tenants import Tenant
from tests.origin.catalog.made import ON_POSTGRESQL, problem

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from origin.catalog.audit import Entry

NODES = 4
ROUNDS = 15
WAIT_S = 30.0


def act(name: str, tenant_id: str = DEFAULT_TENANT) -> Act:
    return Act(f"au_{name}", tenant_id, SYSTEM, "manifest.refused", "as_é", {"reason": "missing", "manifest": name})


def check(entries: list[Entry]) -> None:
    """Numbers and hashes are those of a chain, by the description in docs/signing.md and not by our own code."""
    before = ""
    for number, entry in enumerate(sorted(entries, key=lambda entry: entry.number), 1):
        assert entry.number == number
        fields = [before, number, round(entry.created_at * 1e6), entry.id, entry.tenant_id, entry.actor]
        fields += [entry.action, entry.subject, json.loads(entry.detail)]
        told = json.dumps(fields, sort_keys=True, separators=(",", ":"))
        assert entry.hash == hashlib.sha256(told.encode()).hexdigest()
        before = entry.hash


def test_what_happened_is_kept_in_a_chain(conn: Connection) -> None:
    made = [audit.append(conn, act(name), 20.125 + number) for number, name in enumerate("abc")]
    found = audit.page(conn, DEFAULT_TENANT, None, 9)
    assert found == made[::-1]
    newest = found[0]
    assert (newest.id, newest.number, newest.created_at, newest.actor) == ("au_c", 3, 22.125, "system")
    assert (newest.action, newest.subject) == ("manifest.refused", "as_é")
    assert json.loads(newest.detail) == {"manifest": "c", "reason": "missing"}
    check(found)


def test_the_chain_begins_as_it_always_has(conn: Connection) -> None:
    """A change of the form would break every chain that there is."""
    entry = audit.append(conn, act("a"), 1_800_000_000.123456)
    assert entry.hash == "5479f73d777bebf74337d68977cbb9135bd00d4e75441f5efb57df35960c3527"


def test_each_tenant_has_a_chain_of_its_own(conn: Connection) -> None:
    tenants.create(conn, Tenant("tn_other", "Other", 2.0))
    for number, tenant_id in enumerate((DEFAULT_TENANT, "tn_other", DEFAULT_TENANT)):
        audit.append(conn, act(str(number), tenant_id), 20.0)
    assert [entry.id for entry in audit.page(conn, "tn_other", None, 9)] == ["au_1"]
    check(audit.page(conn, "tn_other", None, 9))
    check(audit.page(conn, DEFAULT_TENANT, None, 9))


def test_pages_go_from_the_newest_to_the_oldest(conn: Connection) -> None:
    for number in range(3):
        audit.append(conn, act(str(number)), 30.0 + number)
    first = audit.page(conn, DEFAULT_TENANT, None, 2)
    assert [entry.id for entry in first] == ["au_2", "au_1"]
    behind = (first[-1].created_at, first[-1].id)
    assert [entry.id for entry in audit.page(conn, DEFAULT_TENANT, behind, 2)] == ["au_0"]


def test_nobody_who_is_not_there_has_an_audit(catalog: Catalog) -> None:
    with problem("conflict"):
        catalog.write_now(partial(audit.append, act=act("a", "tn_none"), now=20.0))
    assert catalog.read_now(partial(audit.page, tenant_id="tn_none", after=None, limit=9)) == []


@ON_POSTGRESQL
def test_nodes_that_append_at_once_make_one_chain(url: str) -> None:
    nodes = [Catalog.open(url) for _ in range(NODES)]
    nodes[0].write_now(partial(tenants.ensure_default, now=0.0))
    together = threading.Barrier(NODES)

    def run(place: int) -> None:
        for number in range(ROUNDS):
            together.wait(WAIT_S)
            nodes[place].write_now(partial(audit.append, act=act(f"{place}_{number}"), now=0.0))

    with ThreadPoolExecutor(NODES) as threads:
        list(threads.map(run, range(NODES)))
    entries = nodes[0].read_now(partial(audit.page, tenant_id=DEFAULT_TENANT, after=None, limit=1_000))
    assert len(entries) == NODES * ROUNDS
    assert [entry.number for entry in entries] == sorted((entry.number for entry in entries), reverse=True)
    check(entries)
    for node in nodes:
        node.close()
