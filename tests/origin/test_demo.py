"""`headwater demo`, the command."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from shutil import which
from typing import Any

import httpx
import pytest

from tests.support.demo import demo


async def every(client: httpx.AsyncClient, what: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await client.get(f"/v1/{what}")).json()["items"]
    return items


def processes_of(folder: Path) -> list[str]:
    """Whatever runs with this folder in its environment: the demo, and whom it has started."""
    found = []
    for environ in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):  # it ended, or is not ours
            if f"HEADWATER_DATA_DIR={folder}".encode() in environ.read_bytes():
                found.append(environ.parent.name)
    return found


async def test_it_says_where_to_look_stops_cleanly_and_starts_again(tmp_path: Path) -> None:
    keys, made = set(), set()
    for _ in range(2):
        async with demo(tmp_path / "data") as running:
            assert running.rtmp_url.startswith("rtmp://127.0.0.1:")
            keys.add(running.stream_key)
            async with httpx.AsyncClient(base_url=running.base) as client:
                assert (await client.get("/")).status_code == 401
                assert (await client.get(running.link)).status_code == 303
                streams, objects, assets = [await every(client, what) for what in ("streams", "objects", "assets")]
                assert (await client.get(running.link)).status_code == 401, "a link works once"
            assert {stream["name"]: stream["state"] for stream in streams} == {"Test card": "live", "OBS": "idle"}
            assert [each["name"] for each in objects] == ["demo-film.mp4"]
            made |= {asset["id"] for asset in assets}
            assert await running.interrupt() == 0
        assert processes_of(tmp_path) == []
    assert len(made) == 1, "the film is uploaded once"
    assert len(keys) == 1, "OBS is set up once"


async def shell(line: str, folder: Path) -> str:
    """Paste a line into a shell; its output."""
    pipe = asyncio.subprocess.PIPE
    pasted = await asyncio.create_subprocess_shell(line, cwd=folder, stdout=pipe, stderr=pipe)
    out, errors = await pasted.communicate()
    assert pasted.returncode == 0, errors.decode()
    return out.decode()


@pytest.mark.skipif(which("curl") is None, reason="curl is not installed")
async def test_the_lines_for_curl_work_as_they_are(tmp_path: Path) -> None:
    async with demo(tmp_path / "data") as running:
        said = await shell(running.upload, tmp_path)
        assert said.startswith("HTTP/1.1 201 ")
        await shell(running.download, tmp_path)
        async with httpx.AsyncClient(base_url=running.base) as client:
            await client.get(running.link)
            names = {each["name"] for each in await every(client, "assets")}
    film = tmp_path / "data" / "demo-film.mp4"
    assert (tmp_path / film.name).read_bytes() == film.read_bytes()
    assert names == {"my-film.mp4", film.name}
