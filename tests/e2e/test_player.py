"""The watch page in Chromium: off the air, playing, other parameters, interruptions, the end; and the ways in."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from player_demo import build
from tests.support import ffmpeg
from tests.support.browser import Watch, chromium, executable
from tests.support.running import headwater

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(executable() is None, reason="there is no Chromium here")
HAVE_CURRENT_DATA = 2
"""`readyState` of a video with a picture."""
LARGER = [word.replace("size=320x180", "size=640x360") for word in ffmpeg.source()]


async def test_a_page_opened_early_plays_through_all_that_happens(tmp_path: Path) -> None:
    assert build.main() == 0
    async with headwater(tmp_path) as running, chromium() as context:
        stream = await running.stream(reconnect_window_s=60)
        watch = await Watch.open(context, f"{running.url}/watch/{stream.playback_id}#t={stream.token}")
        await watch.until('h.phase === "offline"')
        async with ffmpeg.publishing(stream.rtmp_url, ffmpeg.source()):
            await watch.until('h.phase === "playing" && h.frames > 60 && h.delay !== null')
            async with ffmpeg.publishing(stream.rtmp_url, LARGER):
                video = "document.querySelector('video')"
                await watch.page.wait_for_function(f"() => {video}.videoWidth === 640", timeout=30_000)
                frames = (await watch.reading())["frames"]
                await watch.until(f"h.frames > {frames + 60}")
        async with ffmpeg.publishing(stream.rtmp_url, ffmpeg.source()):
            await watch.page.wait_for_function(f"() => {video}.videoWidth === 320", timeout=30_000)
            frames = (await watch.reading())["frames"]
            await watch.until(f"h.frames > {frames + 60}")
            await running.post(f"/v1/streams/{stream.id}/disconnect")
        # At once by the playlist's end, or when its address is gone, which is half a minute later.
        await watch.until('h.phase === "ended" || h.phase === "offline"', wait_s=60)
        assert await watch.trouble() == []
        assert watch.complaints == []


RATES = """() => {
  const video = document.querySelector("video");
  window.rates = [];
  video.addEventListener("ratechange", () => window.rates.push([window.headwater.phase, video.playbackRate]));
}"""
"""Note at what speed the picture is told to go, and in which phase."""


async def test_a_page_waits_for_a_broadcaster_that_was_cut_off_and_goes_on_by_itself(tmp_path: Path) -> None:
    assert build.main() == 0
    async with headwater(tmp_path) as running, chromium() as context:
        stream = await running.stream(reconnect_window_s=300)
        watch = await Watch.open(context, f"{running.url}/watch/{stream.playback_id}#t={stream.token}")
        async with ffmpeg.publishing(stream.rtmp_url, ffmpeg.source()):
            await watch.until('h.phase === "playing" && h.frames > 60 && h.delay !== null')
            await watch.page.evaluate(RATES)
            killed_ms = time.time() * 1000
        # The block's end killed the publisher. Nothing is announced any more, and the server says so when asked.
        await watch.until('h.phase === "starved"')
        said = await watch.reading()
        assert said["rate"] == 1
        assert await watch.page.inner_text("#notice-title") == "Waiting for the broadcaster"
        assert await watch.page.get_attribute("#live", "aria-pressed") == "false"
        assert await watch.page.evaluate("() => document.querySelector('video').readyState") >= HAVE_CURRENT_DATA
        for _ in range(5):  # the player goes on asking
            async with watch.page.expect_response("**/v0/index.m3u8*"):
                pass
        assert abs((await watch.reading())["position"] - said["position"]) < 1  # it is shaken, yet does not creep on
        back_ms = time.time() * 1000
        async with ffmpeg.publishing(stream.rtmp_url, ffmpeg.source()):
            await watch.until(f'h.phase === "playing" && h.frames > {said["frames"] + 60}')
            await watch.until("h.delay !== null && h.delay < 5 && h.behind < 3")
            assert not await watch.page.is_visible("#notice")
            said = await watch.reading()
        assert [fault for fault in said["errors"] if killed_ms < fault["at"] < back_ms] == []
        assert said["following"]
        assert await watch.trouble() == []
        rates = await watch.page.evaluate("() => window.rates")
        assert [rate for phase, rate in rates if phase == "starved" and rate != 1] == []
        assert watch.complaints == []


async def test_what_is_live_is_played_by_hls_js_whatever_was_chosen(tmp_path: Path) -> None:
    assert build.main() == 0
    async with headwater(tmp_path) as running, chromium() as context:
        stream = await running.stream()
        async with ffmpeg.publishing(stream.rtmp_url, ffmpeg.source()):
            watch = await Watch.open(context, f"{running.url}/watch/{stream.playback_id}?player=dash#t={stream.token}")
            await watch.until('h.engine === "hls.js" && h.frames > 60 && h.following')
            await watch.page.click("#settings")
            assert not await watch.page.is_visible("#menu-player")
        assert watch.complaints == []


async def test_a_line_that_is_cut_is_not_the_broadcaster_s_fault(tmp_path: Path) -> None:
    assert build.main() == 0
    async with headwater(tmp_path) as running, chromium() as context:
        stream = await running.stream()
        async with ffmpeg.publishing(stream.rtmp_url, ffmpeg.source()):
            watch = await Watch.open(context, f"{running.url}/watch/{stream.playback_id}#t={stream.token}")
            await watch.until('h.phase === "playing" && h.frames > 60')
            await context.set_offline(True)
            await watch.until('h.phase === "cut" || h.phase === "failing"')
            assert await watch.page.inner_text("#notice-title") == "No answer"
            await context.set_offline(False)
            frames = (await watch.reading())["frames"]
            await watch.until(f'h.phase === "playing" && h.frames > {frames + 30}')


async def test_who_is_signed_in_needs_no_token_and_who_is_not_does(tmp_path: Path) -> None:
    assert build.main() == 0
    async with headwater(tmp_path) as running, chromium() as context:
        stream = await running.stream()
        address = f"{running.url}/watch/{stream.playback_id}"
        stranger = await Watch.open(context, address)
        await stranger.until('h.phase === "refused"')
        said = await stranger.page.inner_text("#notice-text")
        assert "has no token" in said
        async with ffmpeg.publishing(stream.rtmp_url, ffmpeg.source()):
            await stranger.page.goto(await running.sign_in_link())
            watch = await Watch.open(context, address)
            await watch.until('h.phase === "playing" && h.frames > 30')
            # The address stays as it is: who passes it on does not pass on a token.
            assert watch.page.url == address
            elsewhere = await Watch.open(context, f"{running.url}/watch/pb_of_somebody_else")
            await elsewhere.until('h.phase === "refused"')
            assert await elsewhere.page.inner_text("#notice-text") == said
        assert stranger.complaints == watch.complaints == elsewhere.complaints == []
