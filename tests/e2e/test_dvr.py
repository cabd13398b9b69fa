"""Seeking back while live: the window, what comes from the store, and what is collected."""

from __future__ import annotations

import asyncio
import itertools
import re
from typing import TYPE_CHECKING

from packager.names import segment_of
from tests.support import ffmpeg
from tests.support.hls import parsed, playlist
from tests.support.running import headwater

if TYPE_CHECKING:
    from pathlib import Path

    from httpx import Response

    from tests.support.running import Headwater, Stream


async def test_all_parts_that_are_listed_can_be_had_however_short_segments_are(tmp_path: Path) -> None:
    """The first key frames are 8 s apart, so playlists list parts for 24 s; then they are 2 s apart."""
    keys = "if(lt(t,8),eq(n,0),gte(t,8+2*(n_forced-1)))"
    async with headwater(tmp_path) as running:
        stream = await running.stream(reconnect_window_s=30)
        rare = ["-g", "9999", "-sc_threshold", "0", "-force_key_frames", f"expr:{keys}"]
        async with ffmpeg.publishing(stream.rtmp_url, [*ffmpeg.source(realtime=False, seconds=34), *rare]) as encoder:
            assert await encoder.wait() == 0
        await running.until_state(stream, "reconnecting")
        for rendition in ("v0", "a0"):
            text = await playlist(running, stream, rendition)
            parts = re.findall(r'PART:.*?URI="(.*?)"', text)
            assert len(parts) > 100
            bodies = [await running.get(f"{stream.base}{rendition}/{part}") for part in parts]
            assert {body.status_code for body in bodies} == {200}
            await _are_their_segments(running, stream, rendition, dict(zip(parts, bodies, strict=True)))


async def _are_their_segments(running: Headwater, stream: Stream, rendition: str, parts: dict[str, Response]) -> None:
    """Parts one after the other are the segment; each has a tag and ranges of its own."""
    assert len({part.headers["etag"] for part in parts.values()}) == len(parts)
    for file, bodies in itertools.groupby(parts.items(), key=lambda part: segment_of(part[0])):
        whole = await running.get(f"{stream.base}{rendition}/{file}")
        named = dict(bodies)
        assert whole.content == b"".join(part.content for part in named.values())
        last, expected = named.popitem()
        ranged = await running.get(f"{stream.base}{rendition}/{last}", headers={"Range": "bytes=5-20"})
        assert (ranged.status_code, ranged.content) == (206, expected.content[5:21])
        assert ranged.headers["content-range"] == f"bytes 5-20/{len(expected.content)}"
        assert int(expected.headers["content-length"]) == len(expected.content)


async def test_parts_of_a_segment_that_has_just_left_can_still_be_had(tmp_path: Path) -> None:
    async with headwater(tmp_path) as running:
        stream = await running.stream(reconnect_window_s=30, dvr_window_s=10)
        await ffmpeg.publish(stream.rtmp_url, ffmpeg.source(audio=False, seconds=40.1, realtime=False))
        await running.until_state(stream, "reconnecting")
        first = parsed(await playlist(running, stream)).media_sequence
        assert first > 10
        left, long_gone = [await running.get(f"{stream.base}v0/1-{msn}.0.m4s") for msn in (first - 1, 0)]
        assert (left.status_code, long_gone.status_code) == (200, 404)
        whole = await running.get(f"{stream.base}v0/1-{first - 1}.m4s")
        assert whole.content.startswith(left.content)


async def test_the_window_slides_older_segments_come_from_the_store_and_expired_ones_go(tmp_path: Path) -> None:
    async with headwater(tmp_path) as running:
        stream = await running.stream(reconnect_window_s=30, dvr_window_s=20)
        await ffmpeg.publish(stream.rtmp_url, ffmpeg.source(seconds=90, realtime=False))
        await running.until_state(stream, "reconnecting")
        for rendition in ("v0", "a0"):
            window = parsed(await playlist(running, stream, rendition))
            assert 20 <= sum(segment.duration for segment in window.segments if segment.uri) <= 24
            assert window.media_sequence > 20
            oldest = window.segments[0]
            whole = await running.get(f"{stream.base}{rendition}/{oldest.uri}")
            assert whole.status_code == 200
            name = f"{rendition}/{oldest.uri}"
            channel = running.server.director.channel(stream.playback_id)
            assert channel
            assert channel.spool.get(name) is None, "it was to come from the store"
            ranged = await running.get(f"{stream.base}{name}", headers={"Range": "bytes=7-99"})
            assert (ranged.status_code, ranged.content) == (206, whole.content[7:100])
            (stored,) = (tmp_path / "objects").glob(f"tn_*/bc_*/{name}")
            assert stored.read_bytes() == whole.content
            async with asyncio.timeout(10):
                while list((tmp_path / "objects").glob(f"tn_*/bc_*/{rendition}/1-0.m4s")):  # noqa: ASYNC110 - a disk tells nothing
                    await asyncio.sleep(0.05)
            gone = await running.get(f"{stream.base}{rendition}/1-0.m4s")
            assert gone.status_code == 404
