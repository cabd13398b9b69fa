"""The size and the format of the picture, from the sequence headers of H.264, HEVC and AV1.

Only what stands before what is asked for is read; the rest of a header may hold anything.
Sizes are what a decoder puts out, so cropping (H.264) and the conformance window (HEVC) are taken off.
"""

from __future__ import annotations

from typing import Final

from media.bits import BitReader, MalformedConfig
from media.nalu import unescape

_HIGH_PROFILES: Final = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})
"""profile_idc with chroma_format_idc in the SPS (H.264, 7.3.2.1.1)."""
_YUV444: Final = 3
_MAX_POC_CYCLE: Final = 255
"""num_ref_frames_in_pic_order_cnt_cycle is at most 255 (H.264, 7.4.2.1.1)."""
_LAST_LIST: Final = 8
_MAX_DEPTH: Final = 15
"""avcC and hvcC have three bits for what is above 8; the standards end at 14 and 16, decoders at 12."""
_MAX_DIMENSION: Final = 65_535
"""ISO BMFF sample entries hold 16 bits."""
_AV1_SEQUENCE_HEADER: Final = 1
_SUBSAMPLING: Final = {0: (1, 1), 1: (2, 2), 2: (2, 1), 3: (1, 1)}
"""SubWidthC, SubHeightC by chroma_format_idc (H.264 and H.265, table 6-1)."""


def h264_size(sps: bytes) -> tuple[int, int]:
    """Width and height of an H.264 sequence parameter set (7.3.2.1.1), header byte included."""
    bits = BitReader(unescape(sps[1:]))
    profile = bits.read(8)
    bits.read(16)  # constraint flags, level_idc
    bits.ue()  # seq_parameter_set_id
    chroma = _h264_chroma(bits) if profile in _HIGH_PROFILES else 1
    bits.ue()  # log2_max_frame_num_minus4
    _h264_picture_order(bits)
    bits.ue()  # max_num_ref_frames
    bits.flag()  # gaps_in_frame_num_value_allowed_flag
    width, map_units = 16 * (bits.ue() + 1), 16 * (bits.ue() + 1)
    fields = 1 if bits.flag() else 2  # frame_mbs_only_flag
    if fields == 2:  # noqa: PLR2004 - two fields a frame
        bits.flag()  # mb_adaptive_frame_field_flag
    bits.flag()  # direct_8x8_inference_flag
    unit_x, unit_y = _SUBSAMPLING[chroma]
    return _cropped(bits, (width, map_units * fields), (unit_x, unit_y * fields))


def h264_format(sps: bytes) -> tuple[int, int, int]:
    """chroma_format_idc and the bits of luma and chroma, of an H.264 sequence parameter set."""
    bits = BitReader(unescape(sps[1:]))
    profile = bits.read(8)
    bits.read(16)  # constraint flags, level_idc
    bits.ue()  # seq_parameter_set_id
    if profile not in _HIGH_PROFILES:
        return 1, 8, 8
    chroma, _ = _chroma_format(bits)
    return chroma, *_depths(bits)


def _chroma_format(bits: BitReader) -> tuple[int, bool]:
    """chroma_format_idc and separate_colour_plane_flag."""
    chroma = bits.ue()
    if chroma not in _SUBSAMPLING:
        raise MalformedConfig("chroma_format_idc is out of range")
    return chroma, chroma == _YUV444 and bits.flag()


def _depths(bits: BitReader) -> tuple[int, int]:
    """Bits of luma and chroma."""
    luma, chroma = 8 + bits.ue(), 8 + bits.ue()
    if max(luma, chroma) > _MAX_DEPTH:
        raise MalformedConfig("the bit depth is out of range")
    return luma, chroma


def _h264_chroma(bits: BitReader) -> int:
    chroma, separate = _chroma_format(bits)
    bits.ue()  # bit_depth_luma_minus8
    bits.ue()  # bit_depth_chroma_minus8
    bits.flag()  # qpprime_y_zero_transform_bypass_flag
    if bits.flag():  # seq_scaling_matrix_present_flag
        for index in range(12 if chroma == _YUV444 else _LAST_LIST):
            if bits.flag():
                _skip_scaling_list(bits, 16 if index < 6 else 64)  # noqa: PLR2004 - six 4x4 lists come first
    return 0 if separate else chroma


def _skip_scaling_list(bits: BitReader, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.se()) % 256
        last = following or last


def _h264_picture_order(bits: BitReader) -> None:
    kind = bits.ue()
    if kind == 0:
        bits.ue()  # log2_max_pic_order_cnt_lsb_minus4
    elif kind == 1:
        bits.flag()  # delta_pic_order_always_zero_flag
        bits.se()  # offset_for_non_ref_pic
        bits.se()  # offset_for_top_to_bottom_field
        count = bits.ue()
        if count > _MAX_POC_CYCLE:
            raise MalformedConfig("num_ref_frames_in_pic_order_cnt_cycle is out of range")
        for _ in range(count):
            bits.se()


