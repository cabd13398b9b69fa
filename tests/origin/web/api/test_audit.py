from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from origin.catalog import audit
from origin.catalog.audit import SYSTEM, Act
from tests.origin.web.house import problem

if TYPE_CHECKING:
    from tests.origin.web.house import House

DOCUMENT = (Path(__file__).parents[4] / "docs" / "signing.md").read_text()
(SCRIPT,) = re.findall(r"```python\n(.*?)```", DOCUMENT.partition("## The audit log")[2], re.DOTALL)


async def happened(house: House, name: str, tenant_id: str = "tn_default") -> None:
    act = Act(f"au_{name}", tenant_id, SYSTEM, "manifest.refused", f"as_{name}", {"manifest": "v0/index.m3u8"})
    await house.services.catalog.write(lambda conn: audit.append(conn, act, house.clock()))
    house.clock.now += 1


async def test_what_happened_is_listed_page_by_page(house: House) -> None:
    for name in "abc":
        await happened(house, name)
    first = await (await house.call("GET", "/v1/audit?limit=2")).get_json()
    assert [item["id"] for item in first["items"]] == ["au_c", "au_b"]
    second = await (await house.call("GET", f"/v1/audit?limit=2&cursor={first['next_cursor']}")).get_json()
    (item,) = second["items"]
    assert second["next_cursor"] is None
    assert len(item.pop("hash")) == 64
    assert item == {
        "id": "au_a",
        "tenant_id": "tn_default",
        "number": 1,
        "created_at": house.clock() - 3,
        "actor": "system",
        "action": "manifest.refused",
        "subject": "as_a",
        "detail": {"manifest": "v0/index.m3u8"},
    }


async def test_the_chain_can_be_checked_as_it_is_documented(house: House) -> None:
    for name in "äbc":
        await happened(house, name)
    listed = await (await house.call("GET", "/v1/audit")).get_json()

    def check() -> subprocess.CompletedProcess[str]:
        words = (sys.executable, "-c", SCRIPT)
        return subprocess.run(words, input=json.dumps(listed), capture_output=True, text=True, check=False, timeout=60)

    good = await asyncio.to_thread(check)
    assert good.returncode == 0, good.stderr
    listed["items"][1]["subject"] = "as_other"
    bad = await asyncio.to_thread(check)
    assert "AssertionError: {'action'" in bad.stderr


async def test_each_tenant_reads_its_own(house: House) -> None:
    key = await house.tenant("tn_other")
    await happened(house, "a")
    await happened(house, "b", "tn_other")
    theirs = await (await house.call("GET", "/v1/audit", Authorization=f"Bearer {key}")).get_json()
    assert [item["id"] for item in theirs["items"]] == ["au_b"]
    as_them = await (await house.call("GET", "/v1/audit", Headwater_Tenant="tn_other")).get_json()
    assert as_them == theirs


async def test_nobody_reads_it_without_a_key_nor_with_a_false_cursor(house: House) -> None:
    assert (await house.call("GET", "/v1/audit", Authorization="")).status_code == 401
    assert (await problem(await house.call("GET", "/v1/audit?cursor=x")))[:2] == (400, "bad_request")
    assert (await house.call("DELETE", "/v1/audit")).status_code == 405
