"""What a broadcast leaves in the store: whole, signed, playable by itself, and found out when it is touched."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest

from origin.errors import Problem
from origin.live import shelf
from origin.stores import manifests
from origin.stores.manifests import load_manifest
from packager import inventory
from tests.support import ffmpeg
from tests.support.commands import command
from tests.support.hls import until_live
from tests.support.running import headwater

if TYPE_CHECKING:
    from pathlib import Path


async def package(objects: Path, *, complete: bool) -> Path:
    """The folder of the only broadcast, once its `package.json` says what it should."""
    async with asyncio.timeout(30):
        while not (found := _packages(objects, complete=complete)):  # noqa: ASYNC110 - a disk tells nothing
            await asyncio.sleep(0.05)
    (folder,) = found
    return folder


def _packages(objects: Path, *, complete: bool) -> list[Path]:
    lists = [signature.with_suffix("") for signature in objects.rglob("package.json.jws")]
    return [at.parent for at in lists if inventory.read(at.read_bytes()).complete == complete]


async def test_an_ended_broadcast_is_a_package_that_verifies_and_plays(tmp_path: Path) -> None:
    async with headwater(tmp_path) as running:
        stream = await running.stream(reconnect_window_s=0)
        await ffmpeg.publish(stream.rtmp_url, ffmpeg.source(seconds=7))
        folder = await package(tmp_path / "objects", complete=True)
        status, out, _ = await command(tmp_path, "verify", str(folder), "--json")
        said = json.loads(out)
        assert (status, said["ok"], said["package"], said["complete"]) == (0, True, folder.name, True)
        assert {"index.m3u8", "index.m3u8.jws", "v0/index.m3u8", "a0/index.m3u8.jws"} <= {
            file.name for file in inventory.read((folder / "package.json").read_bytes()).files
        }
        await ffmpeg.decode(str(folder / "index.m3u8"))
        packets, span = await ffmpeg.packet_spans(str(folder / "index.m3u8"), "v")
        assert packets == 7 * 30
        assert span == pytest.approx(7, abs=0.001)


async def test_what_somebody_has_touched_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifests, "PAUSE_S", 0.0)
    async with headwater(tmp_path) as running:
        stream = await running.stream(reconnect_window_s=0)
        await ffmpeg.publish(stream.rtmp_url, ffmpeg.source(seconds=5))
        folder = await package(tmp_path / "objects", complete=True)
        store, keys = running.server.services.store, running.server.services.keyring.manifest_keys
        key = f"{folder.parent.name}/{folder.name}/v0/index.m3u8"
        playlist = await load_manifest(store, key, keys)
        (folder / "v0/index.m3u8").write_bytes(playlist.replace(b"1-1.m4s", b"1-0.m4s"))
        refused = await running.metric("headwater_manifests_refused_total")
        with pytest.raises(Problem, match="manifest_tampered"):
            await load_manifest(store, key, keys)
        assert await running.metric("headwater_manifests_refused_total") == refused + 1
        segment = folder / "v0/1-1.m4s"
        segment.write_bytes(segment.read_bytes()[:-1] + b"x")
        (folder / "a0/1-0.m4s").unlink()
        status, out, _ = await command(tmp_path, "verify", str(folder))
        assert status == 1
        for line in ("signature   v0/index.m3u8", "content     v0/1-1.m4s", "missing     a0/1-0.m4s"):
            assert line in out


async def test_while_it_goes_on_a_package_is_there_already(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "LEAST_PAUSE_S", 0.2)
    monkeypatch.setattr(shelf, "PUT_PAUSE_S", 0.0)
    async with headwater(tmp_path) as running:
        stream = await running.stream(reconnect_window_s=0)
        async with ffmpeg.publishing(stream.rtmp_url, ffmpeg.source()):
            await until_live(running, stream)
            folder = await package(tmp_path / "objects", complete=False)
            async with asyncio.timeout(30):
                while not (folder / "v0/index.m3u8").exists():  # noqa: ASYNC110 - a disk tells nothing
                    await asyncio.sleep(0.05)
            assert "ENDLIST" not in (folder / "v0/index.m3u8").read_text()
        await package(tmp_path / "objects", complete=True)
        assert (await command(tmp_path, "verify", str(folder)))[0] == 0
