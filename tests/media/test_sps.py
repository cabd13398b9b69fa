"""Headers of real encoders where there are such; what encoders rarely write is written here by the tables."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.bits import MalformedConfig
from media.sps import av1_size, h264_size, hevc_size
from tests.media.bit_writer import BitWriter

H264 = [  # by x264 build 164
    ("6764000dacd941519e226c0440000003004000000c83c50a6580", (322, 182)),  # High
    ("677a000dbcd941519e222f011000000300100000030320f1429960", (322, 182)),  # 4:2:2
    ("67f4000d919b282a33c7c5e022000003000200000300641e28532c", (322, 182)),  # 4:4:4
    ("6764000df365054678f8bc05b2000003000200000300641e28532c", (322, 182)),  # gray
    ("67640028acd940780227e5c044000003000400000300c83c60c658", (1920, 1080)),  # cropped from 1088
    ("67640028acd94078044fde0220000003002000000643e2c5b2c0", (1920, 1080)),  # interlaced
]
HEVC = [  # by x265 3.5
    (
        "42010201600000030090000003000003003c0000a00a480b9c95965662b349272bc05a020000030002000003003210",  # sub-layers
        (322, 182),
    ),
    ("4201010408000003009d0800000300003cb00a480b9c9796566924caf0168080000003008000000c84", (322, 182)),  # 4:2:2
    ("4201010408000003009e0800000300003c90014901739ef2cacd24995e02d0100000030010000003019080", (322, 182)),  # 4:4:4
    ("4201010408000003009fc800000300003cc029202e73de5959a4932bc05b020000030002000003003210", (322, 182)),  # gray
]
AV1 = [
    ("12000a0b000000043d06d4daf90040", (322, 182)),  # libaom 3.6
    ("12000a1e040000000400000065780000000a530000035f915f90bc3d06d4daf90040", (322, 182)),  # … with a decoder model
    ("12000a14040000000400000067400000bc3d06d4daf90040", (322, 182)),  # … with a constant frame rate
    ("12000a071821e836ad0040", (322, 182)),  # … one still picture
    ("12000a0e000000fa1e836a210a88101010a0", (322, 182)),  # rav1e 0.5
    ("0a0b000000043cfeccfbf90040", (320, 180)),  # SVT-AV1 1.4, without the temporal delimiter
]


@pytest.mark.parametrize(("sps", "size"), H264)
def test_sizes_of_h264_encoders(sps: str, size: tuple[int, int]) -> None:
    assert h264_size(bytes.fromhex(sps)) == size


@pytest.mark.parametrize(("sps", "size"), HEVC)
def test_sizes_of_hevc_encoders(sps: str, size: tuple[int, int]) -> None:
    assert hevc_size(bytes.fromhex(sps)) == size


@pytest.mark.parametrize(("units", "size"), AV1)
def test_sizes_of_av1_encoders(units: str, size: tuple[int, int]) -> None:
    assert av1_size(bytes.fromhex(units)) == size


@pytest.mark.parametrize(
    ("read", "header"),
    [(read, one) for read, known in ((h264_size, H264), (hevc_size, HEVC), (av1_size, AV1)) for one, _ in known],
)
def test_a_header_that_ends_early_is_refused_and_what_follows_the_size_is_not_needed(read: object, header: str) -> None:
    assert callable(read)
    data = bytes.fromhex(header)
    whole, needed = read(data), len(data)
    for end in reversed(range(len(data))):
        try:
            assert read(data[:end]) in (whole, (0, 0))
        except MalformedConfig:
            continue
        needed = end
    assert needed < len(data)


def h264(profile: int = 66) -> BitWriter:
    """The unit's header byte, then 7.3.2.1.1 up to the identifier."""
    return BitWriter().write(8, 0x67).write(8, profile).write(16).ue(0)


def h264_tail(bits: BitWriter, *, crop: tuple[int, ...] | None = None, cells: tuple[int, int] = (20, 12)) -> bytes:
    """Write what comes from the picture order count on: kind 2, one reference, size in macroblocks, whole frames."""
    bits.ue(2, 1).write(1).ue(cells[0] - 1, cells[1] - 1).write(1, 1).write(1)
    return (bits.write(1, 1).ue(*crop) if crop else bits.write(1)).data


def escaped(unit: bytes) -> bytes:
    """Put emulation prevention in; zeros are all that these headers need it for."""
    while (at := unit.find(b"\x00\x00\x00")) >= 0:
        unit = unit[: at + 2] + b"\x03" + unit[at + 2 :]
    return unit


