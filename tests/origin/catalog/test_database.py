from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from origin.catalog import leases, tenants
from origin.catalog.database import Catalog
from origin.catalog.tenants import Tenant
from origin.errors import Problem

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

WRITER = """
import sys
from functools import partial
from origin.catalog import tenants
from origin.catalog.database import Catalog
catalog = Catalog.open(sys.argv[1])
number = 0
while True:
    catalog.write_now(partial(tenants.create, tenant=tenants.Tenant(f"{sys.argv[2]}{number}", "", 0.0)))
    print(number, flush=True)
    number += 1
"""


def count(conn: Connection) -> int:
    return int(conn.execute(text("SELECT count(*) FROM tenants")).scalar_one())


async def test_what_refers_to_nothing_is_a_conflict(catalog: Catalog) -> None:
    with pytest.raises(Problem) as caught:
        await catalog.write(partial(leases.acquire, resource="r", owner="o", now=0.0, ttl_s=1.0, tenant_id="tn_none"))
    assert caught.value.code == "conflict"


async def test_two_catalogs_may_have_one_database_open(url: str) -> None:
    one, two = Catalog.open(url), Catalog.open(url)
    writes = [
        catalog.write(partial(tenants.create, tenant=Tenant(f"{name}{number}", "", 0.0)))
        for number in range(50)
        for name, catalog in (("a", one), ("b", two))
    ]
    await asyncio.gather(*writes)
    assert await one.read(count) == await two.read(count) == 100
    one.close()
    two.close()


def test_many_may_open_a_new_database_at_once(url: str) -> None:
    with ThreadPoolExecutor(8) as threads:
        catalogs = list(threads.map(Catalog.open, [url] * 8))
    for number, catalog in enumerate(catalogs):
        catalog.write_now(partial(tenants.create, tenant=Tenant(str(number), "", 0.0)))
    assert catalogs[0].read_now(count) == 8
    for catalog in catalogs:
        catalog.close()


def test_what_was_reported_is_there_after_a_kill(url: str, tmp_path: Path) -> None:
    """Two processes migrate at once and write; both are killed in the middle of it."""
    del tmp_path
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, url, name], stdout=subprocess.PIPE, text=True) for name in "ab"
    ]
    reported = {}
    for name, writer in zip("ab", writers, strict=True):
        assert writer.stdout
        for line in writer.stdout:
            if int(line) == 20:
                break
        writer.send_signal(signal.SIGKILL)
        rest = writer.stdout.read().split()
        reported[name] = int(rest[-1]) if rest else 20
        assert writer.wait(30) == -signal.SIGKILL
        writer.stdout.close()
    catalog = Catalog.open(url)
    for name, last in reported.items():
        for number in range(last + 1):
            assert catalog.read_now(partial(tenants.get, tenant_id=f"{name}{number}")) is not None
    catalog.close()
