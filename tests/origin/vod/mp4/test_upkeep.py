from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from origin.catalog import assets
from origin.vod.mp4 import upkeep
from origin.vod.mp4.films import CatalogFilms
from origin.vod.mp4.plans import Plans
from tests.origin.vod.mp4.made_asset import make_asset
from tests.origin.vod.mp4.shelf import film

if TYPE_CHECKING:
    from pathlib import Path

    from origin.catalog.database import Catalog
    from origin.stores.protocol import ObjectStore

FILM = film(3)


async def test_a_plan_goes_with_its_recording(catalog: Catalog, store: ObjectStore, tmp_path: Path) -> None:
    plans = Plans(tmp_path / "plans", store)
    assert await upkeep.tidy(plans, catalog) == 0
    asset = await make_asset(catalog, store, FILM)
    found = await CatalogFilms(catalog).film(asset.playback_id)
    await plans.plan(asset.playback_id, found.source)
    assert await upkeep.tidy(plans, catalog) == 0
    assert await plans.names() == [asset.playback_id]
    await catalog.write(lambda conn: assets.delete(conn, asset.tenant_id, asset.id, None, 50.0))
    assert await upkeep.tidy(plans, catalog) == 1
    assert await plans.names() == []
    await plans.close()


async def test_it_goes_on_until_cancelled_even_if_the_catalog_fails(
    catalog: Catalog, store: ObjectStore, tmp_path: Path
) -> None:
    (tmp_path / "plans").mkdir()
    (tmp_path / "plans" / "pb_a.plan").touch()
    plans = Plans(tmp_path / "plans", store)
    catalog.close()
    task = asyncio.create_task(upkeep.run(plans, catalog))
    done, _ = await asyncio.wait([task], timeout=0.05)
    assert not done
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await plans.close()
