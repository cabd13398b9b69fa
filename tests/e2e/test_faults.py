"""Bad publishers, bad clients and a full disk: each gets its answer, nobody else notices."""

from __future__ import annotations

import asyncio
import os
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.support import ffmpeg
from tests.support.hls import follow, newest_part, playlist, until_live
from tests.support.running import headwater

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.running import Headwater


async def _send(running: Headwater, *pieces: bytes) -> bytes:
    """Open an RTMP connection, send, and read until the server closes it."""
    assert running.server.rtmp_address
    reader, writer = await asyncio.open_connection(*running.server.rtmp_address)
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        async with asyncio.timeout(20):
            return await reader.read(-1)
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def test_bad_peers_do_not_disturb_a_stream(tmp_path: Path) -> None:
    async with headwater(tmp_path) as running:
        stream = await running.stream()
        async with ffmpeg.publishing(stream.rtmp_url, ffmpeg.source()):
            await until_live(running, stream)
            before = newest_part(await playlist(running, stream))
            rejected = await running.metric("headwater_ingest_rejected_total")
            garbage = [
                os.urandom(200_000),
                b"\x03" + b"\x00" * 3072 + b"\xff" * 100_000,
                b"GET / HTTP/1.1\r\n\r\n" * 99,
            ]
            await asyncio.gather(*(_send(running, piece) for piece in garbage))
            assert await running.metric("headwater_ingest_rejected_total") >= rejected + len(garbage)
            wrong = await asyncio.create_subprocess_exec(
                "ffmpeg", *ffmpeg.QUIET, *ffmpeg.source(seconds=2), "-f", "flv",
                stream.rtmp_url.replace("sk_", "sk_x"), stderr=subprocess.PIPE,
            )  # fmt: skip
            await wrong.communicate()
            assert wrong.returncode != 0
            text = await follow(running, stream, until=rf"1-{before[0] + 2}\.0\.m4s")
            assert "EXT-X-DISCONTINUITY" not in text
            assert "EXT-X-GAP" not in text
            shown = await running.state(stream)
            assert (shown["state"], shown["health"]) == ("live", [])


async def test_a_publisher_without_key_frames_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    async with headwater(tmp_path) as running:
        stream = await running.stream(reconnect_window_s=0)
        # 30 s of video whose key frames a bitstream filter has dropped, as fast as it goes
        arguments = [*ffmpeg.source(audio=False, seconds=30, realtime=False), "-bsf:v", "noise=drop=key"]
        async with ffmpeg.publishing(stream.rtmp_url, arguments) as publisher:
            async with asyncio.timeout(60):
                await publisher.wait()
        shown = await running.state(stream)
        assert "no_key_frame" in {remark["code"] for remark in shown["health"]}
        assert not list((tmp_path / "objects").rglob("*.m4s"))


async def test_long_gops_play_and_are_remarked_upon(tmp_path: Path) -> None:
    async with headwater(tmp_path) as running:
        stream = await running.stream(reconnect_window_s=0)
        arguments = [
            *ffmpeg.source(seconds=20, realtime=False),
            "-g",
            "240",
            "-keyint_min",
            "240",
            "-sc_threshold",
            "0",
        ]
        await ffmpeg.publish(stream.rtmp_url, arguments)
        await running.until_state(stream, "ended")
        assert "long_gop" in {remark["code"] for remark in (await running.state(stream))["health"]}
        await ffmpeg.decode(stream.hls_url)


@contextmanager
def _small_disk(folder: Path, size: str) -> Iterator[None]:
    """A file system of its own, so that filling it harms nobody."""
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=False)
    if mounted.returncode:
        pytest.skip("file systems may not be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


async def test_a_full_disk_never_stops_the_live_edge(tmp_path: Path) -> None:
    with _small_disk(tmp_path / "objects", "256k"):
        async with headwater(tmp_path, store_url=f"file:{tmp_path}/objects") as running:
            stream = await running.stream()
            async with ffmpeg.publishing(stream.rtmp_url, ffmpeg.source()):
                await until_live(running, stream)
                first, _ = newest_part(await playlist(running, stream))
                text = await follow(running, stream, until=rf"1-{first + 6}\.0\.m4s")
                assert "EXT-X-DISCONTINUITY" not in text
                assert await running.metric("headwater_store_failures_total") > 0
                (said,) = [each for each in (await running.state(stream))["health"] if each["code"] == "store_failed"]
                assert "is full" in said["sentence"]
                newest = [line for line in text.splitlines() if line.endswith(".m4s")][-1]
                assert (await running.get(f"{stream.base}v0/{newest}")).status_code == 200
                await ffmpeg.decode_some(stream.hls_url)
