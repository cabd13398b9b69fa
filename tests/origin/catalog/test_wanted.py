from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from origin.catalog import assets, jobs
from origin.catalog.ids import DEFAULT_TENANT
from origin.catalog.objects import Version
from origin.catalog.wanted import MAX_NAME, name_of, package_if_wanted

if TYPE_CHECKING:
    from sqlalchemy import Connection

FILM = Version("ve_a", DEFAULT_TENANT, "ob_a", "tn_default/ve_a", 9, "ab" * 32, "video/mp4", 20.0, "A film.mp4")


def of_random(size: int) -> bytes:
    return bytes(range(size))


@pytest.mark.parametrize("metadata", [{}, {"package": "0"}, {"package": ""}, {"filename": "1"}])
def test_an_upload_that_asks_for_nothing_gets_nothing(conn: Connection, metadata: dict[str, str]) -> None:
    package_if_wanted(conn, FILM, metadata, random=of_random)
    assert assets.page(conn, DEFAULT_TENANT, None, 9) == []


def test_one_that_asks_becomes_an_asset_by_a_job(conn: Connection) -> None:
    package_if_wanted(conn, FILM, {"package": "1"}, random=of_random)
    (asset,) = assets.page(conn, DEFAULT_TENANT, None, 9)
    assert (asset.state, asset.name, asset.object_id, asset.version_id) == ("queued", "A film.mp4", "ob_a", "ve_a")
    (job,) = jobs.page(conn, DEFAULT_TENANT, None, 9)
    assert job.subject == asset.id


def test_a_name_of_an_asset_is_short_and_of_one_line() -> None:
    assert name_of(replace(FILM, name="a\nb" + "x" * 999)) == "ab" + "x" * (MAX_NAME - 2)
