"""A viewer's page plays on across a server that is killed, or stopped, and started again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from player_demo import build
from tests.support import ffmpeg
from tests.support.browser import Watch, chromium, executable
from tests.support.node import Node, publishing_in_a_loop

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(executable() is None, reason="there is no Chromium here")


@pytest.mark.parametrize("end", ["kill", "stop"])
async def test_a_page_plays_on_across_a_restart(tmp_path: Path, end: str) -> None:
    assert build.main() == 0
    node = Node(tmp_path)
    await node.start()
    try:
        stream = await node.stream()
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
