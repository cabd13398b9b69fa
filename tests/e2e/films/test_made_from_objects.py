"""An uploaded object becomes an asset, from the first byte to the signed package, with a program that cuts nothing."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from origin.vod import runner
from origin.vod.packaging import child
from tests.origin.vod.house import a_tape
from tests.origin.vod.packaging.works import DONE, PROGRAM, film
from tests.support.commands import command
from tests.support.running import headwater

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.running import Headwater

TUS = {"Tus-Resumable": "1.0.0"}


@pytest.fixture(autouse=True)
def _program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "PROGRAM", PROGRAM)
    monkeypatch.setattr(runner, "POLL_S", 3_600.0)  # so that what begins has been told of


async def uploaded(running: Headwater, steps: list[dict[str, Any]]) -> str:
    """The id of an object whose bytes are these steps."""
    body = json.dumps(steps).encode()
    headers = {**TUS, "Upload-Length": str(len(body)), "Content-Type": "application/offset+octet-stream"}
    made = await running.http.post(f"{running.url}/v1/uploads", headers=headers, content=body)
    assert made.status_code == 201, made.text
    location = made.headers["Location"]
    async with asyncio.timeout(30):
        while True:
            told = await running.http.head(httpx_url(running, location), headers=TUS)
            if "Content-Location" in told.headers:
                return str(told.headers["Content-Location"].rpartition("/")[2])
            await asyncio.sleep(0.02)


def httpx_url(running: Headwater, location: str) -> str:
    return location if location.startswith("http") else running.url + location


async def until(running: Headwater, asset_id: str, *states: str) -> dict[str, Any]:
    async with asyncio.timeout(60):
        while True:
            asset: dict[str, Any] = (await running.get(f"/v1/assets/{asset_id}")).json()
            if asset["state"] in states:
                return asset
            await asyncio.sleep(0.05)


def stored(folder: Path, asset_id: str) -> list[Path]:
    return [path for path in (folder / "objects" / "tn_default" / asset_id).rglob("*") if path.is_file()]


async def test_an_object_is_played_and_downloaded_and_verifies(tmp_path: Path) -> None:
    async with headwater(tmp_path) as running:
        object_id = await uploaded(running, [*film(a_tape()), DONE])
        asset = (await running.post("/v1/assets", {"object_id": object_id, "playback": "public"})).json()
        assert asset["state"] == "queued"
        asset = await until(running, asset["id"], "ready", "failed")
        assert (asset["state"], asset["progress"]) == ("ready", 1)
        assert asset["duration_s"] == pytest.approx(6.5, abs=0.1)
        playlist = await running.get(asset["urls"]["hls"])
        assert "v0/index.m3u8" in playlist.text
        base = asset["urls"]["hls"].removesuffix("index.m3u8")
        media = (await running.get(f"{base}v0/index.m3u8")).text
        segment = next(line for line in media.splitlines() if line.endswith(".m4s"))
        assert (await running.get(f"{base}v0/{segment}")).status_code == 200
        assert (await running.get(asset["urls"]["dash"])).status_code == 200
        movie = await running.get(f"{asset['urls']['hls']}?download=mp4")
        assert (movie.status_code, movie.content[4:8]) == (200, b"ftyp")
        status, out, _ = await command(tmp_path, "verify", str(tmp_path / "objects/tn_default" / asset["id"]), "--json")
        said = json.loads(out)
        assert (status, said["ok"], said["package"]) == (0, True, asset["id"])


async def test_one_that_is_no_film_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    async with headwater(tmp_path) as running:
        object_id = await uploaded(running, [*film(a_tape()), {"tell": {"error": "It is no film."}}, {"exit": 1}])
        asset = (await running.post("/v1/assets", {"object_id": object_id})).json()
        asset = await until(running, asset["id"], "ready", "failed")
        assert (asset["state"], asset["error"]) == ("failed", "It is no film.")
        job = (await running.get(f"/v1/jobs/{asset['job_id']}")).json()
        assert (job["state"], job["error"], job["attempt"]) == ("failed", "It is no film.", 1)
        assert stored(tmp_path, asset["id"]) == []


async def test_one_that_is_deleted_meanwhile_stops(tmp_path: Path) -> None:
    async with headwater(tmp_path) as running:
        object_id = await uploaded(running, [*film(a_tape()), {"hang": True}])
        asset = (await running.post("/v1/assets", {"object_id": object_id})).json()
        await until(running, asset["id"], "processing")
        assert (await running.http.delete(f"{running.url}/v1/assets/{asset['id']}")).status_code == 204
        assert (await running.get(f"/v1/jobs/{asset['job_id']}")).json()["state"] == "cancelled"
        async with asyncio.timeout(30):
            while list((tmp_path / "scratch").glob("*/*/out")):  # noqa: ASYNC110 - a disk tells nothing
                await asyncio.sleep(0.05)
