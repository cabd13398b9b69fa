"""A slate between two publishers: what FFmpeg reads, frame by frame, and what a page plays."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from player_demo import build
from tests.support import ffmpeg
from tests.support.browser import Watch, chromium, executable
from tests.support.hls import follow, parsed, playlist, until_live
from tests.support.pictures import png
from tests.support.running import headwater

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.running import Headwater, Stream

BLUE = (20, 40, 220)
RED = [word.replace("testsrc2=", "color=c=red:") for word in ffmpeg.source()]
RUNS = r"EXT-X-DISCONTINUITY\n(?s:.*)EXT-X-DISCONTINUITY\n(?s:.*)EXTINF"
"""Two discontinuities, and a segment behind the second one."""


async def give(running: Headwater, stream: Stream) -> None:
    address = f"{running.url}/v1/streams/{stream.id}/slate"
    answer = await running.http.put(address, content=png(320, 180, BLUE), headers={"Content-Type": "image/png"})
    assert answer.json()["slate"] == "picture", answer.text


async def colours(url: str) -> list[str]:
    """The colour of each frame's middle, as long as it stays the same: "red", "blue", or "other"."""
    command = (
        "ffmpeg",
        *ffmpeg.QUIET,
        "-i",
        url,
        "-vf",
        "crop=2:2,scale=1:1",
        "-pix_fmt",
        "rgb24",
        "-f",
        "rawvideo",
        "-",
    )
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, errors = await process.communicate()
    assert (process.returncode, errors) == (0, b""), errors.decode()
    seen: list[str] = []
    for at in range(0, len(out), 3):
        red, _, blue = out[at : at + 3]
        colour = "red" if red > blue + 100 else "blue" if blue > red + 100 else "other"
        if seen[-1:] != [colour]:
            seen.append(colour)
    return seen


async def test_the_slate_is_between_the_publishers_and_ffmpeg_does_not_complain(tmp_path: Path) -> None:
    async with headwater(tmp_path) as running:
        stream = await running.stream(reconnect_window_s=60)
        await give(running, stream)
        async with ffmpeg.publishing(stream.rtmp_url, RED):
            await until_live(running, stream)
        await follow(running, stream, until=r"EXT-X-DISCONTINUITY\n(?s:.*)EXTINF(?s:.*)EXTINF")
        assert (await running.state(stream))["state"] == "reconnecting"
        async with ffmpeg.publishing(stream.rtmp_url, RED):
            await follow(running, stream, until=RUNS)
        await running.post(f"/v1/streams/{stream.id}/disconnect")
        text = await playlist(running, stream)
        assert len({segment.init_section.uri for segment in parsed(text).segments if segment.init_section}) >= 3
        assert (await colours(stream.hls_url))[:3] == ["red", "blue", "red"]
        await ffmpeg.decode(stream.hls_url)


async def test_a_broadcast_whose_publisher_stays_away_ends_with_its_slate(tmp_path: Path) -> None:
    async with headwater(tmp_path) as running:
        stream = await running.stream(reconnect_window_s=4)
        await give(running, stream)
        async with ffmpeg.publishing(stream.rtmp_url, RED):
            await until_live(running, stream)
        text = await follow(running, stream, until="EXT-X-ENDLIST")
        assert text.count("EXT-X-DISCONTINUITY\n") == 1
        assert await colours(stream.hls_url) == ["red", "blue"]


PIXEL = """() => {
  const video = document.querySelector("video");
  const canvas = new OffscreenCanvas(2, 2);
  const context = canvas.getContext("2d");
  context.drawImage(video, video.videoWidth / 2, video.videoHeight / 2, 2, 2, 0, 0, 2, 2);
  return [...context.getImageData(0, 0, 1, 1).data];
}"""


@pytest.mark.skipif(executable() is None, reason="there is no Chromium here")
async def test_a_page_plays_through_the_slate(tmp_path: Path) -> None:
    assert build.main() == 0
    async with headwater(tmp_path) as running, chromium() as context:
        stream = await running.stream(reconnect_window_s=300)
        await give(running, stream)
        watch = await Watch.open(context, f"{running.url}/watch/{stream.playback_id}#t={stream.token}")
        is_red = f"() => {{ const [red, , blue] = ({PIXEL})(); return red > 150 && blue < 100; }}"
        is_blue = f"() => {{ const [red, , blue] = ({PIXEL})(); return blue > 150 && red < 100; }}"
        async with ffmpeg.publishing(stream.rtmp_url, RED):
            await watch.until('h.phase === "playing" && h.frames > 60')
            await watch.page.wait_for_function(is_red, timeout=30_000)
        await watch.page.wait_for_function(is_blue, timeout=30_000)
        frames = (await watch.reading())["frames"]
        await watch.until(f'h.phase === "playing" && h.frames > {frames + 60}')
        async with ffmpeg.publishing(stream.rtmp_url, RED):
            await watch.page.wait_for_function(is_red, timeout=30_000)
            frames = (await watch.reading())["frames"]
            await watch.until(f'h.phase === "playing" && h.frames > {frames + 60}')
        assert await watch.trouble() == []
        assert watch.complaints == []
