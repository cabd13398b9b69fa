from __future__ import annotations

import pytest

from media.bits import MalformedConfig
from media.nalu import avcc_sps, hvcc_sps, unescape

SPS = bytes.fromhex("67640028acd940")
AVCC = bytes.fromhex("01640028ffe1") + len(SPS).to_bytes(2, "big") + SPS + bytes.fromhex("01000468ebe3cb")
HEVC_VPS, HEVC_SPS = b"\x40\x01\x0c", b"\x42\x01\x01\x60"
HVCC = b"".join(
    [
        *(b"\x01", bytes(21), b"\x02"),
        *(b"\xa0\x00\x01", len(HEVC_VPS).to_bytes(2, "big"), HEVC_VPS),
        *(b"\xa1\x00\x01", len(HEVC_SPS).to_bytes(2, "big"), HEVC_SPS),
    ]
)


@pytest.mark.parametrize(
    ("escaped", "plain"),
    [
        (b"\x01\x02", b"\x01\x02"),
        (b"\x00\x00\x03\x01", b"\x00\x00\x01"),
        (b"\x00\x00\x03\x00\x00\x03\x03", b"\x00\x00\x00\x00\x03"),
        (b"\x00\x03\x00\x00\x04", b"\x00\x03\x00\x00\x04"),
    ],
)
def test_emulation_prevention_is_undone(escaped: bytes, plain: bytes) -> None:
    assert unescape(escaped) == plain


def test_the_parameter_set_of_avcc() -> None:
    assert avcc_sps(AVCC) == SPS


def test_the_parameter_set_of_hvcc_behind_another_array() -> None:
    assert hvcc_sps(HVCC) == HEVC_SPS


@pytest.mark.parametrize("length", range(6 + 2 + len(SPS)))
def test_avcc_that_ends_before_its_parameter_set_does(length: int) -> None:
    with pytest.raises(MalformedConfig):
        avcc_sps(AVCC[:length])


@pytest.mark.parametrize("length", range(len(HVCC)))
def test_hvcc_that_ends_before_its_parameter_set_does(length: int) -> None:
    with pytest.raises(MalformedConfig):
        hvcc_sps(HVCC[:length])


def test_records_without_a_parameter_set() -> None:
    with pytest.raises(MalformedConfig):
        avcc_sps(bytes.fromhex("01640028ffe0000000"))
    with pytest.raises(MalformedConfig):
        hvcc_sps(b"\x01" + bytes(21) + b"\x00")