@pytest.mark.parametrize(("profile", "unit"), [(66, (2, 2)), (77, (2, 2)), (88, (2, 2))])
def test_cropping_is_in_chroma_samples(profile: int, unit: tuple[int, int]) -> None:
    """7.4.2.1.1: CropUnitX, CropUnitY; profiles without chroma_format_idc are 4:2:0."""
    sps = h264_tail(h264(profile).ue(0), crop=(1, 2, 3, 0))
    assert h264_size(escaped(sps)) == (320 - 3 * unit[0], 192 - 3 * unit[1])


def high(chroma: int, *, separate: int | None = None) -> BitWriter:
    """chroma_format_idc to qpprime_y_zero_transform_bypass_flag."""
    bits = h264(244).ue(chroma)
    return (bits if separate is None else bits.write(1, separate)).ue(0, 0).write(1)


@pytest.mark.parametrize(
    ("chroma", "separate", "unit"),
    [(0, None, (1, 1)), (1, None, (2, 2)), (2, None, (2, 1)), (3, 0, (1, 1)), (3, 1, (1, 1))],
)
def test_the_unit_of_cropping_follows_from_the_chroma_format(
    chroma: int, separate: int | None, unit: tuple[int, int]
) -> None:
    sps = h264_tail(high(chroma, separate=separate).write(1).ue(0), crop=(0, 1, 0, 5))
    assert h264_size(escaped(sps)) == (320 - unit[0], 192 - 5 * unit[1])


@pytest.mark.parametrize(("chroma", "lists"), [(1, 8), (3, 12)])
def test_scaling_lists_are_passed_over(chroma: int, lists: int) -> None:
    """7.3.2.1.1.1: a list goes on until a delta makes the next scale nought; the rest repeats the last one."""
    bits = high(chroma, separate=0 if chroma == 3 else None).write(1, 1)
    for index in range(lists):
        kind = index % 3
        bits.write(1, min(kind, 1))
        if kind == 1:
            bits.ue(16)  # a delta of -8: nothing follows
        elif kind == 2:
            bits.ue(*[1, 2] * (8 if index < 6 else 32))  # +1, -1, …: each entry is there
    assert h264_size(escaped(h264_tail(bits.ue(0)))) == (320, 192)


def test_a_cycle_of_picture_orders_is_passed_over() -> None:
    bits = h264().ue(0, 1).write(1).ue(3, 4, 2, 7, 8).ue(1).write(1).ue(19, 11).write(1, 1).write(1).write(1)
    assert h264_size(escaped(bits.data)) == (320, 192)


def test_fields_are_half_as_high_as_frames() -> None:
    bits = h264().ue(0, 2, 1).write(1).ue(19, 5).write(1, 0).write(1).write(1).write(1, 1).ue(0, 0, 0, 1)
    assert h264_size(escaped(bits.data)) == (320, 2 * 96 - 4)


@pytest.mark.parametrize(
    ("sps", "complaint"),
    [
        (h264(100).ue(4).data, "chroma_format_idc"),
        (h264().ue(0, 1).write(1).ue(0, 0, 256).data, "num_ref_frames_in_pic_order_cnt_cycle"),
        (h264_tail(h264().ue(0), crop=(80, 80, 0, 0)), "impossible size"),
        (h264_tail(h264().ue(0), crop=(0, 0, 96, 0)), "impossible size"),
        (h264_tail(h264().ue(0), cells=(4096, 1)), "impossible size"),
        (h264_tail(h264().ue(0), cells=(1, 4096)), "impossible size"),
    ],
)
def test_impossible_h264_headers_are_refused(sps: bytes, complaint: str) -> None:
    with pytest.raises(MalformedConfig, match=complaint):
        h264_size(escaped(sps))


def hevc(sub_layers: tuple[tuple[int, int], ...] = ()) -> BitWriter:
    """Two header bytes, then H.265, 7.3.2.2.1 up to the identifier, with the profiles and levels of sub-layers."""
    bits = BitWriter().write(16, 0x4201).write(4).write(3, len(sub_layers)).write(1).write(96)
    for profile, level in sub_layers:
        bits.write(1, profile).write(1, level)
    bits.write(2 * (8 - len(sub_layers)) if sub_layers else 0)
    for profile, level in sub_layers:
        bits.write(88 * profile + 8 * level)
    return bits.ue(0)


