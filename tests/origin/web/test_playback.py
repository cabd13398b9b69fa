"""The fast path by itself; what players see of it is in tests/e2e."""

from __future__ import annotations

import asyncio
import gzip
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from origin.live import channel
from origin.web import playback as playback_module
from origin.web.playback import MOST_HELD, Playback
from tests.support import ffmpeg
from tests.support.hls import newest_part, playlist, until_live
from tests.support.running import headwater

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.support.running import Headwater, Stream


class Client:
    """One request to the ASGI application, with a connection that the test can cut."""

    def __init__(self, playback: Playback, path: str, query: str = "", method: str = "GET", **headers: str) -> None:
        self.sent: list[dict[str, Any]] = []
        self._news: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        scope = {
            "type": "http",
            "method": method,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
            "client": ("127.0.0.1", 1),
        }
        self.served = asyncio.create_task(playback(scope, self._news.get, self._send))

    async def _send(self, message: Any) -> None:
        self.sent.append(message)

    def leave(self) -> None:
        self._news.put_nowait({"type": "http.disconnect"})

    async def until_begun(self) -> None:
        """Wait for the first bytes of an answer."""
        while len(self.sent) < 2:  # noqa: ASYNC110 - looks from outside
            await asyncio.sleep(0.01)

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    def header(self, name: bytes) -> bytes:
        return bytes(dict(self.sent[0]["headers"]).get(name, b""))

    @property
    def caching(self) -> bytes:
        return self.header(b"cache-control")

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.sent)


def _playback(running: Headwater, most_held: int = MOST_HELD) -> Playback:
    server = running.server
    return Playback(server.services, server.director, server.library, server.movies, most_held=most_held)


def _path(stream: Stream, rest: str) -> str:
    return f"/play/{stream.token}/{stream.playback_id}/{rest}"


async def test_held_requests_are_bounded_and_end_with_their_client(tmp_path: Path) -> None:
    async with headwater(tmp_path) as running:
        stream = await running.stream()
        async with ffmpeg.publishing(stream.rtmp_url, ffmpeg.source(audio=False)):
            await until_live(running, stream)
            playback = _playback(running, most_held=1)
            msn, _ = newest_part(await playlist(running, stream))
            path, query = _path(stream, "v0/index.m3u8"), f"_HLS_msn={msn + 2}"
            held = Client(playback, path, query)
            await asyncio.sleep(0)
            refused = Client(playback, path, query)
            await refused.served
            assert refused.status == 503
            assert b"too_many_waiting" in refused.body
            held.leave()
            await held.served
            assert held.sent == []
            second = Client(playback, path, f"_HLS_msn={msn}")
            await second.served
            assert second.status == 200


async def test_head_tells_the_same_without_a_body(tmp_path: Path) -> None:
    async with headwater(tmp_path) as running:
        stream = await running.stream()
        async with ffmpeg.publishing(stream.rtmp_url, ffmpeg.source(audio=False)):
            await until_live(running, stream)
            playback = _playback(running)
            for rest in ("index.m3u8", "v0/1-init-0.mp4"):
                whole, head = (Client(playback, _path(stream, rest), method=method) for method in ("GET", "HEAD"))
                await asyncio.gather(whole.served, head.served)
                assert head.sent[0] == whole.sent[0]
                assert (head.body, bool(whole.body)) == (b"", True)


async def test_an_open_segment_is_sent_as_it_grows(tmp_path: Path) -> None:
    async with headwater(tmp_path) as running:
        stream = await running.stream()
        async with ffmpeg.publishing(stream.rtmp_url, ffmpeg.source(audio=False)):
            await until_live(running, stream)
            playback = _playback(running, most_held=2)
            msn, _ = newest_part(await playlist(running, stream))
            path = _path(stream, f"v0/1-{msn + 1}.m4s")
            reading, left = Client(playback, path), Client(playback, path)
            refused = Client(playback, path)
            await refused.served
            assert refused.status == 503
            await asyncio.gather(reading.until_begun(), left.until_begun())
            left.leave()
            await left.served
            head = Client(playback, path, method="HEAD")
            await head.served
            assert not reading.served.done()
            assert (head.status, head.body) == (200, b"")
            await reading.served
            whole = Client(playback, path)
            await whole.served
            assert (reading.status, reading.body) == (200, whole.body)
            headers = dict(reading.sent[0]["headers"])
            assert b"content-length" not in headers
            assert headers[b"etag"] == dict(whole.sent[0]["headers"])[b"etag"]
            assert reading.sent[-1].get("more_body", False) is False
            assert left.sent[-1].get("more_body") is True, "a reader who left is not told that it has all"


async def test_odd_paths_are_not_found(tmp_path: Path) -> None:
    async with headwater(tmp_path) as running:
        stream = await running.stream()
        async with ffmpeg.publishing(stream.rtmp_url, ffmpeg.source(audio=False)):
            await until_live(running, stream)
            playback = _playback(running)
            for rest in ("", "v0", "v0/", "v0/1-.m4s", "v0/1-0.m4s/x", "v0/1-0.0.0.m4s", "%76%30/index.m3u8"):
                client = Client(playback, _path(stream, rest))
                await client.served
                assert client.status in {403, 404}, rest


