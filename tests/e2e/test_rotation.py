"""Signing keys are changed while somebody watches, and nobody is refused."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import jwt

from origin.web import token_desk
from tests.support import ffmpeg
from tests.support.commands import command
from tests.support.hls import until_live
from tests.support.running import headwater

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import pytest

    from tests.support.running import Headwater, Stream

EVERY_S = 0.1


@asynccontextmanager
async def watched(running: Headwater, url: str) -> AsyncIterator[list[int]]:
    """Poll a playlist as a player does, until the block ends; the statuses of the answers."""
    statuses: list[int] = []

    async def poll() -> None:
        while True:
            statuses.append((await running.get(url)).status_code)
            await asyncio.sleep(EVERY_S)

    task = asyncio.create_task(poll())
    yield statuses
    task.cancel()


async def rotated(running: Headwater, stream: Stream, data_dir: Path) -> tuple[str, str]:
    """Rotate; the new key's kid, and the address of the first token that it has signed."""
    status, out, errors = await command(data_dir, "keys", "rotate", "--json")
    assert status == 0, errors
    kid = str(json.loads(out)["kid"])
    body = {"scope": "play", "playback_id": stream.playback_id}
    async with asyncio.timeout(30):
        while True:
            minted = (await running.post("/v1/tokens", body)).json()
            if kid_of(minted["token"]) == kid:
                return kid, str(minted["urls"]["hls"])
            await asyncio.sleep(EVERY_S)


def kid_of(token: str) -> str:
    return str(jwt.get_unverified_header(token)["kid"])


async def test_two_rotations_refuse_no_viewer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The same order of events as with 1 s, 30 s and 60 s.
    monkeypatch.setattr(token_desk, "LEAST_REFRESH_S", 0.05)
    monkeypatch.setattr(token_desk, "REFRESH_S", 0.5)
    monkeypatch.setattr(token_desk, "ACTIVATION_S", 1.0)
    async with headwater(tmp_path) as running:
        stream = await running.stream()
        async with ffmpeg.publishing(stream.rtmp_url, ffmpeg.source()):
            await until_live(running, stream)
            first = f"{stream.base}v0/index.m3u8"
            async with watched(running, first) as of_the_first_key:
                kid, address = await rotated(running, stream, tmp_path)
                second = address.replace("index.m3u8", "v0/index.m3u8")
                async with watched(running, second) as of_the_second_key:
                    another, address = await rotated(running, stream, tmp_path)
                    assert len({kid_of(stream.token), kid, another}) == 3
                    assert (await running.get(address)).status_code == 200
            assert set(of_the_first_key) == {200}
            assert set(of_the_second_key) == {200}
            assert len(of_the_first_key) > len(of_the_second_key) > 3