@pytest.mark.parametrize("layers", [(), ((0, 0),), ((1, 0), (0, 1)), ((1, 1),) * 6])
def test_profiles_of_sub_layers_are_passed_over(layers: tuple[tuple[int, int], ...]) -> None:
    """H.265, 7.3.3."""
    assert hevc_size(escaped(hevc(layers).ue(1, 320, 184).write(1, 1).ue(0, 0, 0, 2).data)) == (320, 180)


@pytest.mark.parametrize(
    ("chroma", "separate", "size"),
    [(0, None, (319, 183)), (2, None, (318, 183)), (3, 0, (319, 183)), (3, 1, (319, 183))],
)
def test_the_conformance_window_is_in_chroma_samples(chroma: int, separate: int | None, size: tuple[int, int]) -> None:
    bits = hevc().ue(chroma)
    bits = bits if separate is None else bits.write(1, separate)
    assert hevc_size(escaped(bits.ue(320, 184).write(1, 1).ue(1, 0, 0, 1).data)) == size


@pytest.mark.parametrize(
    ("bits", "complaint"),
    [
        (hevc().ue(4), "chroma_format_idc"),
        (hevc().ue(1, 0, 180).write(1), "impossible"),
        (hevc().ue(1, 65536, 2).write(1), "impossible"),
    ],
)
def test_impossible_hevc_headers_are_refused(bits: BitWriter, complaint: str) -> None:
    with pytest.raises(MalformedConfig, match=complaint):
        hevc_size(escaped(bits.data))


def unit(kind: int, payload: bytes, *, extended: bool = False, sized: bool = True) -> bytes:
    """An OBU (AV1, 5.3.1); sizes below 128 are one byte of leb128()."""
    header = bytes([kind << 3 | extended << 2 | sized << 1]) + b"\x00" * extended
    return header + (bytes([len(payload)]) if sized else b"") + payload


SEQUENCE = bytes.fromhex("000000043d06d4daf90040")


@pytest.mark.parametrize(
    "units",
    [
        unit(1, SEQUENCE, sized=False),
        unit(1, SEQUENCE, extended=True),
        unit(2, b"", extended=True) + unit(5, b"metadata") + unit(1, SEQUENCE) + unit(6, b"frame"),
        b"\x0a\x8b\x80\x00" + SEQUENCE,  # leb128() may be longer than it need be
    ],
)
def test_the_sequence_header_is_found_among_other_units(units: bytes) -> None:
    assert av1_size(units) == (322, 182)


@pytest.mark.parametrize("units", [b"", unit(2, b""), unit(6, b"frame"), unit(6, b"frame", sized=False)])
def test_without_a_sequence_header_the_size_is_not_known(units: bytes) -> None:
    assert av1_size(units) == (0, 0)


@pytest.mark.parametrize("size", ["", "80", "ffffffffffffffff01"])
def test_a_size_that_is_cut_off_or_too_long_is_refused(size: str) -> None:
    with pytest.raises(MalformedConfig, match="cut off or too long"):
        av1_size(b"\x0a" + bytes.fromhex(size))


@pytest.mark.parametrize("level", [7, 8])
@pytest.mark.parametrize("delay", [0, 1])
def test_operating_points_are_passed_over(level: int, delay: int) -> None:
    """AV1, 5.5.1: a tier only above level 3.3, a display delay where it was announced and is there."""
    bits = BitWriter().write(3).write(1).write(1)  # profile, still_picture, reduced_still_picture_header
    bits.write(1, 1).write(64).write(1, 1).ue(0)  # timing_info with equal_picture_interval
    bits.write(1, 1).write(5, 9).write(42)  # decoder_model_info: delays of ten bits
    bits.write(1, delay).write(5, 1)  # two operating points
    for present in (1, 0):
        bits.write(12).write(5, level).write(1 if level > 7 else 0)
        bits.write(1, present).write(21 * present)  # operating_parameters_info
        if delay:
            bits.write(1, present).write(4 * present)
    bits.write(4, 11).write(4, 7).write(12, 4_095).write(8, 179)
    assert av1_size(unit(1, bits.data)) == (4_096, 180)


@given(st.sampled_from([h264_size, hevc_size, av1_size]), st.binary(max_size=60))
def test_no_bytes_do_more_than_be_refused(read: object, data: bytes) -> None:
    assert callable(read)
    try:
        width, height = read(data)
    except MalformedConfig:
        return
    assert 0 <= width <= 65_536
    assert 0 <= height <= 65_536