async def test_what_is_listed_and_not_stored_yet_is_to_be_asked_for_again(tmp_path: Path) -> None:
    async with headwater(tmp_path) as running:
        stream = await running.stream()
        await ffmpeg.publish(stream.rtmp_url, ffmpeg.source(audio=False, seconds=12, realtime=False))
        await until_live(running, stream)
        playback, on_air = _playback(running), running.server.director.channel(stream.playback_id)
        assert on_air is not None
        store, key = running.server.services.store, f"{on_air.prefix}v0/1-0.m4s"
        async with asyncio.timeout(30):
            while await store.size(key) is None or on_air.spool.get("v0/1-0.m4s"):  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.01)
        await store.delete([key])
        listed, unheard_of = (Client(playback, _path(stream, f"v0/1-{number}.m4s")) for number in (0, 99))
        await asyncio.gather(listed.served, unheard_of.served)
        assert (listed.status, dict(listed.sent[0]["headers"])[b"retry-after"]) == (503, b"1")
        assert unheard_of.status == 404
        other_period, own = (Client(playback, _path(stream, f"v0/period-{each}/1-1.m4s")) for each in (1, 0))
        await asyncio.gather(other_period.served, own.served)
        assert (other_period.status, other_period.caching) == (204, b"no-store")
        assert own.status == 200
        on_air.presentation.epoch = 2  # as after a takeover: what the writer before told players to expect
        expected = Client(playback, _path(stream, f"v0/1-{on_air.presentation.next_msn}.m4s"))
        await expected.served
        assert (expected.status, expected.caching, expected.body) == (204, b"no-store", b"")


async def test_what_became_of_a_segment_under_another_name_is_to_be_asked_for_by_that(tmp_path: Path) -> None:
    """An address that was told by a writer that is gone: it may have made more of that segment than anybody knows."""
    async with headwater(tmp_path) as running:
        stream = await running.stream()
        await ffmpeg.publish(stream.rtmp_url, ffmpeg.source(audio=False, seconds=5, realtime=False))
        await until_live(running, stream)
        playback, on_air = _playback(running), running.server.director.channel(stream.playback_id)
        assert on_air is not None
        on_air.presentation.epoch = 2
        window = on_air.presentation.windows["v0"]
        window.segments[1] = replace(window.segments[1], file="2-1.m4s")
        for rest, location in (("v0/1-1.m4s", b"2-1.m4s"), ("v0/period-0/1-1.m4s", b"../2-1.m4s")):
            for method in ("GET", "HEAD"):
                asked = Client(playback, _path(stream, rest), method=method, range="bytes=0-9", if_none_match="*")
                await asked.served
                assert (asked.status, asked.header(b"location"), asked.body) == (307, location, b"")
                assert asked.caching == b"no-store"
                assert asked.header(b"access-control-allow-origin") == b"*"
                assert asked.header(b"content-length") == b"0"


async def test_viewers_do_not_wait_long_for_a_store_that_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with headwater(tmp_path) as running:
        stream = await running.stream()
        await ffmpeg.publish(stream.rtmp_url, ffmpeg.source(seconds=12, audio=False, realtime=False))
        await until_live(running, stream)

        async def hanging(_key: str) -> int | None:
            await asyncio.Event().wait()
            return None

        monkeypatch.setattr(running.server.services.store, "size", hanging)
        monkeypatch.setattr(playback_module, "STORE_S", 0.05)
        asked = Client(_playback(running), _path(stream, "v0/1-0.m4s"))
        await asked.served
        assert (asked.status, dict(asked.sent[0]["headers"])[b"retry-after"]) == (503, b"1")


async def test_a_reload_whose_wait_was_in_vain_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with headwater(tmp_path) as running:
        stream = await running.stream()
        async with ffmpeg.publishing(stream.rtmp_url, ffmpeg.source(audio=False)):
            await until_live(running, stream)
            playback = _playback(running)
            msn, part = newest_part(await playlist(running, stream))
            monkeypatch.setattr(channel, "HOLD_TARGETS", 0)
            path = _path(stream, "v0/index.m3u8")
            in_vain = Client(playback, path, f"_HLS_msn={msn + 2}")
            there = Client(playback, path, f"_HLS_msn={msn}&_HLS_part={part}")
            await asyncio.gather(in_vain.served, there.served)
            assert (in_vain.status, in_vain.caching) == (200, b"no-store")
            assert (there.status, there.caching) == (200, b"public, max-age=10")


