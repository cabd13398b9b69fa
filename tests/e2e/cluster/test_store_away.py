"""A server that is stopped while its bucket is away, and started again when that is back."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.support import ffmpeg, s3
from tests.support.faulty_proxy import Fault, faulty_proxy
from tests.support.hls import parsed
from tests.support.node import Node

if TYPE_CHECKING:
    from pathlib import Path

    import m3u8

    from tests.support.faulty_proxy import FaultyProxy

pytestmark = pytest.mark.timeout(240)
WAIT_S = 60.0
STOP_S = 25.0
"""Orchestrators wait 30 s before they kill."""
FAULTS = {
    "refuses": Fault(reset=True),
    "fails": Fault(answer=(503, "<Error><Code>SlowDown</Code></Error>")),
    "hangs": Fault(delay_s=60.0),
}


def take_away(bucket: FaultyProxy, how: str) -> None:
    bucket.always = FAULTS[how]
    if how == "refuses":
        bucket.refuse()


def bring_back(bucket: FaultyProxy, how: str) -> None:
    bucket.always = Fault()
    if how == "refuses":
        bucket.accept()


async def until_listed(http: httpx.AsyncClient, url: str, segments: int) -> m3u8.M3U8:
    async with asyncio.timeout(WAIT_S):
        while True:
            answer = await http.get(url)
            if answer.is_success and len((listed := parsed(answer.text)).files) > segments:
                return listed
            await asyncio.sleep(0.1)


async def until_ready(http: httpx.AsyncClient) -> dict[str, Any]:
    async with asyncio.timeout(WAIT_S):
        while True:
            items = (await http.get("/v1/assets")).json()["items"]
            if items and items[0]["state"] != "processing":
                return dict(items[0])
            await asyncio.sleep(0.1)


def files(playlist: m3u8.M3U8) -> list[str]:
    assert not any(segment.gap_tag for segment in playlist.segments)
    return [segment.uri for segment in playlist.segments if segment.uri]


@pytest.mark.parametrize("how", FAULTS)
async def test_what_the_bucket_had_not_taken_is_there_after_the_next_start(tmp_path: Path, how: str) -> None:
    with faulty_proxy(s3.rclone().url) as bucket:
        node = Node(tmp_path, {"store_url": s3.Endpoint(bucket.url).store_url()}, s3.ENVIRONMENT)
        await node.start()
        try:
            stream = await node.stream(record=True)
            base = f"{node.url}/play/{stream.token}/{stream.playback_id}/v0/"
            async with httpx.AsyncClient(timeout=30) as viewer:
                async with ffmpeg.publishing(stream.rtmp_url, ffmpeg.source()):
                    await until_listed(viewer, f"{base}index.m3u8", 2)
                    take_away(bucket, how)
                    before = files(await until_listed(viewer, f"{base}index.m3u8", 6))
                    async with asyncio.timeout(STOP_S):
                        await node.stop()
                kept = [path.name for path in (tmp_path / "unsent").rglob("*.m4s")]
                assert node.said("segments_kept_for_later") == 1
                assert node.said("calls_left_behind") == (how == "hangs")
                assert node.process
                assert node.process.returncode == 0
                assert before[-2] in kept
                bring_back(bucket, how)
                await node.start()
                async with node.api() as api:
                    after = files(parsed((await viewer.get(f"{base}index.m3u8")).text))
                    assert before == after[: len(before)]
                    assert {(await viewer.get(base + file)).status_code for file in after} == {200}
                    assert (await api.post(f"/v1/streams/{stream.id}/disconnect")).is_success
                    asset = await until_ready(api)
                    assert asset["state"] == "ready", asset
                    minted = (
                        await api.post("/v1/tokens", json={"scope": "play", "playback_id": asset["playback_id"]})
                    ).json()
                url = minted["urls"]["hls"]
                recorded = files(parsed((await viewer.get(url.replace("index.m3u8", "v0/index.m3u8"))).text))
                assert recorded == after
            await ffmpeg.decode(url)
            assert list((tmp_path / "unsent").rglob("*.m4s")) == []
        finally:
            await node.stop()
