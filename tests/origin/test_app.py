from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from origin.app import AlreadyRunningError, Server
from origin.catalog import assets, broadcasts
from origin.config import load_settings
from origin.errors import Problem
from tests.support import ffmpeg
from tests.support.certificates import certificate
from tests.support.hls import parsed, playlist
from tests.support.rtmp_client import CONNECT, CREATE, HELLO, command
from tests.support.running import EPHEMERAL, headwater

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

    from origin.catalog.assets import Asset


async def test_a_data_directory_has_one_server(tmp_path: Path) -> None:
    async with headwater(tmp_path) as running:
        second = Server(running.server.settings)
        with pytest.raises(AlreadyRunningError):
            await second.start()
        assert (await running.get("/readyz")).status_code == 200


async def test_a_start_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    async with headwater(tmp_path / "first") as running:
        host, port = running.server.http_address
        environ = {**EPHEMERAL, "HEADWATER_DATA_DIR": str(tmp_path / "second"), "HEADWATER_HTTP_BIND": f"{host}:{port}"}
        with pytest.raises(OSError, match="address already in use"):
            await Server(load_settings(None, environ)).start()
    async with headwater(tmp_path / "second") as running:
        assert (await running.get("/readyz")).status_code == 200


async def test_operators_and_viewers_have_listeners_of_their_own(tmp_path: Path) -> None:
    async with headwater(tmp_path) as running:
        for base in (running.url, running.ops_url):
            assert (await running.get(f"{base}/healthz")).status_code == 200
            assert (await running.get(f"{base}/readyz")).status_code == 200
        assert (await running.get(f"{running.ops_url}/metrics")).status_code == 200
        assert (await running.get(f"{running.url}/metrics")).status_code == 404
        assert (await running.get(f"{running.ops_url}/v1/streams")).status_code == 404


async def test_a_publish_token_stands_for_a_key(tmp_path: Path) -> None:
    async with headwater(tmp_path) as running:
        stream = await running.stream(reconnect_window_s=0)
        minted = (await running.post("/v1/tokens", {"scope": "publish", "stream_id": stream.id})).json()
        source = ffmpeg.source(seconds=3, realtime=False)
        await ffmpeg.publish(stream.rtmp_url.replace(stream.key, minted["token"]), source)
        assert (await running.until_state(stream, "ended"))["id"] == stream.id
        with pytest.raises(AssertionError):
            await ffmpeg.publish(stream.rtmp_url.replace(stream.key, stream.token), source)


async def test_a_publisher_hears_what_is_wrong_with_its_token(tmp_path: Path) -> None:
    async with headwater(tmp_path) as running:
        stream = await running.stream()
        minted = (await running.post("/v1/tokens", {"scope": "publish", "stream_id": stream.id})).json()
        assert (await running.http.delete(f"{running.url}/v1/tokens/{minted['jti']}")).is_success
        director = running.server.director
        for key, code in (
            (minted["token"], "token_revoked"),
            (stream.token, "token_invalid"),
            ("a.b.c", "unauthorized"),
            ("eyJhbGciOiJub25lIn0.e30.x", "token_invalid"),
            ("sk_none", "unauthorized"),
            ("none", "unauthorized"),
        ):
            with pytest.raises(Problem) as refused:
                await director.open(key, "rtmp", "127.0.0.1")
            assert refused.value.code == code
            publish = command("publish", 3.0, None, key, "live", stream=1)
            reader, writer = await asyncio.open_connection(*running.server.rtmp_address)
            writer.write(HELLO + CONNECT + CREATE + publish)
            answer = await reader.read()
            assert b"NetStream.Publish.BadName" in answer
            assert refused.value.detail.encode() in answer
            writer.close()


async def test_the_rtmps_address_that_the_api_shows_takes_a_publisher(tmp_path: Path) -> None:
    cert, key = await certificate(tmp_path)
    async with headwater(tmp_path, rtmps_bind="127.0.0.1:0", tls_cert=str(cert), tls_key=str(key)) as running:
        stream = await running.stream(reconnect_window_s=0)
        shown = (await running.state(stream))["rtmps_url"]
        assert shown.startswith("rtmps://127.0.0.1:")
        await ffmpeg.publish(f"{shown}/{stream.key}", ffmpeg.source(seconds=3, realtime=False))
        assert (await running.until_state(stream, "ended"))["id"] == stream.id