async def test_what_a_client_has_is_not_sent_again(tmp_path: Path) -> None:
    async with headwater(tmp_path) as running:
        stream = await running.stream()
        async with ffmpeg.publishing(stream.rtmp_url, ffmpeg.source(audio=False)):
            await until_live(running, stream)
        await running.until_state(stream, "reconnecting")  # so that nothing changes meanwhile
        playback = _playback(running)
        for rest in ("index.m3u8", "manifest.mpd", "v0/index.m3u8", "v0/1-init-0.mp4", "v0/1-0.m4s"):
            plain = await _asked(playback, stream, rest)
            zipped = await _asked(playback, stream, rest, accept_encoding="gzip")
            etag = plain.header(b"etag").decode()
            assert plain.header(b"etag") == zipped.header(b"etag")
            assert etag.startswith("W/") is ("-" not in rest), (
                "two forms of one playlist share a tag; media has one form"
            )
            for named in (etag, "*", f'"x", W/{etag.removeprefix("W/")}'):
                known = await _asked(playback, stream, rest, if_none_match=named)
                assert (known.status, known.body) == (304, b"")
                for name in (b"etag", b"cache-control", b"vary", b"access-control-allow-origin"):
                    assert known.header(name) == plain.header(name)
            other = await _asked(playback, stream, rest, if_none_match='"x", W/"y"')
            assert (other.status, other.body) == (200, plain.body)
        missing = await _asked(playback, stream, "v0/1-999.m4s", if_none_match="*")
        assert missing.status == 404


async def test_a_blocking_reload_is_compared_when_it_has_waited(tmp_path: Path) -> None:
    async with headwater(tmp_path) as running:
        stream = await running.stream()
        playback = _playback(running)
        async with ffmpeg.publishing(stream.rtmp_url, ffmpeg.source(audio=False)):
            await until_live(running, stream)
            before = await _asked(playback, stream, "v0/index.m3u8")
            msn, _ = newest_part(before.body.decode())
            etag = before.header(b"etag").decode()
            grown = await _asked(playback, stream, "v0/index.m3u8", f"_HLS_msn={msn + 1}", if_none_match=etag)
            assert (grown.status, grown.header(b"etag") != before.header(b"etag")) == (200, True)
            opened = await _asked(
                playback, stream, f"v0/1-{newest_part(grown.body.decode())[0] + 1}.m4s", if_none_match="*"
            )
            assert (opened.status, opened.body) == (304, b"")


async def test_playlists_are_compressed_for_those_who_want_it(tmp_path: Path) -> None:
    async with headwater(tmp_path) as running:
        stream = await running.stream()
        async with ffmpeg.publishing(stream.rtmp_url, ffmpeg.source(audio=False)):
            await until_live(running, stream)
            playback = _playback(running)
            for wish, coding in (
                ("br, gzip", b"gzip"),
                ("gzip;q=0", b""),
                ("*;q=0", b""),
                ("identity, gzip;q=0.5", b""),
            ):
                answer = await _asked(playback, stream, "index.m3u8", accept_encoding=wish)
                assert (answer.header(b"content-encoding"), answer.header(b"vary")) == (coding, b"Accept-Encoding")
                assert (gzip.decompress(answer.body) if coding else answer.body).startswith(b"#EXTM3U")


IMPOSSIBLE = (
    "_HLS_part=0",
    "_HLS_msn=",
    "_HLS_msn=-1",
    "_HLS_msn=+1",
    "_HLS_msn=1e3",
    "_HLS_msn=0x10",
    "_HLS_msn=1_000",
    "_HLS_msn=%31",
    "_HLS_msn=1.0",
    f"_HLS_msn={'9' * 18}",
    f"_HLS_msn={'9' * 5000}",
    "_HLS_msn=0&_HLS_msn=0",
    "_HLS_msn=0&_HLS_part=-1",
    f"_HLS_msn=0&_HLS_part={'9' * 20}",
)
MEANINGLESS = ("x=1", "&&=&", "_hls_msn=99", "_HLS_foo=1", "CMCD=bl%3D1", "%ff=%zz", "_HLS_skip=NO", "x=1&x=2")


async def test_odd_queries_are_refused_or_ignored(tmp_path: Path) -> None:
    async with headwater(tmp_path) as running:
        stream = await running.stream()
        async with ffmpeg.publishing(stream.rtmp_url, ffmpeg.source(audio=False)):
            await until_live(running, stream)
            playback = _playback(running)
            for query in IMPOSSIBLE:
                answer = await _asked(playback, stream, "v0/index.m3u8", query)
                assert (answer.status, answer.caching) == (400, b"no-store"), query
                assert json.loads(answer.body)["code"] == "bad_reload"
            for query in MEANINGLESS:
                for rest in ("index.m3u8", "manifest.mpd", "v0/index.m3u8"):
                    assert (await _asked(playback, stream, rest, query)).status == 200, query


async def _asked(playback: Playback, stream: Stream, rest: str, query: str = "", **headers: str) -> Client:
    """One request, answered."""
    client = Client(playback, _path(stream, rest), query, **headers)
    await client.served
    return client
