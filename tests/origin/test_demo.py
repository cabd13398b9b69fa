"""`headwater demo`, the command."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from tests.support.demo import demo

if TYPE_CHECKING:
    from pathlib import Path


async def test_it_says_where_to_look_stops_cleanly_and_starts_again(tmp_path: Path) -> None:
    keys = set()
    for _ in range(2):
        async with demo(tmp_path / "data") as running:
            assert running.rtmp_url.startswith("rtmp://127.0.0.1:")
            keys.add(running.stream_key)
            async with httpx.AsyncClient(base_url=running.base) as client:
                assert (await client.get("/")).status_code == 401
                assert (await client.get(running.link)).status_code == 303
                streams = (await client.get("/v1/streams")).json()["items"]
                assert (await client.get(running.link)).status_code == 401, "a link works once"
            assert {stream["name"]: stream["state"] for stream in streams} == {"Test card": "live", "OBS": "idle"}
            assert await running.interrupt() == 0
    assert len(keys) == 1, "OBS is set up once"
