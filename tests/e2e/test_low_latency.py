"""Low-latency HLS as a player meets it, with ffmpeg publishing in real time."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.support import ffmpeg
from tests.support.hls import follow, newest_part, parsed, playlist, until_live
from tests.support.running import headwater

if TYPE_CHECKING:
    from pathlib import Path


async def test_a_blocking_reload_is_answered_with_the_part_it_waits_for(tmp_path: Path) -> None:
    async with headwater(tmp_path) as running:
        stream = await running.stream()
        async with ffmpeg.publishing(stream.rtmp_url, ffmpeg.source()):
            await until_live(running, stream)
            text = await playlist(running, stream)
            for _ in range(25):
                msn, part = newest_part(text)
                text = await playlist(running, stream, query=f"?_HLS_msn={msn}&_HLS_part={part + 1}")
                assert newest_part(text) in {(msn, part + 1), (msn + 1, 0)}
                hint = re.search(r'PRELOAD-HINT:TYPE=PART,URI="([^"]+)"', text)
                assert hint
                media = await running.get(f"{stream.base}v0/{hint[1]}")
                assert media.status_code in {200, 404}  # 404: a key frame began the next segment instead
                assert media.status_code == 404 or media.content[4:8] in {b"styp", b"moof", b"prft"}


async def test_parts_keep_their_promise(tmp_path: Path) -> None:
    async with headwater(tmp_path) as running:
        stream = await running.stream()
        async with ffmpeg.publishing(stream.rtmp_url, ffmpeg.source()):
            await until_live(running, stream)
            for rendition in ("v0", "a0"):
                text = await playlist(running, stream, rendition)
                read = parsed(text)
                target = read.part_inf.part_target
                assert 0.2 <= target <= 0.333
                assert read.server_control.part_hold_back >= round(3 * target, 3)
                assert read.server_control.can_block_reload == "YES"
                for segment in read.segments:
                    lengths = [part.duration for part in segment.parts]
                    assert all(length <= target for length in lengths)
                    assert all(length >= 0.85 * target for length in lengths[:-1])
                    assert not lengths or sum(lengths) == pytest.approx(segment.duration, abs=0.001)
                    assert round(segment.duration) <= read.target_duration
                assert f"../{'a0' if rendition == 'v0' else 'v0'}/index.m3u8" in text


async def test_a_delta_update_leaves_out_what_the_player_has(tmp_path: Path) -> None:
    async with headwater(tmp_path) as running:
        stream = await running.stream()
        async with ffmpeg.publishing(stream.rtmp_url, ffmpeg.source()):
            await until_live(running, stream)
            first = parsed(await playlist(running, stream)).media_sequence
            await follow(running, stream, until=rf"1-{first + 9}\.0\.m4s", limit_s=60)
            whole = await playlist(running, stream)
            delta = await playlist(running, stream, query="?_HLS_skip=YES")
            skipped = re.search(r"#EXT-X-SKIP:SKIPPED-SEGMENTS=(\d+)", delta)
            assert skipped
            kept = delta.count("#EXTINF")
            assert kept + int(skipped[1]) == whole.count("#EXTINF")
            assert "#EXT-X-SKIP" not in whole


@pytest.mark.parametrize("query", ["?_HLS_part=1", "?_HLS_msn=999999", "?_HLS_msn=-1", "?_HLS_msn=x", "?_HLS_msn=1e3"])
async def test_positions_that_cannot_come_are_refused(tmp_path: Path, query: str) -> None:
    async with headwater(tmp_path) as running:
        stream = await running.stream()
        async with ffmpeg.publishing(stream.rtmp_url, ffmpeg.source(audio=False)):
            await until_live(running, stream)
            answer = await running.get(f"{stream.base}v0/index.m3u8{query}")
            assert (answer.status_code, answer.json()["code"]) == (400, "bad_reload")


async def test_http_details(tmp_path: Path) -> None:
    async with headwater(tmp_path) as running:
        stream = await running.stream()
        async with ffmpeg.publishing(stream.rtmp_url, ffmpeg.source(audio=False)):
            await until_live(running, stream)
            text = await playlist(running, stream)
            segment = parsed(text).segments[0].uri
            url = f"{stream.base}v0/{segment}"
            whole = await running.get(url)
            ranged = await running.get(url, headers={"Range": "bytes=100-199"})
            assert (ranged.status_code, ranged.content) == (206, whole.content[100:200])
            assert ranged.headers["content-range"] == f"bytes 100-199/{len(whole.content)}"
            beyond = await running.get(url, headers={"Range": f"bytes={len(whole.content)}-"})
            assert beyond.status_code == 416
            assert beyond.headers["content-range"] == f"bytes */{len(whole.content)}"
            known = await running.get(url, headers={"If-None-Match": whole.headers["etag"]})
            assert known.status_code == 304
            head = await running.http.head(url)
            assert (head.headers["content-length"], head.content) == (str(len(whole.content)), b"")
            assert whole.headers["access-control-allow-origin"] == "*"
            preflight = await running.http.options(url)
            assert preflight.status_code == 204
            zipped = await running.get(f"{stream.base}v0/index.m3u8", headers={"Accept-Encoding": "gzip"})
            assert zipped.headers["content-encoding"] == "gzip"
            plain = await running.get(f"{stream.base}v0/index.m3u8", headers={"Accept-Encoding": "identity"})
            assert "content-encoding" not in plain.headers
            assert (await running.http.post(url)).status_code == 405
            assert (await running.get(f"{stream.base}v0/1-0.m4s/../x")).status_code in {403, 404}
            assert (await running.get(f"{stream.base}x9/nothing.m4s")).status_code == 404