async def _serve(folder: Path, most_files: int = 1024) -> tuple[asyncio.subprocess.Process, dict[str, Any]]:
    """`headwater serve` as a process, and what it says when it is ready."""
    environ = {**os.environ, **EPHEMERAL, "HEADWATER_DATA_DIR": str(folder), "HEADWATER_LOG_FORMAT": "json"}
    process = await asyncio.create_subprocess_exec(
        *("sh", "-c", f'ulimit -n {most_files}; exec "$0" -m origin.cli.main serve', sys.executable),
        env=environ,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr
    async with asyncio.timeout(30):
        while (said := json.loads(await process.stderr.readline()))["event"] != "ready":
            pass
    return process, said


async def test_sigterm_ends_the_process_cleanly(tmp_path: Path) -> None:
    process, _ = await _serve(tmp_path)
    process.send_signal(signal.SIGTERM)
    _, said = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 0
    assert b"stopped" in said
    assert b"Traceback" not in said


def _number(file: str) -> int:
    """Media sequence number of `<epoch>-<msn>.m4s`; a segment that was open is closed under the next epoch."""
    return int(file.removesuffix(".m4s").partition("-")[2])


async def test_after_a_kill_on_the_air_the_next_start_goes_on_with_the_same_playlist(tmp_path: Path) -> None:
    process, said = await _serve(tmp_path)
    url = said["http"]
    key = (tmp_path / "admin.key").read_text().strip()
    async with httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {key}"}) as http:
        made = (await http.post("/v1/streams", json={"name": "test"})).json()
    async with ffmpeg.publishing(f"{made['rtmp_url']}/{made['stream_key']}", ffmpeg.source()):
        async with asyncio.timeout(30):
            while not list((tmp_path / "objects").glob("*/*/v0/*-1.m4s")):  # noqa: ASYNC110 - a disk tells nothing
                await asyncio.sleep(0.05)
        process.kill()
        await process.communicate()
    kept = {_number(path.name) for path in (tmp_path / "objects").glob("*/*/v0/*.m4s")}
    async with headwater(tmp_path) as running:
        stream = await running.stream_of((await running.get(f"/v1/streams/{made['id']}")).json(), made["stream_key"])
        assert (await running.state(stream))["state"] == "reconnecting"
        before = await playlist(running, stream)
        assert "ENDLIST" not in before
        assert {_number(segment.uri) for segment in parsed(before).segments} >= kept
        async with ffmpeg.publishing(stream.rtmp_url, ffmpeg.source()):
            async with asyncio.timeout(30):
                while "2-init-0.mp4" not in (text := await playlist(running, stream)):  # noqa: ASYNC110 - as a viewer
                    await asyncio.sleep(0.1)
        assert parsed(text).media_sequence == parsed(before).media_sequence
        for segment in (each for each in parsed(text).segments if each.uri):
            assert segment.gap_tag or (await running.get(f"{stream.base}v0/{segment.uri}")).status_code == 200


async def test_a_crowd_of_silent_viewers_leaves_every_other_door_open(tmp_path: Path) -> None:
    process, said = await _serve(tmp_path, most_files=512)
    host, port = said["http"].removeprefix("http://").split(":")
    crowd = []
    for _ in range(600):
        crowd.append(await asyncio.open_connection(host, int(port)))
        crowd[-1][1].write(b"GET / HTTP/1.1\r\n")
    async with asyncio.timeout(30), httpx.AsyncClient(base_url="http://{}:{}".format(*said["operators"])) as operators:
        assert (await operators.get("/readyz")).status_code == 200
        assert 'refused_total{reason="connections"}' in (await operators.get("/metrics")).text
        rtmp_host, rtmp_port = said["rtmp"].removeprefix("rtmp://").removesuffix("/live").split(":")
        reader, writer = await asyncio.open_connection(rtmp_host, int(rtmp_port))
        writer.write(b"\x03" + bytes(1536))
        assert len(await reader.readexactly(1 + 2 * 1536)) == 3073
    for _, one in (*crowd, (reader, writer)):
        one.close()
    process.terminate()
    await process.communicate()


async def test_a_manifest_that_was_tampered_with_is_refused_and_stands_in_the_audit_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("origin.stores.manifests.PAUSE_S", 0.0)

    def record(conn: Connection) -> Asset | None:
        of = {"id": "bc_a", "tenant_id": "tn_default", "stream_id": "st_a"}
        broadcasts.start(conn, **of, epoch=1, first_msn=0, now=1.0, recorded=True)
        broadcasts.end(conn, "bc_a", 2.0, listed=True)
        assets.finish(conn, assets.id_of("bc_a"), 1.0, 2.0)
        return assets.get(conn, "tn_default", assets.id_of("bc_a"))

    async with headwater(tmp_path) as running:
        asset = await running.server.catalog.write(record)
        assert asset
        await running.server.services.store.put("tn_default/bc_a/index.m3u8", (b"#EXTM3U\n",))
        minted = (await running.post("/v1/tokens", {"scope": "play", "playback_id": asset.playback_id})).json()
        for _ in range(2):
            answer = await running.get(minted["urls"]["hls"])
            assert (answer.status_code, answer.json()["code"]) == (502, "manifest_tampered")
        (told,) = (await running.get("/v1/audit")).json()["items"]
        assert (told["action"], told["subject"]) == ("manifest.refused", asset.id)
        assert told["detail"] == {"manifest": "index.m3u8", "reason": "missing"}
