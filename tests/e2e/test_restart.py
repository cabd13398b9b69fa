"""A server that is killed, or stopped, and started again: a viewer's page plays on, and what came is not lost."""

from __future__ import annotations

import asyncio
from itertools import accumulate
from typing import TYPE_CHECKING

import httpx
import pytest

from origin.live import succession
from origin.stores.logbook import Logbook
from player_demo import build
from tests.support import ffmpeg
from tests.support.browser import Watch, chromium, executable
from tests.support.hls import parsed
from tests.support.node import Node, publishing_in_a_loop

if TYPE_CHECKING:
    from pathlib import Path

    from packager.hls.window import Window

LONG_GOPS = [*ffmpeg.source(), "-g", "240"]
"""Of 8 s, and so are the segments: one stays open for as long as a slow machine takes to look at it."""


@pytest.mark.skipif(executable() is None, reason="there is no Chromium here")
@pytest.mark.parametrize(("end", "latency"), [("kill", "low"), ("stop", "low"), ("kill", "standard")])
async def test_a_page_plays_on_across_a_restart(tmp_path: Path, end: str, latency: str) -> None:
    assert build.main() == 0
    node = Node(tmp_path)
    await node.start()
    try:
        stream = await node.stream(latency=latency)
        async with publishing_in_a_loop([stream.rtmp_url], ffmpeg.source()), chromium() as context:
            watch = await Watch.open(context, f"{node.url}/watch/{stream.playback_id}#t={stream.token}")
            await watch.until('h.phase === "playing" && h.frames > 60 && h.delay !== null')
            await watch.page.evaluate("() => { window.neverReloaded = true; }")
            video = "document.querySelector('video')"
            position = await watch.page.evaluate(f"() => {video}.currentTime")
            await (node.kill() if end == "kill" else node.stop())
            await node.start()
            await watch.page.wait_for_function(f"() => {video}.currentTime > {position + 8}", timeout=60_000)
            await watch.until('h.phase === "playing"')
            said = await watch.reading()
            assert await watch.page.evaluate("() => window.neverReloaded")
            assert [fault for fault in said["errors"] if fault.get("fatal")] == []
            assert watch.complaints == []
    finally:
        await node.stop()


async def test_a_kill_in_mid_segment_costs_no_more_of_a_stream_that_shows_no_parts(tmp_path: Path) -> None:
    node = Node(tmp_path)
    await node.start()
    try:
        stream = await node.stream(latency="standard")
        viewer = httpx.AsyncClient(base_url=stream.base, timeout=30)
        async with publishing_in_a_loop([stream.rtmp_url], LONG_GOPS), viewer:
            window = await _logged(tmp_path, open_parts=2)
            await _no_parts_are_shown(viewer, window)
            await node.kill()
            window = await _logged(tmp_path, open_parts=2)
            (draft,) = (tmp_path / "objects" / ".spool").glob(f"*/*/v0/1-{window.open_msn}.m4s")
            written = draft.read_bytes()
            await node.start()
            file = f"2-{window.open_msn}.m4s"
            segment = next(each for each in parsed(await _get(viewer, "v0/index.m3u8")).segments if each.uri == file)
            ends = [end for end in accumulate(part.size for part in window.open_parts) if end <= len(written)]
            assert len(ends) >= 2
            assert (await viewer.get(f"v0/{file}")).content == written[: ends[-1]]
            saved = sum(part.duration for part in window.open_parts[: len(ends)])
            assert segment.duration == pytest.approx(saved, abs=1e-4)
            await _no_parts_are_shown(viewer, window)
            async with asyncio.timeout(60):
                while "2-init-0.mp4" not in await _get(viewer, "v0/index.m3u8"):  # noqa: ASYNC110 - as a viewer
                    await asyncio.sleep(0.1)
            await _no_parts_are_shown(viewer, window)
    finally:
        await node.stop()


async def _logged(folder: Path, *, open_parts: int) -> Window:
    """The pictures' window as the log on the disk describes it, once it has so many parts of an open segment."""
    logbook = Logbook(folder / "logs")
    try:
        async with asyncio.timeout(60):
            while True:
                for broadcast in logbook.subjects():
                    presentation = await succession.recall(logbook, broadcast)
                    if presentation and len(presentation.windows["v0"].open_parts) >= open_parts:
                        return presentation.windows["v0"]
                await asyncio.sleep(0.05)
    finally:
        logbook.close()


async def _no_parts_are_shown(viewer: httpx.AsyncClient, window: Window) -> None:
    for part in (*window.segments[0].parts, *window.open_parts):
        assert (await viewer.get(f"v0/{part.file}")).status_code == 404
    playlists = [await _get(viewer, f"{name}/index.m3u8") for name in ("v0", "a0")]
    manifest = await _get(viewer, "manifest.mpd")
    assert not any(word in text for text in playlists for word in ("PART", "PRELOAD"))
    assert "availabilityTimeComplete" not in manifest


async def _get(viewer: httpx.AsyncClient, path: str) -> str:
    answer = await viewer.get(path)
    assert answer.status_code == 200, answer.text
    return answer.text
