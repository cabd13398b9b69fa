from __future__ import annotations

from struct import unpack_from

import pytest

from media.track import Codec, Track
from packager.fmp4.entries import sample_entry
from tests.packager.fragments import boxes

VPCC = bytes.fromhex("001f800202020000")
SOUND, PICTURE = 28, 78
"""Bytes of AudioSampleEntry and VisualSampleEntry before their boxes (ISO/IEC 14496-12, 12.2.3, 12.1.3)."""


def entry(codec: Codec, config: bytes, rate: int = 48_000) -> tuple[bytes, bytes, bytes]:
    """The entry's type, its fields, and the configuration box within."""
    video = codec.kind.value == "video"
    track = Track(codec, 90_000, config, width=1920, height=1080, sample_rate=rate, channels=2)
    [(kind, _, payload)] = boxes(sample_entry(track))
    fields = PICTURE if video else SOUND
    return kind, payload[:fields], payload[fields:]


@pytest.mark.parametrize(
    ("codec", "inner"), [(Codec.H264, b"avcC"), (Codec.HEVC, b"hvcC"), (Codec.AV1, b"av1C"), (Codec.OPUS, b"dOps")]
)
def test_the_configuration_is_kept_as_it_came(codec: Codec, inner: bytes) -> None:
    kind, _, rest = entry(codec, b"configuration")
    assert kind == codec.value.encode()
    assert list(boxes(rest)) == [(inner, 0, b"configuration")]


def test_vp9_gets_version_and_flags() -> None:
    [(kind, _, payload)] = boxes(entry(Codec.VP9, VPCC)[2])
    assert (kind, payload[:4], payload[4:]) == (b"vpcC", b"\x01\0\0\0", VPCC)


@pytest.mark.parametrize("length", [2, 5, 200])
def test_the_descriptors_of_aac_are_as_long_as_they_say(length: int) -> None:
    """ISO/IEC 14496-1, 8.3.3: tag, then the size in groups of seven bits."""
    asc = bytes(range(length % 256))
    [(kind, _, payload)] = boxes(entry(Codec.AAC, asc)[2])
    assert kind == b"esds"
    stream = descriptor(payload[4:], 0x03)
    decoder = descriptor(stream[3:], 0x04)
    assert decoder[0] == 0x40
    assert descriptor(decoder[13:], 0x05) == asc


def descriptor(data: bytes, tag: int) -> bytes:
    assert data[0] == tag
    size, at = 0, 1
    while True:
        size, more = size << 7 | data[at] & 0x7F, data[at] & 0x80
        at += 1
        if not more:
            assert len(data) >= at + size
            return data[at : at + size]


def test_fields_of_a_picture() -> None:
    fields = entry(Codec.H264, b"")[1]
    assert unpack_from(">H", fields, 6)[0] == 1, "data_reference_index"
    assert unpack_from(">HHII", fields, 24) == (1920, 1080, 0x480000, 0x480000)


@pytest.mark.parametrize(("rate", "written"), [(44_100, 44_100), (96_000, 0)])
def test_sample_rates_beyond_16_bits_are_left_out(rate: int, written: int) -> None:
    fields = entry(Codec.AAC, b"\x11\x90", rate)[1]
    assert unpack_from(">HH", fields, 16) == (2, 16)
    assert unpack_from(">I", fields, 24)[0] == written << 16
