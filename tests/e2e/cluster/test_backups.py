"""A primary encoder that dies or hangs, and a backup that goes on the air: at the same node, and at another one."""

from __future__ import annotations

import asyncio
import re
import signal
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.support import ffmpeg
from tests.support.cluster import cluster
from tests.support.hls import follow, parsed, playlist, until_live
from tests.support.running import headwater

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.node import Node
    from tests.support.running import Headwater, Stream

BACKUP = [word.replace("testsrc2=", "testsrc=") for word in ffmpeg.source()]
FATES = {"killed": signal.SIGKILL, "hung": signal.SIGSTOP}
WAIT_S = 60.0


async def until_waiting(running: Headwater, stream: Stream) -> None:
    """Wait until a backup is there and sends."""
    async with asyncio.timeout(WAIT_S):
        while running.server.director._backups.ready(stream.id) is None:  # noqa: ASYNC110 - nobody is told
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("fate", FATES)
async def test_a_backup_at_the_same_node_goes_on_the_air(tmp_path: Path, fate: str) -> None:
    async with headwater(tmp_path) as running, AsyncExitStack() as backups:
        stream = await running.stream(reconnect_window_s=60)
        async with ffmpeg.publishing(stream.rtmp_url, ffmpeg.source()) as primary:
            await until_live(running, stream)
            backup = await backups.enter_async_context(ffmpeg.publishing(f"{stream.rtmp_url}-backup", BACKUP))
            await until_waiting(running, stream)
            before = parsed(await playlist(running, stream))
            primary.send_signal(FATES[fate])
            text = await follow(running, stream, until=r"1-init-1.mp4(?s:.*)EXTINF")
            assert parsed(text).media_sequence == before.media_sequence
            assert (await running.state(stream))["state"] == "live"
            assert backup.returncode is None
            await running.post(f"/v1/streams/{stream.id}/disconnect")
        await ffmpeg.decode(stream.hls_url)


async def test_a_primary_that_comes_back_takes_over_again(tmp_path: Path) -> None:
    async with headwater(tmp_path) as running:
        stream = await running.stream(reconnect_window_s=60)
        async with ffmpeg.publishing(f"{stream.rtmp_url}-backup", BACKUP) as backup:
            await until_live(running, stream)
            async with ffmpeg.publishing(stream.rtmp_url, ffmpeg.source()):
                await follow(running, stream, until=r"1-init-1.mp4(?s:.*)EXTINF")
            await follow(running, stream, until=r"1-init-2.mp4(?s:.*)EXTINF")
            assert backup.returncode is None


async def until(node: Node, stream: Stream, pattern: str) -> str:
    """Wait until the playlist as a viewer of this node gets it holds what matches."""
    async with asyncio.timeout(WAIT_S), httpx.AsyncClient(timeout=30) as client:
        while True:
            answer = await client.get(f"{node.url}/play/{stream.token}/{stream.playback_id}/v0/index.m3u8")
            if answer.is_success and re.search(pattern, answer.text):
                return answer.text
            await asyncio.sleep(0.1)


async def until_sent(node: Node, least: int = 20_000) -> None:
    """Wait until so many bytes have come to this node: its backup sends."""
    pattern = re.compile(r"^headwater_ingest_bytes_total\{.*\} ([0-9.e+]+)$", re.MULTILINE)
    async with asyncio.timeout(WAIT_S), httpx.AsyncClient(timeout=30) as client:
        while True:
            text = (await client.get(f"http://127.0.0.1:{node.ops_port}/metrics")).text
            if sum(map(float, pattern.findall(text))) > least:
                return
            await asyncio.sleep(0.1)


@pytest.mark.parametrize("fate", FATES)
async def test_a_backup_at_another_node_goes_on_the_air(tmp_path: Path, fate: str) -> None:
    async with cluster(tmp_path) as running, AsyncExitStack() as backups:
        first, second = running.nodes
        stream = await first.stream(dvr_window_s=120)
        urls = running.rtmp_urls(stream.key)
        async with ffmpeg.publishing(urls[0], ffmpeg.source()) as primary:
            before = parsed(await until(first, stream, "1-1.m4s"))
            backup = await backups.enter_async_context(ffmpeg.publishing(f"{urls[1]}-backup", BACKUP))
            await until_sent(second)
            primary.send_signal(FATES[fate])
            after = await until(first, stream, r"2-init-0.mp4(?s:.*)EXTINF")
            assert parsed(after).media_sequence == before.media_sequence
            assert "EXT-X-DISCONTINUITY\n" in after
            assert await until(second, stream, r"2-init-0.mp4(?s:.*)EXTINF")
            assert backup.returncode is None
