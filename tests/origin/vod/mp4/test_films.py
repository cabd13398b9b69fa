from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from origin.catalog import assets
from origin.errors import Problem
from origin.vod.mp4 import films as room
from origin.vod.mp4.build import build
from origin.vod.mp4.films import CatalogFilms
from tests.origin.vod.mp4.made_asset import make_asset
from tests.origin.vod.mp4.shelf import film

if TYPE_CHECKING:
    from origin.catalog.database import Catalog
    from origin.stores.protocol import ObjectStore
    from origin.stores.workers import Workers

FILM = film()


async def test_a_recording_in_the_catalog_is_a_film(
    catalog: Catalog, store: ObjectStore, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "PAGE", 3)
    asset = await make_asset(catalog, store, FILM)
    found = await CatalogFilms(catalog).film(asset.playback_id)
    assert (found.playback_id, found.name, found.source.prefix) == (asset.playback_id, "a show", asset.prefix)
    listed = [(segment.name, segment.init) async for segment in found.source.segments()]
    assert sorted(listed) == sorted(FILM.segments), "gaps, and what cannot be decoded, are left out"
    plan = await build(found.source, store, workers)
    assert plan.size == FILM.plan().size
    assert b"".join(plan.header) == b"".join(FILM.plan().header)


async def test_what_is_no_recording(catalog: Catalog) -> None:
    with pytest.raises(Problem) as caught:
        await CatalogFilms(catalog).film("pb_none")
    assert caught.value.status == 404


async def test_a_recording_that_is_being_finished(catalog: Catalog, store: ObjectStore) -> None:
    asset = await make_asset(catalog, store, FILM, ready=False)
    with pytest.raises(Problem) as caught:
        await CatalogFilms(catalog).film(asset.playback_id)
    assert (caught.value.code, caught.value.headers) == ("download_preparing", (("retry-after", "5"),))


async def test_a_recording_that_could_not_be_finished(catalog: Catalog, store: ObjectStore) -> None:
    asset = await make_asset(catalog, store, FILM, ready=False)
    await catalog.write(lambda conn: assets.fail(conn, asset.id, "of the disk", 40.0))
    with pytest.raises(Problem) as caught:
        await CatalogFilms(catalog).film(asset.playback_id)
    assert caught.value.code == "recording_damaged"
