"""What a file asks libav to open is not opened: neither an address nor a neighbour, with a reader that would do it.

Each attempt is made without our options first, so that it is known to be one.
"""

from __future__ import annotations

import io
import os
import socket
import threading
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING

import av
import pytest

from origin.vod.demux.film import MediaError
from origin.vod.demux.libav.film import open_film
from origin.vod.demux.libav.opening import MOST_STREAMS, opened
from origin.vod.demux.libav.source import Source
from tests.origin.vod.demux.libav.making import Sound, Video, make
from tests.origin.vod.demux.libav.watch import watch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Listener:
    """A peer that hangs up on everybody, and counts them."""

    def __init__(self, listening: socket.socket) -> None:
        self.calls = 0
        self._listening = listening
        self.port = listening.getsockname()[1]

    def run(self) -> None:
        with suppress(OSError):
            while True:
                self._listening.accept()[0].close()
                self.calls += 1


@contextmanager
def listener() -> Iterator[Listener]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        found = Listener(listening)
        thread = threading.Thread(target=found.run)
        thread.start()
        try:
            yield found
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


def attempt(data: bytes, reader: str, tmp_path: Path) -> None:
    """Open it as the room does, though its reader is none that the room would name."""
    path = tmp_path / "asks.mp4"
    path.write_bytes(data)
    with pytest.raises(MediaError) as refused:
        open_film(path)
    assert str(refused.value).startswith("The file is ")
    fd = os.open(path, os.O_RDONLY)
    try:
        with pytest.raises(MediaError), opened(Source(fd, len(data)), reader) as container:
            list(container.demux())
    finally:
        os.close(fd)


@pytest.mark.parametrize("scheme", ["http", "https", "tcp", "rtmp"])
def test_no_address_is_called(tmp_path: Path, scheme: str) -> None:
    with listener() as peer:
        lines = (
            "#EXTM3U",
            "#EXT-X-TARGETDURATION:5",
            "#EXTINF:5,",
            f"{scheme}://127.0.0.1:{peer.port}/a.ts",
            "#EXT-X-ENDLIST",
            "",
        )
        playlist = "\n".join(lines).encode()
        if scheme in {"http", "https"}:
            with suppress(av.error.FFmpegError):
                av.open(io.BytesIO(playlist), "r", format="hls").close()
            assert peer.calls
        before = peer.calls
        attempt(playlist, "hls", tmp_path)
        sdp = f"v=0\nc=IN IP4 127.0.0.1\nm=video {peer.port} RTP/AVP 96\na=rtpmap:96 H264/90000\n"
        attempt(sdp.encode(), "sdp", tmp_path)
        assert peer.calls == before


@pytest.mark.parametrize("name", ["neighbour.ts", "file:neighbour.ts", "{}", "file:{}"])
def test_no_neighbour_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    neighbour = make(tmp_path / "neighbour.ts", "mpegts", Video())
    asking = f"ffconcat version 1.0\nfile '{name.format(neighbour)}'\n".encode()
    with watch(neighbour) as seen:
        av.open(io.BytesIO(asking), "r", format="concat", options={"safe": "0"}).close()
        assert seen.opened()
        attempt(asking, "concat", tmp_path)
        lines = ("#EXTM3U", "#EXT-X-TARGETDURATION:5", "#EXTINF:5,", name.format(neighbour), "#EXT-X-ENDLIST", "")
        attempt("\n".join(lines).encode(), "hls", tmp_path)
        assert not seen.opened()


def alias(path: bytes) -> bytes:
    """A data reference as QuickTime has it ("alis"): what libav's reader looks for is its absolute path."""
    path += b"\0" * (len(path) % 2)
    target = b"\0\2" + len(path).to_bytes(2, "big") + path + b"\xff\xff\0\0"
    record = (
        bytes(10) + b"\1v" + bytes(26) + bytes(12) + b"\1f" + bytes(62) + bytes(16) + b"\0\1\0\1" + bytes(16) + target
    )
    return (12 + len(record)).to_bytes(4, "big") + b"alis" + bytes(4) + record


def pointing(movie: bytes, path: bytes) -> bytes:
    """A movie whose samples are in another file: its data reference is replaced, and the sizes of all boxes around."""
    at = movie.index(b"dref") - 4
    old = int.from_bytes(movie[at : at + 4], "big")
    entry = alias(path)
    dref = (16 + len(entry)).to_bytes(4, "big") + movie[at + 4 : at + 16] + entry
    made = bytearray(movie[:at] + dref + movie[at + old :])
    for name in (b"moov", b"trak", b"mdia", b"minf", b"dinf"):
        box = made.rindex(name, 0, at) - 4
        grown = int.from_bytes(made[box : box + 4], "big") + len(dref) - old
        made[box : box + 4] = grown.to_bytes(4, "big")
    return bytes(made)


def test_samples_in_another_file_are_not_looked_for(tmp_path: Path) -> None:
    neighbour = make(tmp_path / "neighbour.mov", "mov", Video())
    path = tmp_path / "pointing.mov"
    path.write_bytes(pointing(neighbour.read_bytes(), str(neighbour).encode()))
    with watch(neighbour) as seen:
        options = {"enable_drefs": "1", "use_absolute_path": "1"}
        av.open(str(path), "r", format="mov", options=options).close()
        assert seen.opened()
        with pytest.raises(MediaError):
            open_film(path)
        assert not seen.opened()


def test_a_hundred_tracks_are_read_and_thousands_are_not(tmp_path: Path) -> None:
    with closing(open_film(make(tmp_path / "some", "mpegts", *[Sound("mp2", seconds=0.1)] * 12))) as film:
        assert len(film.tracks) == 12
    movie = make(tmp_path / "film", "mov", Video(frames=2)).read_bytes()
    at = movie.index(b"trak") - 4
    track = movie[at : at + int.from_bytes(movie[at : at + 4], "big")]
    many = bytearray(movie[:at] + track * 10_000 + movie[at + len(track) :])
    moov = many.index(b"moov") - 4
    size = int.from_bytes(many[moov : moov + 4], "big") + 9_999 * len(track)
    many[moov : moov + 4] = size.to_bytes(4, "big")
    (tmp_path / "many.mov").write_bytes(many)
    with pytest.raises(MediaError, match=f"more than {MOST_STREAMS} tracks"):
        open_film(tmp_path / "many.mov")
