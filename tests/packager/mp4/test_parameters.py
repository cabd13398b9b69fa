from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from media.track import Codec, Track
from packager.fmp4 import write_init
from packager.mp4 import BadSegmentError, CannotJoinError, read_init
from packager.mp4.parameters import unite
from tests.packager.feed import AAC, AAC_44, VIDEO
from tests.support import clips

if TYPE_CHECKING:
    from packager.mp4.description import Description


def described(track: Track) -> Description:
    return read_init(write_init(track))


def avcc(sequence: bytes, picture: bytes, *, length: int = 0xFF, tail: bytes = b"") -> bytes:
    sets = b"\xe1" + len(sequence).to_bytes(2, "big") + sequence + b"\x01" + len(picture).to_bytes(2, "big") + picture
    return b"\x01\x64\x00\x1f" + bytes([length]) + sets + tail


SMALL = described(replace(VIDEO, config=avcc(b"gsmall", b"h", tail=b"\xfd\xf8\xf8\0")))
LARGE = described(replace(VIDEO, config=avcc(b"glarge", b"hh"), width=1920, height=1080))


def test_equal_parameters_need_nothing() -> None:
    entry, sets = unite([SMALL, SMALL])
    assert entry == SMALL.entry
    assert sets == {SMALL: b""}


def test_a_size_alone_in_the_track_header_needs_nothing() -> None:
    other = replace(SMALL, width=5)
    assert unite([SMALL, other])[1] == {SMALL: b"", other: b""}


def test_h264_is_joined_by_sets_in_the_stream() -> None:
    entry, sets = unite([SMALL, LARGE, SMALL])
    assert entry == SMALL.entry.replace(b"avc1", b"avc3")
    assert sets == {SMALL: b"\0\0\0\x06gsmall\0\0\0\x01h", LARGE: b"\0\0\0\x06glarge\0\0\0\x02hh"}


def test_hevc_is_joined_by_sets_in_the_stream() -> None:
    tracks = [clips.video(Codec.HEVC, seconds=0.2, size=size).track for size in ((320, 180), (426, 240))]
    one, other = map(described, tracks)
    entry, sets = unite([one, other])
    assert entry[4:8] == b"hev1"
    assert len(entry) == len(one.entry)
    for each, config in ((one, tracks[0].config), (other, tracks[1].config)):
        units = sets[each]
        kinds = []
        while units:
            size = int.from_bytes(units[:4], "big")
            assert units[4 : 4 + size] in config
            kinds.append(units[4] >> 1 & 0x3F)
            units = units[4 + size :]
        assert kinds == [32, 33, 34]
    complete = [byte for byte in (0xA0, 0xA1, 0xA2) if bytes([byte, 0, 1]) in entry]
    assert complete == [], "hev1 promises that no sets are in the stream"


@pytest.mark.parametrize("codec", [Codec.AV1, Codec.VP9])
def test_others_have_it_in_the_stream(codec: Codec) -> None:
    tracks = [clips.video(codec, seconds=0.2, size=size).track for size in ((320, 180), (426, 240))]
    one, other = map(described, tracks)
    entry, sets = unite([one, other])
    assert entry == one.entry
    assert sets[other] == (tracks[1].config[4:] if codec is Codec.AV1 else b"")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (AAC, AAC_44),
        (AAC, replace(AAC, channels=1, config=bytes.fromhex("1188"))),
        (VIDEO, Track(Codec.AV1, 90_000, bytes.fromhex("81000c00"))),
        (VIDEO, replace(VIDEO, timescale=1000)),
        (replace(VIDEO, config=avcc(b"g", b"h", length=0xFD)), VIDEO),
    ],
    ids=["rate", "channels", "codec", "clock", "short lengths"],
)
def test_what_cannot_be_joined_is_refused(one: Track, other: Track) -> None:
    with pytest.raises(CannotJoinError):
        unite(map(described, (one, other)))


@pytest.mark.parametrize("config", [b"\x01\x64\x00\x1f\xff", avcc(b"g", b"h")[:-1], avcc(b"g", b"h")[:9]])
def test_a_damaged_configuration_is_refused(config: bytes) -> None:
    with pytest.raises(BadSegmentError):
        unite([SMALL, described(replace(VIDEO, config=config))])
