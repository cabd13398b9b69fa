"""Sequence headers written here field by field, for what encoders at hand never write."""

from __future__ import annotations

import pytest

from media.bits import MalformedConfig
from media.sps import av1_size, h264_size, hevc_size


def ue(value: int) -> str:
    """An Exp-Golomb code (H.264, 9.1)."""
    digits = f"{value + 1:b}"
    return "0" * (len(digits) - 1) + digits


def unit(header: bytes, *fields: str) -> bytes:
    bits = "".join(fields) + "1"
    bits += "0" * (-len(bits) % 8)
    return header + int(bits, 2).to_bytes(len(bits) // 8, "big")


def h264(
    profile: int = 66,
    chroma: str = "",
    *,
    order: str = ue(0) + ue(0),
    columns: int = 120,
    rows: int = 68,
    frames_only: bool = True,
    crop: tuple[int, int, int, int] | None = (0, 0, 0, 4),
) -> bytes:
    fields = [f"{profile:08b}", f"{0x28:016b}", ue(0), chroma, ue(0), order, ue(4), "0", ue(columns - 1), ue(rows - 1)]
    fields += ["1" if frames_only else "00", "1"]
    fields += ["0"] if crop is None else ["1", *map(ue, crop)]
    return unit(b"\x67", *fields)


ALL_LISTS = "1" + "1" + "1" * 16 + "0" * 7
"""seq_scaling_matrix_present_flag, and the first of eight lists given, with sixteen deltas of 0."""


@pytest.mark.parametrize(
    ("sps", "size"),
    [
        (h264(), (1920, 1080)),
        (h264(crop=None), (1920, 1088)),
        (h264(rows=34, frames_only=False, crop=(0, 0, 0, 2)), (1920, 1080)),
        (h264(100, ue(1) + ue(0) + ue(0) + "0" + "0"), (1920, 1080)),
        (h264(100, ue(1) + ue(0) + ue(0) + "0" + ALL_LISTS), (1920, 1080)),
        (h264(122, ue(2) + ue(2) + ue(2) + "0" + "0", crop=(0, 0, 0, 8)), (1920, 1080)),
        (h264(244, ue(3) + "0" + ue(0) + ue(0) + "0" + "0", crop=(1, 0, 0, 8)), (1919, 1080)),
        (h264(244, ue(3) + "1" + ue(0) + ue(0) + "0" + "0", crop=(1, 0, 0, 8)), (1919, 1080)),
        (h264(order=ue(2)), (1920, 1080)),
        (h264(order=ue(1) + "0" + ue(0) + ue(0) + ue(2) + ue(1) + ue(2)), (1920, 1080)),
    ],
    ids=["progressive", "uncropped", "interlaced", "high", "lists", "4:2:2", "4:4:4", "planes", "order 2", "order 1"],
)
def test_h264(sps: bytes, size: tuple[int, int]) -> None:
    assert h264_size(sps) == size


@pytest.mark.parametrize(
    "sps",
    [
        h264(100, ue(4) + ue(0) + ue(0) + "0" + "0"),
        h264(order=ue(1) + "0" + ue(0) + ue(0) + ue(256)),
        h264(crop=(500, 500, 0, 0)),
        h264(columns=5000),
        b"\x67",
    ],
    ids=["chroma", "cycle", "cropped away", "too wide", "empty"],
)
def test_impossible_h264_is_refused(sps: bytes) -> None:
    with pytest.raises(MalformedConfig):
        h264_size(sps)


def hevc(sub_layers: int, present: str, skipped: int, chroma: str = ue(1)) -> bytes:
    profile = f"{0:088b}" + f"{93:08b}" + present + ("0" * 2 * (8 - sub_layers) if sub_layers else "") + "0" * skipped
    fields = ["0000", f"{sub_layers:03b}", "1", profile, ue(0), chroma, ue(1920), ue(1088), "1", *map(ue, (0, 0, 0, 4))]
    return unit(b"\x42\x01", *fields)


def test_hevc_with_and_without_sub_layers() -> None:
    assert hevc_size(hevc(0, "", 0)) == (1920, 1080)
    assert hevc_size(hevc(1, "11", 96)) == (1920, 1080)
    assert hevc_size(hevc(2, "0110", 96)) == (1920, 1080)
    assert hevc_size(hevc(0, "", 0, ue(3) + "1")) == (1920, 1084)


def test_impossible_hevc_is_refused() -> None:
    with pytest.raises(MalformedConfig):
        hevc_size(hevc(0, "", 0, ue(4)))


SIZE = f"{10:04b}" + f"{10:04b}" + f"{1919:011b}" + f"{1079:011b}"
POINT = "0" * 12 + f"{8:05b}" + "0"
"""An operating point of level 4.0, which has a tier."""


@pytest.mark.parametrize(
    "fields",
    [
        ["0000", "1", "01000", SIZE],
        ["0000", "0", "0", "0", "00000", POINT, SIZE],
        ["0000", "0", "0", "1", "00000", POINT, "1", "0000", SIZE],
        ["0000", "0", "1", "0" * 64, "1", ue(0), "0", "0", "00000", POINT, SIZE],
        ["0000", "0", "1", "0" * 64, "0", "1", "00111", "0" * 42, "0", "00001", POINT, "1", "0" * 17, POINT, "0", SIZE],
    ],
    ids=["still", "plain", "display delay", "timing", "decoder model"],
)
def test_av1(fields: list[str]) -> None:
    sequence = unit(b"", *fields)
    assert av1_size(b"\x0a" + bytes([len(sequence)]) + sequence) == (1920, 1080)
    assert av1_size(b"\x08" + sequence) == (1920, 1080)
    assert av1_size(b"\x12\x00" + b"\x0e\x00" + bytes([len(sequence)]) + sequence) == (1920, 1080)


def test_av1_without_a_sequence_header_has_no_size() -> None:
    assert av1_size(b"") == av1_size(b"\x12\x00") == (0, 0)


@pytest.mark.parametrize("units", [b"\x0a", b"\x0a\x80", b"\x0a" + b"\x80" * 9, b"\x0a\x01\x00"])
def test_av1_that_is_cut_off_is_refused(units: bytes) -> None:
    with pytest.raises(MalformedConfig):
        av1_size(units)
