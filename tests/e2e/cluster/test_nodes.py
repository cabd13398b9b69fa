"""Two nodes with PostgreSQL, Redis and S3: viewers of one go on when the other, which had the publisher, is gone."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from tests.house.tree import ROOT
from tests.support import ffmpeg
from tests.support.cluster import cluster
from tests.support.hls import parsed
from tests.support.node import Node, publishing_in_a_loop

if TYPE_CHECKING:
    from tests.support.running import Stream

WAIT_S = 60.0


async def playlist(node: Node, stream: Stream, rendition: str = "v0") -> str:
    """The media playlist as a viewer of this node gets it; "" off air."""
    async with httpx.AsyncClient(timeout=30) as client:
        answer = await client.get(f"{node.url}/play/{stream.token}/{stream.playback_id}/{rendition}/index.m3u8")
    return answer.text if answer.is_success else ""


async def until(node: Node, stream: Stream, text: str) -> str:
    """Wait until the playlist holds `text`."""
    async with asyncio.timeout(WAIT_S):
        while text not in (found := await playlist(node, stream)):  # noqa: ASYNC110 - as a viewer
            await asyncio.sleep(0.1)
    return found


async def until_told(keeper: Node, node: Node, stream: Stream, state: str) -> dict[str, Any]:
    """Wait until `node` says that the stream has this state; `keeper` has the key for the API."""
    async with asyncio.timeout(WAIT_S), keeper.api() as client:
        address = f"{node.url}/v1/streams/{stream.id}"
        while (shown := (await client.get(address)).json())["state"] != state:  # noqa: ASYNC110 - as a client
            await asyncio.sleep(0.1)
    return dict(shown)


async def everything_can_be_had(node: Node, stream: Stream, text: str) -> bool:
    """Whether this node gives every segment of a playlist, whoever wrote it."""
    uris = [segment.uri for segment in parsed(text).segments if segment.uri and not segment.gap_tag]
    base = f"{node.url}/play/{stream.token}/{stream.playback_id}/v0/"
    async with httpx.AsyncClient(timeout=30) as client:
        return {(await client.get(base + uri)).status_code for uri in uris} == {200}


async def test_the_playlist_goes_on_when_the_writer_is_killed(tmp_path: Path) -> None:
    async with cluster(tmp_path) as running:
        first, second = running.nodes
        stream = await first.stream(dvr_window_s=120)
        async with publishing_in_a_loop(running.rtmp_urls(stream.key), ffmpeg.source()):
            before = await until(second, stream, "1-2.m4s")
            shown = await until_told(first, second, stream, "live")
            assert [track.split(".")[0] for track in shown["tracks"]] == ["avc1", "mp4a"]
            await first.kill()
            after = await until(second, stream, "2-init-0.mp4")
            told = await until_told(first, second, stream, "live")
            assert told["broadcast_id"] == shown["broadcast_id"]
            uris = {segment.uri for segment in parsed(before).segments if segment.uri}
            assert uris <= {segment.uri for segment in parsed(after).segments}
            assert "EXT-X-DISCONTINUITY\n" in after
            assert await everything_can_be_had(second, stream, after)
            await first.start()
            again = await until(first, stream, "2-init-0.mp4")
            assert parsed(again).media_sequence >= parsed(before).media_sequence


async def test_a_clean_stop_hands_the_stream_on_at_once(tmp_path: Path) -> None:
    async with cluster(tmp_path) as running:
        first, second = running.nodes
        stream = await first.stream(dvr_window_s=120)
        async with publishing_in_a_loop(running.rtmp_urls(stream.key), ffmpeg.source()):
            before = await until(second, stream, "1-2.m4s")
            await first.stop()
            after = await until(second, stream, "2-init-0.mp4")
            assert parsed(after).media_sequence == parsed(before).media_sequence


def started_under(folder: str) -> list[str]:
    """Processes that keep their temporary files there."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"TMPDIR={folder}\0".encode() in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            pass  # gone meanwhile, or somebody else's
    return found


async def test_what_make_cluster_starts_goes_when_it_is_told_to_stop() -> None:
    with tempfile.TemporaryDirectory(prefix="headwater-tidy-") as folder:
        os.chmod(folder, 0o755)  # noqa: PTH101, S103 - needs no thread; PostgreSQL runs as somebody else
        environ = {**os.environ, "TMPDIR": folder, "PYTHONPATH": str(ROOT)}
        command = (sys.executable, str(ROOT / ".ci/cluster.py"))
        process = await asyncio.create_subprocess_exec(*command, env=environ, stdout=asyncio.subprocess.PIPE)
        assert process.stdout
        async with asyncio.timeout(WAIT_S):
            while b"admin key" not in await process.stdout.readline():
                assert process.returncode is None
            assert started_under(folder)
            process.terminate()
            assert await process.wait() == 0
        assert started_under(folder) == []
        assert os.listdir(folder) == []  # noqa: PTH208 - as above
