"""A catalog, a store and a scratch folder, with objects that tell the stand-in program what to do."""

from __future__ import annotations

import base64
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from origin.catalog import assets, jobs, packages, tenants
from origin.catalog.database import Catalog
from origin.catalog.ids import DEFAULT_TENANT
from origin.catalog.packages import Order
from origin.vod.packaging.performer import Packaging
from origin.vod.packaging.scratch import Scratch
from packager.diary import track_row
from tests.origin.catalog.made import a_new_asset

if TYPE_CHECKING:
    from origin.catalog.assets import Asset
    from origin.catalog.jobs import Job
    from origin.stores.protocol import ObjectStore
    from tests.packager.tape import Tape

NOW = 1_800_000_000.0
PROGRAM = (sys.executable, str(Path(__file__).with_name("stand_in.py")))
DONE: dict[str, Any] = {"tell": {"done": {"duration_s": 6.5}}}


def film(tape: Tape) -> list[dict[str, Any]]:
    """The steps of a program that packages well, up to its last word."""
    inits = [
        {"name": init.name, "track": track_row(init.track), "size": init.size, "sha256": init.sha256}
        for init in tape.inits()
    ]
    rows = [asdict(row) for row in tape.rows.values()]
    names = {init["name"] for init in inits} | {f"{row['rendition']}/{row['file']}" for row in rows}
    files = [
        {"file": name, "body": base64.b64encode(body).decode()} for name, body in tape.objects.items() if name in names
    ]
    told = [{"tell": {"init": init}} for init in inits] + [{"tell": {"segment": row}} for row in rows]
    return [*files, *told, {"tell": {"progress": 1.0}}]


class Works:
    """One node's part of it."""

    def __init__(self, folder: Path, store: ObjectStore) -> None:
        self.catalog = Catalog.open(f"sqlite:///{folder}/catalog.db")
        self.catalog.write_now(lambda conn: tenants.ensure_default(conn, NOW))
        self.store = store
        self.scratch = Scratch(folder / "scratch")
        self.packaging = Packaging(self.catalog, store, self.scratch, PROGRAM)
        self.progress: list[float] = []

    def close(self) -> None:
        self.scratch.close()
        self.catalog.close()

    async def order(self, steps: list[dict[str, Any]], name: str = "film") -> str:
        """Have an object packaged that says this; gives the asset's id."""
        body = json.dumps(steps).encode()
        order = Order(f"ob_{name}", f"ve_{name}", f"{DEFAULT_TENANT}/objects/ve_{name}", len(body))
        await self.store.put(order.key, (body,))
        new = a_new_asset(f"as_{name}")
        await self.catalog.write(lambda conn: packages.create(conn, new, order, NOW))
        return new.id

    async def claim(self, now: float = NOW) -> Job:
        job = await self.catalog.write(lambda conn: jobs.claim(conn, "wo_a", [jobs.PACKAGE], now))
        assert job
        return job

    async def perform(self, job: Job) -> None:
        await self.packaging.perform(job, self.progress.append)

    async def asset(self, name: str = "film") -> Asset:
        asset = await self.catalog.read(lambda conn: assets.get(conn, DEFAULT_TENANT, f"as_{name}"))
        assert asset
        return asset

    async def keys(self, name: str = "film") -> list[str]:
        prefix = f"{DEFAULT_TENANT}/as_{name}/"
        return [each.key.removeprefix(prefix) for each in await self.store.list(prefix, None, 10_000)]
