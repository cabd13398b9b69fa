"""A recording as one file from a whole server, by curl, and after its restart."""

from __future__ import annotations

import asyncio
import hashlib
import json
from typing import TYPE_CHECKING, Any

import av
import pytest

from media.silence import aac_silence
from origin.catalog import assets
from origin.catalog.ids import DEFAULT_TENANT
from origin.web.token_desk import Grant
from tests.e2e.recordings.test_recordings import until_ready
from tests.origin.vod.mp4.made_asset import make_asset
from tests.packager.mp4.recording import record
from tests.packager.mp4.test_peers import run
from tests.support import clips, ffmpeg
from tests.support.running import Headwater, headwater

if TYPE_CHECKING:
    from pathlib import Path

    from origin.catalog.assets import Asset

SILENT = {f"MD5:{hashlib.md5(aac_silence(layout), usedforsecurity=False).hexdigest()}" for layout in range(1, 8)}
"""Hashes of what pauses in the sound are filled with."""
FILM = record(run(clips.video(seconds=6, b_frames=2), clips.audio(seconds=6)))


def address(running: Headwater, asset: Asset) -> str:
    """Where its viewers get it as a file."""
    minted = running.server.services.keyring.mint(Grant("play", asset.playback_id, DEFAULT_TENANT), 600)
    return running.server.links.hls(minted.token, asset.playback_id) + "?download=mp4"


async def curl(folder: Path, *arguments: str) -> str:
    """Run curl in `folder`; what it prints."""
    process = await asyncio.create_subprocess_exec(
        "curl", "--silent", "--show-error", "--fail", *arguments, cwd=folder, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    assert process.returncode == 0
    return out.decode()


async def test_a_download_goes_on_after_the_server_was_restarted(tmp_path: Path) -> None:
    data, file = tmp_path / "data", tmp_path / "film.mp4"
    async with headwater(data) as running:
        services = running.server.services
        asset = await make_asset(services.catalog, services.store, FILM, name="Sommer & Fête")
        url = address(running, asset)
        await curl(tmp_path, "--remote-name", "--remote-header-name", url)
        whole = (tmp_path / "Sommer & Fete.mp4").read_bytes()
        tag = (await running.get(url, headers={"Range": "bytes=0-0"})).headers["etag"]
        await curl(tmp_path, "-o", file.name, "-r", f"0-{len(whole) // 2}", url)
    assert [path.suffix for path in (data / "mp4").iterdir()] == [".plan"]
    async with headwater(data) as running:
        url = address(running, asset)
        await curl(tmp_path, "-o", file.name, "-C", "-", "-H", f"If-Range: {tag}", url)
        assert file.read_bytes() == whole
        await ffmpeg.decode(url)
        told = await ffmpeg.probe(url)
    assert [stream["codec_name"] for stream in told["streams"]] == ["h264", "aac"]


async def test_who_may_not_see_it_may_not_have_it(tmp_path: Path) -> None:
    async with headwater(tmp_path) as running:
        services = running.server.services
        asset = await make_asset(services.catalog, services.store, FILM)
        stream = await running.stream()
        other = f"{running.url}/play/{stream.token}/{asset.playback_id}/index.m3u8?download=mp4"
        assert (await running.get(other)).json()["code"] == "token_invalid"
        live = await running.get(f"{stream.hls_url}?download=mp4")
        assert (live.status_code, live.json()["code"]) == (404, "not_found"), "what is on the air is no file"
        assert (await running.get(f"{stream.hls_url}?download=mkv")).status_code == 400
        url = address(running, asset)
        assert (await running.http.head(url)).status_code == 200
        answer = await running.get(url, headers={"Range": "bytes=999999999-"})
        assert (answer.status_code, answer.json()["code"]) == (416, "range_not_satisfiable")
        await services.catalog.write(lambda conn: assets.delete(conn, asset.tenant_id, asset.id, None, 50.0))
        gone = await running.get(url)
        assert (gone.status_code, gone.headers["access-control-allow-origin"]) == (404, "*")


async def packets(url: str, kind: str) -> list[tuple[float, float, str, str]]:
    """Presentation and decode times (seconds, of the first one shown), flags and a hash of the bytes of each packet."""
    wanted = ["-show_entries", "packet=pts_time,dts_time,flags,data_hash", "-show_data_hash", "md5", "-of", "json"]
    process = await asyncio.create_subprocess_exec(
        *("ffprobe", "-v", "error", "-select_streams", kind, *wanted, url), stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    assert process.returncode == 0
    return [
        (float(each["pts_time"]), float(each["dts_time"]), each["flags"][0], each["data_hash"])
        for each in json.loads(out)["packets"]
    ]


async def recorded(running: Headwater, *sources: list[str]) -> dict[str, Any]:
    """Publish for real, one source after the other on the same stream; the asset that becomes of it."""
    stream = await running.stream(record=True)
    for source in sources:
        await ffmpeg.publish(stream.rtmp_url, source)
    await running.post(f"/v1/streams/{stream.id}/disconnect")
    return await until_ready(running.get)


async def test_every_packet_is_that_of_the_playlist(tmp_path: Path) -> None:
    """Two runs of a publisher, by the address that the API gives."""
    file = tmp_path / "film.mp4"
    async with headwater(tmp_path / "data") as running:
        asset = await recorded(running, ffmpeg.source(seconds=6), ffmpeg.source(seconds=5))
        key = running.http.headers["Authorization"]
        url = f"{running.url}/v1/assets/{asset['id']}?download=mp4"
        await curl(tmp_path, "--location", "-H", f"Authorization: {key}", "-o", file.name, url)
        minted = (await running.post("/v1/tokens", {"scope": "play", "playback_id": asset["playback_id"]})).json()
        playlist = {kind: await packets(minted["urls"]["hls"], kind) for kind in "va"}
    origin = min(rows[0][0] for rows in playlist.values())
    for kind, expected in playlist.items():
        found = [row for row in await packets(str(file), kind) if row[3] not in SILENT]
        assert [row[2:] for row in found] == [row[2:] for row in expected]
        for one, other in zip(found, expected, strict=True):
            assert one[:2] == pytest.approx((other[0] - origin, other[1] - origin), abs=0.00002)
    await ffmpeg.decode(str(file))


async def test_pictures_that_changed_their_size_are_decoded_throughout(tmp_path: Path) -> None:
    large = [word.replace("320x180", "640x360") for word in ffmpeg.source(seconds=4)]
    file = tmp_path / "film.mp4"
    async with headwater(tmp_path / "data") as running:
        asset = await recorded(running, ffmpeg.source(seconds=4), large)
        minted = (await running.post("/v1/tokens", {"scope": "play", "playback_id": asset["playback_id"]})).json()
        await curl(tmp_path, "-o", file.name, f"{minted['urls']['hls']}?download=mp4")
    with av.open(str(file), "r") as container:
        widths = [frame.width for frame in container.decode(video=0)]
    assert widths == [320] * 120 + [640] * 120
