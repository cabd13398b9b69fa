from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.bits import MalformedConfig
from media.nalu import H264_SPS, HEVC_SPS, avcc_sps, hvcc_sps, unescape
from media.track import Codec
from tests.support import clips

AVCC = bytes.fromhex("0142c00dffe1")
"""Version, profile, compatibility, level, lengths of four bytes, one SPS (ISO/IEC 14496-15, 5.3.3.1.2)."""


def escape(payload: bytes) -> bytes:
    """As an encoder does it: byte for byte, after H.264, 7.3.1."""
    out = bytearray()
    zeros = 0
    for byte in payload:
        if zeros == 2 and byte <= 3:
            out.append(3)
            zeros = 0
        out.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return bytes(out)


@given(st.lists(st.sampled_from([0, 0, 0, 1, 2, 3, 4, 255])).map(bytes))
def test_what_was_escaped_is_what_it_was(payload: bytes) -> None:
    assert unescape(escape(payload)) == payload


@pytest.mark.parametrize(
    ("unit", "payload"),
    [
        ("000003", "0000"),
        ("00000301", "000001"),
        ("0000030003", "00000003"),
        ("000003000003", "00000000"),
        ("03", "03"),
    ],
)
def test_escapes_of_the_specification(unit: str, payload: str) -> None:
    """H.264, 7.4.1."""
    assert unescape(bytes.fromhex(unit)) == bytes.fromhex(payload)


def sized(unit: bytes) -> bytes:
    return len(unit).to_bytes(2, "big") + unit


def test_the_first_of_several_parameter_sets_is_taken() -> None:
    record = AVCC[:-1] + b"\xe2" + sized(b"\x67one") + sized(b"\x67two") + b"\x01" + sized(b"\x68pps")
    assert avcc_sps(record) == b"\x67one"


@pytest.mark.parametrize(
    ("record", "complaint"),
    [
        (b"", "no AVCDecoderConfigurationRecord"),
        (AVCC[:-1], "no AVCDecoderConfigurationRecord"),
        (b"\x02" + AVCC[1:] + sized(b"\x67x"), "of version 1"),
        (AVCC[:-1] + b"\xe0", "holds no sequence parameter set"),
        (AVCC, "cut off"),
        (AVCC + b"\x00", "cut off"),
        (AVCC + sized(b""), "cut off"),
        (AVCC + sized(b"\x67abc")[:-1], "cut off"),
    ],
)
def test_what_is_no_avcc_is_told(record: bytes, complaint: str) -> None:
    with pytest.raises(MalformedConfig, match=complaint):
        avcc_sps(record)


def hvcc(*arrays: tuple[int, list[bytes]]) -> bytes:
    """ISO/IEC 14496-15, 8.3.3.1.2: 22 bytes of profile and level, then arrays by type of NAL unit."""
    record = b"\x01" + bytes(21) + bytes([len(arrays)])
    for kind, units in arrays:
        record += bytes([0x80 | kind]) + len(units).to_bytes(2, "big") + b"".join(map(sized, units))
    return record


def test_the_parameter_set_is_found_behind_others() -> None:
    assert hvcc_sps(hvcc((32, [b"vps", b"vps2"]), (39, []), (HEVC_SPS, [b"sps", b"sps2"]), (34, [b"pps"]))) == b"sps"


@pytest.mark.parametrize(
    ("record", "complaint"),
    [
        (hvcc()[:-1], "too short"),
        (hvcc(), "holds no sequence parameter set"),
        (hvcc((32, [b"vps"])), "holds no sequence parameter set"),
        (hvcc((HEVC_SPS, [])), "holds no sequence parameter set"),
        (hvcc((HEVC_SPS, [b""])), "cut off"),
        (hvcc((32, [b"vps"]))[:-1], "cut off"),
        (hvcc((32, [b"vps"]), (HEVC_SPS, [b"sps"]))[:-1], "cut off"),
        (hvcc()[:-1] + b"\xff", "holds no sequence parameter set"),
    ],
)
def test_what_is_no_hvcc_is_told(record: bytes, complaint: str) -> None:
    with pytest.raises(MalformedConfig, match=complaint):
        hvcc_sps(record)


def test_records_of_real_encoders_hold_units_of_the_right_kind() -> None:
    assert avcc_sps(clips.video(Codec.H264, seconds=0.2).track.config)[0] & 0x1F == H264_SPS
    assert hvcc_sps(clips.video(Codec.HEVC, seconds=0.2).track.config)[0] >> 1 == HEVC_SPS


@given(st.binary(max_size=60))
def test_no_bytes_do_more_than_be_refused(data: bytes) -> None:
    for record in (data, AVCC + data, hvcc()[:-1] + data):
        for find in (avcc_sps, hvcc_sps):
            try:
                assert find(record) in record
            except MalformedConfig:
                continue