def _cropped(bits: BitReader, size: tuple[int, int], unit: tuple[int, int]) -> tuple[int, int]:
    width, height = size
    if bits.flag():
        left, right, top, bottom = bits.ue(), bits.ue(), bits.ue(), bits.ue()
        width, height = width - unit[0] * (left + right), height - unit[1] * (top + bottom)
    if not (0 < width <= _MAX_DIMENSION and 0 < height <= _MAX_DIMENSION):
        raise MalformedConfig("the picture has an impossible size")
    return width, height


def hevc_size(sps: bytes) -> tuple[int, int]:
    """Width and height of an HEVC sequence parameter set (7.3.2.2.1), two header bytes included."""
    bits, chroma = _hevc_start(sps)
    if chroma == _YUV444 and bits.flag():
        chroma = 0
    return _cropped(bits, (bits.ue(), bits.ue()), _SUBSAMPLING[chroma])


def hevc_format(sps: bytes) -> tuple[int, int, int]:
    """chroma_format_idc and the bits of luma and chroma, of an HEVC sequence parameter set."""
    bits, chroma = _hevc_start(sps)
    if chroma == _YUV444:
        bits.flag()  # separate_colour_plane_flag
    _cropped(bits, (bits.ue(), bits.ue()), _SUBSAMPLING[chroma])
    return chroma, *_depths(bits)


def _hevc_start(sps: bytes) -> tuple[BitReader, int]:
    """What stands up to chroma_format_idc."""
    bits = BitReader(unescape(sps[2:]))
    bits.read(4)  # sps_video_parameter_set_id
    sub_layers = bits.read(3)
    bits.flag()  # sps_temporal_id_nesting_flag
    _skip_profile_tier_level(bits, sub_layers)
    bits.ue()  # sps_seq_parameter_set_id
    chroma = bits.ue()
    if chroma not in _SUBSAMPLING:
        raise MalformedConfig("chroma_format_idc is out of range")
    return bits, chroma


def _skip_profile_tier_level(bits: BitReader, sub_layers: int) -> None:
    bits.read(88)  # general profile, compatibility and constraint flags
    bits.read(8)  # general_level_idc
    present = [(bits.flag(), bits.flag()) for _ in range(sub_layers)]
    if sub_layers:
        bits.read(2 * (8 - sub_layers))  # reserved_zero_2bits
    for profile, level in present:
        bits.read((88 if profile else 0) + (8 if level else 0))


def av1_size(units: bytes) -> tuple[int, int]:
    """Largest width and height by the sequence header among AV1 OBUs (5.5.1); (0, 0) where there is none."""
    at = 0
    while at < len(units):
        header = units[at]
        at += 1 + (header >> 2 & 1)  # obu_extension_flag
        size, at = _leb128(units, at) if header & 2 else (len(units) - at, at)  # obu_has_size_field
        if header >> 3 & 15 == _AV1_SEQUENCE_HEADER:
            return _av1_sequence_size(BitReader(units[at : at + size]))
        at += size
    return 0, 0


def _leb128(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for index in range(8):  # leb128() is at most eight bytes (AV1, 4.10.5)
        if at + index >= len(data):
            break
        byte = data[at + index]
        value |= (byte & 0x7F) << (7 * index)
        if not byte & 0x80:
            return value, at + index + 1
    raise MalformedConfig("an OBU size is cut off or too long")


def _av1_sequence_size(bits: BitReader) -> tuple[int, int]:
    bits.read(4)  # seq_profile, still_picture
    if bits.flag():  # reduced_still_picture_header
        bits.read(5)  # seq_level_idx
    else:
        decoder_model = _av1_timing(bits)
        _av1_operating_points(bits, decoder_model, display_delay=bits.flag())
    width_bits, height_bits = bits.read(4) + 1, bits.read(4) + 1
    return bits.read(width_bits) + 1, bits.read(height_bits) + 1


def _av1_timing(bits: BitReader) -> int | None:
    """Read timing_info() and decoder_model_info(); the bits of a buffer delay, or None without a model."""
    if not bits.flag():  # timing_info_present_flag
        return None
    bits.read(64)  # num_units_in_display_tick, time_scale
    if bits.flag():  # equal_picture_interval
        bits.ue()  # num_ticks_per_picture_minus_1; uvlc() differs from ue(v) only in 2^32 - 1
    if not bits.flag():  # decoder_model_info_present_flag
        return None
    delay_bits = bits.read(5) + 1
    bits.read(42)  # num_units_in_decoding_tick, two more lengths
    return delay_bits


def _av1_operating_points(bits: BitReader, delay_bits: int | None, *, display_delay: bool) -> None:
    for _ in range(bits.read(5) + 1):
        bits.read(12)  # operating_point_idc
        if bits.read(5) > 7:  # noqa: PLR2004 - seq_level_idx above 3.3 has a tier
            bits.flag()  # seq_tier
        if delay_bits is not None and bits.flag():
            bits.read(2 * delay_bits + 1)  # operating_parameters_info()
        if display_delay and bits.flag():
            bits.read(4)  # initial_display_delay_minus_1
