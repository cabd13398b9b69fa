"""Recordings from the outside: every frame that was published, after clean and unclean ends, on one node and on two."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from player_demo import build
from tests.packager import dash_viewer
from tests.support import ffmpeg
from tests.support.browser import Watch, chromium, executable
from tests.support.cluster import cluster
from tests.support.commands import command
from tests.support.dash_players import DASH_JS, SHAKA, Stock, until
from tests.support.hls import parsed
from tests.support.node import Node, publishing_in_a_loop
from tests.support.running import headwater

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

pytestmark = pytest.mark.timeout(240)
WAIT_S = 60.0


async def until_ready(get: Callable[[str], Awaitable[httpx.Response]]) -> dict[str, Any]:
    """The only asset, once it can be played."""
    async with asyncio.timeout(WAIT_S):
        while True:
            items = (await get("/v1/assets")).json()["items"]
            if [asset["state"] for asset in items] == ["ready"]:
                return dict(items[0])
            assert len(items) <= 1
            await asyncio.sleep(0.1)


async def until_listed(get: Callable[[str], Awaitable[httpx.Response]], url: str, word: str) -> None:
    """Wait until a playlist names something."""
    async with asyncio.timeout(WAIT_S):
        while True:
            answer = await get(url)
            if answer.is_success and word in answer.text:
                return
            await asyncio.sleep(0.1)


@pytest.mark.skipif(executable() is None, reason="there is no Chromium here")
async def test_a_recording_has_every_frame_and_plays(tmp_path: Path) -> None:
    assert build.main() == 0
    clip = tmp_path / "clip.flv"
    await ffmpeg.record(str(clip), ffmpeg.source(seconds=20, realtime=False))
    published = [(await ffmpeg.packet_spans(str(clip), kind))[0] for kind in "va"]
    assert published[0] == 600
    async with headwater(tmp_path / "data") as running, chromium() as context:
        stream = await running.stream(record=True, dvr_window_s=10)
        await ffmpeg.publish(stream.rtmp_url, ["-re", "-i", str(clip), "-c", "copy"])
        await running.post(f"/v1/streams/{stream.id}/disconnect")
        asset = await until_ready(running.get)
        assert asset["duration_s"] == pytest.approx(20, abs=0.5)
        assert asset["broadcast_id"]
        minted = (await running.post("/v1/tokens", {"scope": "play", "playback_id": asset["playback_id"]})).json()
        for url in minted["urls"].values():
            pictures, sounds = [(await ffmpeg.packet_spans(url, kind))[0] for kind in "va"]
            assert pictures == published[0]
            assert sounds == published[1] - 1  # the encoder's priming comes before the first picture, and is left out
        await ffmpeg.decode(minted["urls"]["hls"])
        watch = await Watch.open(context, f"{running.url}/watch/{asset['playback_id']}#t={minted['token']}")
        await watch.until("h.frames > 60 && h.position < 10 && h.rate === 1")
        await watch.until("h.frames > 570")
        await watch.until('h.phase === "finished"')
        assert await watch.trouble() == []
        assert watch.complaints == []
        watch = await Watch.open(context, f"{running.url}/watch/{asset['playback_id']}?player=dash#t={minted['token']}")
        await watch.until('h.engine === "dash.js" && h.film && h.frames > 60')
        await watch.page.keyboard.press("9")
        await watch.until('h.phase === "finished"')
        assert await watch.trouble() == []
        assert watch.complaints == []
        folder = tmp_path / "data" / "objects" / "tn_default" / asset["broadcast_id"]
        keys = f"{running.url}/.well-known/manifest-keys.json"
        for target in (str(folder), minted["urls"]["hls"]):
            status, _, errors = await command(tmp_path / "data", "verify", target, "--jwks", keys)
            assert status == 0, errors
        (folder / "v0/1-3.m4s").write_bytes(b"something else")
        status, said, _ = await command(tmp_path / "data", "verify", minted["urls"]["hls"], "--jwks", keys)
        assert status == 1
        assert "v0/1-3.m4s" in said


@pytest.mark.skipif(executable() is None, reason="there is no Chromium here")
@pytest.mark.parametrize("player", [DASH_JS, SHAKA], ids=["dash.js", "shaka"])
async def test_players_play_on_over_the_runs_of_a_recording(tmp_path: Path, player: Stock) -> None:
    """The first publisher sends small pictures, the second large ones, after a pause that nobody has to sit through."""
    async with headwater(tmp_path) as running, chromium() as context:
        stream = await running.stream(record=True)
        for source in (
            ffmpeg.source(seconds=6),
            [word.replace("320x180", "640x360") for word in ffmpeg.source(seconds=6)],
        ):
            await ffmpeg.publish(stream.rtmp_url, source)
        await running.post(f"/v1/streams/{stream.id}/disconnect")
        asset = await until_ready(running.get)
        minted = (await running.post("/v1/tokens", {"scope": "play", "playback_id": asset["playback_id"]})).json()
        page = await player.open(context, running.url, minted["token"], asset["playback_id"])
        await until(page, "r.width === 320 && r.frames > 60")
        await until(page, "r.width === 640 && r.position > 7")
        end = await until(page, "r.ended", wait_s=WAIT_S)
        assert end["errors"] == []
        assert end["position"] == pytest.approx(12, abs=0.5)


@pytest.mark.skipif(executable() is None, reason="there is no Chromium here")
async def test_runs_without_sound_are_played_in_silence(tmp_path: Path) -> None:
    """Before the first sound, which nobody could know live that it would come, and after it."""
    assert build.main() == 0
    async with headwater(tmp_path) as running, chromium() as context:
        stream = await running.stream(record=True)
        for audio in (False, True, False):
            await ffmpeg.publish(stream.rtmp_url, ffmpeg.source(seconds=5, audio=audio))
        await running.post(f"/v1/streams/{stream.id}/disconnect")
        asset = await until_ready(running.get)
        minted = (await running.post("/v1/tokens", {"scope": "play", "playback_id": asset["playback_id"]})).json()
        watch = await Watch.open(context, f"{running.url}/watch/{asset['playback_id']}#t={minted['token']}")
        await watch.until("h.frames > 420", wait_s=WAIT_S)
        await watch.until('h.phase === "finished"')
        assert await watch.trouble() == []
        sound = (await running.get(minted["urls"]["hls"].replace("index.m3u8", "a0/index.m3u8"))).text
        assert "EXT-X-GAP" not in sound


async def test_a_server_that_is_killed_goes_on_with_the_recording(tmp_path: Path) -> None:
    node = Node(tmp_path)
    await node.start()
    try:
        stream = await node.stream(record=True, dvr_window_s=10)
        url = f"{node.url}/play/{stream.token}/{stream.playback_id}/v0/index.m3u8"
        async with publishing_in_a_loop([stream.rtmp_url], ffmpeg.source()), httpx.AsyncClient(timeout=30) as viewer:
            await until_listed(viewer.get, url, "1-3.m4s")
            await node.kill()
            await node.start()
            await until_listed(viewer.get, url, "#EXT-X-DISCONTINUITY\n")
            await until_listed(viewer.get, url, "2-9.m4s")
            async with node.api() as client:
                assert (await client.post(f"/v1/streams/{stream.id}/disconnect")).is_success
                asset = await until_ready(client.get)
        await both_parts(node, asset)
        folder = tmp_path / "objects" / "tn_default" / asset["broadcast_id"]
        status, _, errors = await command(tmp_path, "verify", str(folder))
        assert status == 0, errors
    finally:
        await node.stop()


async def test_two_nodes_leave_one_asset(tmp_path: Path) -> None:
    async with cluster(tmp_path) as running:
        first, second = running.nodes
        stream = await first.stream(record=True, dvr_window_s=10)
        async with (
            publishing_in_a_loop(running.rtmp_urls(stream.key), ffmpeg.source()),
            httpx.AsyncClient(timeout=30) as viewer,
            first.api() as client,
        ):
            key = client.headers["Authorization"]
            url = f"{second.url}/play/{stream.token}/{stream.playback_id}/v0/index.m3u8"
            await until_listed(viewer.get, url, "1-3.m4s")
            await first.kill()
            await until_listed(viewer.get, url, "2-init-0.mp4")
            await until_listed(viewer.get, url, "2-9.m4s")
        async with httpx.AsyncClient(base_url=second.url, headers={"Authorization": key}, timeout=30) as client:
            assert (await client.post(f"/v1/streams/{stream.id}/disconnect")).is_success
            asset = await until_ready(client.get)
            await both_parts(second, asset, key)


async def both_parts(node: Node, asset: dict[str, Any], key: str = "") -> None:
    """Everything from the first segment on is listed, under both writers' names, and can be had."""
    key = key or f"Bearer {(node.data_dir / 'admin.key').read_text().strip()}"
    async with httpx.AsyncClient(base_url=node.url, headers={"Authorization": key}, timeout=30) as client:
        body = {"scope": "play", "playback_id": asset["playback_id"]}
        base = (await client.post("/v1/tokens", json=body)).json()["urls"]["hls"].removesuffix("index.m3u8")
        named: list[str] = []
        for rendition in "v0", "a0":
            text = (await client.get(f"{base}{rendition}/index.m3u8")).text
            assert "#EXT-X-PLAYLIST-TYPE:VOD" in text
            playlist = parsed(text)
            assert playlist.is_endlist
            assert playlist.media_sequence == 0
            uris = [segment.uri for segment in playlist.segments if segment.uri and not segment.gap_tag]
            assert {uri.partition("-")[0] for uri in uris} == {"1", "2"}
            assert {(await client.head(f"{base}{rendition}/{uri}")).status_code for uri in uris} == {200}
            named += [f"{rendition}/{uri}" for uri in uris]
        periods = dash_viewer.read((await client.get(f"{base}manifest.mpd")).text)
        assert len(periods) > 1
        assert sorted(e.name for period in periods for lane in period.lanes for e in lane.segments) == sorted(named)


@pytest.mark.skipif(executable() is None, reason="there is no Chromium here")
async def test_the_library_leads_to_recordings(tmp_path: Path) -> None:
    assert build.main() == 0
    async with headwater(tmp_path) as running, chromium() as context:
        stream = await running.stream(record=True)
        await ffmpeg.publish(stream.rtmp_url, ffmpeg.source(seconds=5))
        await running.post(f"/v1/streams/{stream.id}/disconnect")
        asset = await until_ready(running.get)
        library = await context.new_page()
        await library.goto(await running.sign_in_link())
        await library.click("#recordings .card >> text=Watch")
        watch = Watch.follow(library)
        await watch.until("h.frames > 60")
        assert f"/watch/{asset['playback_id']}" in library.url
        assert watch.complaints == []
