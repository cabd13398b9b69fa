from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from origin.vod.demux.film import MediaError
from origin.vod.demux.libav.sniff import HEAD_BYTES, container_of
from tests.origin.vod.demux.libav.making import Sound, Video, make

if TYPE_CHECKING:
    from pathlib import Path

READERS = {"mov", "matroska", "ogg", "flv", "flac", "mpeg", "mpegvideo", "asf", "w64", "caf", "amr", "wv", "au", "ivf"}
READERS |= {"mxf", "dv", "dts", "avi", "wav", "aiff", "mp3", "aac", "ac3", "eac3", "mpegts", "h264", "hevc"}
"""None of these opens a second file or an address."""

REAL = [
    ("mp4", Video(), "mov"),
    ("mov", Video(), "mov"),
    ("3gp", Video(), "mov"),
    ("matroska", Video(), "matroska"),
    ("webm", Video("libvpx-vp9"), "matroska"),
    ("mpegts", Video(), "mpegts"),
    ("vob", Video(), "mpeg"),
    ("avi", Video(), "avi"),
    ("flv", Video(), "flv"),
    ("asf", Video(), "asf"),
    ("ivf", Video("libvpx-vp9"), "ivf"),
    ("h264", Video(), "h264"),
    ("hevc", Video("libx265"), "hevc"),
    ("mpeg2video", Video("mpeg2video"), "mpegvideo"),
    ("ogg", Sound("libopus"), "ogg"),
    ("wav", Sound("pcm_s16le"), "wav"),
    ("aiff", Sound("pcm_s16be"), "aiff"),
    ("caf", Sound("pcm_s16be"), "caf"),
    ("w64", Sound("pcm_s16le"), "w64"),
    ("au", Sound("pcm_s16be"), "au"),
    ("flac", Sound("flac"), "flac"),
    ("mp3", Sound("libmp3lame"), "mp3"),
    ("adts", Sound(), "aac"),
    ("ac3", Sound("ac3"), "ac3"),
    ("eac3", Sound("eac3"), "eac3"),
]


@pytest.mark.parametrize(("kind", "stream", "reader"), REAL, ids=[row[0] for row in REAL])
def test_files_of_muxers_are_known(tmp_path: Path, kind: str, stream: Video | Sound, reader: str) -> None:
    head = make(tmp_path / "film", kind, stream).read_bytes()[:HEAD_BYTES]
    assert container_of(head) == reader


def test_frames_of_mp3_are_known_without_a_tag(tmp_path: Path) -> None:
    data = make(tmp_path / "film", "mp3", Sound("libmp3lame"), id3v2_version="0").read_bytes()
    assert data[0] == 0xFF
    assert container_of(data[:HEAD_BYTES]) == "mp3"


def test_what_stands_behind_a_tag_decides() -> None:
    tag = b"ID3\4\0\0" + bytes([0, 0, 1, 2]) + bytes(130)
    assert container_of(tag + b"\xff\xf1\x4c\x80" + bytes(9)) == "aac"
    assert container_of(tag + b"fLaC") == "flac"
    assert container_of(tag + b"\xff\xfb\x90\x64") == "mp3"
    assert container_of(tag[:40]) == "mp3"


@pytest.mark.parametrize(("size", "at"), [(188, 0), (188, 100), (192, 4), (204, 0)])
def test_transport_streams_may_begin_anywhere(size: int, at: int) -> None:
    packets = b"\0" * at + (b"\x47" + b"\0" * (size - 1)) * 6
    assert container_of(packets) == "mpegts"
    with pytest.raises(MediaError):
        container_of(packets[: at + 4 * size])


@pytest.mark.parametrize(
    ("head", "word"),
    [
        (b"", "empty"),
        (b"#EXTM3U\n#EXTINF:5,\nhttp://127.0.0.1/a.ts\n", "playlist"),
        (b"\xef\xbb\xbf#EXTM3U\n", "playlist"),
        (b"ffconcat version 1.0\nfile a.ts\n", "list of files"),
        (b"v=0\no=- 0 0 IN IP4 127.0.0.1\n", "session description"),
        (b'<?xml version="1.0"?><MPD/>', "a text"),
        (b"Great things come to those who wait. " * 40, "a text"),
        (b"PK\x03\x04\x14\0\0\0", "ZIP"),
        (b"\x89PNG\r\n\x1a\n\0\0", "picture"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF\0", "picture"),
        (b"GIF89a\1\0", "picture"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "picture"),
        (b"\0\0\0\x20ftypheic\0\0\0\0", "picture"),
        (b"\0\0\0\x20ftypavif\0\0\0\0", "picture"),
        (b"%PDF-1.7\n\xff\xff\0", "PDF"),
        (b"\x7fELF\2\1\1\0", "program"),
        (b"RIFF\0\0\0\0ACON", "no format"),
        (b"\0" * 100, "no format"),
    ],
)
def test_all_else_is_refused_by_name(head: bytes, word: str) -> None:
    with pytest.raises(MediaError, match=re.escape(word)) as refused:
        container_of(head)
    assert str(refused.value).endswith(".")


@given(st.binary(max_size=1200) | st.binary(max_size=8).map(lambda start: start + b"\xff\xf1\0\0" * 9))
def test_nothing_but_the_list_is_ever_named(head: bytes) -> None:
    with suppress(MediaError):
        assert container_of(head) in READERS
