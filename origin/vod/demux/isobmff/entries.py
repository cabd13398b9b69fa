"""Sample entries (ISO/IEC 14496-12, 8.5.2): codec, decoder configuration and format of a track."""

from __future__ import annotations

from math import gcd
from typing import TYPE_CHECKING, Final

from media.bits import MalformedConfig
from media.codecs import aac_info, video_size, vpcc_record
from media.nalu import HEVC_SPS
from media.track import Codec, Track
from origin.vod.demux.film import MediaError, NotUnderstoodError
from origin.vod.demux.isobmff.boxes import children, contents, cut_short, fields, name, need
from origin.vod.demux.isobmff.descriptors import audio_specific_config

if TYPE_CHECKING:
    from origin.vod.demux.isobmff.boxes import Children

_VISUAL_BYTES: Final = 78
"""Up to the boxes of a VisualSampleEntry (12.1.3)."""
_AUDIO_BYTES: Final = 28
_QUICKTIME_BYTES: Final = 16
"""What version 1 of QuickTime's sound description has more."""
_MAX_CONFIG_BYTES: Final = 1 << 20
"""Parameter sets have some hundred bytes."""
_VIDEO: Final = {
    b"avc1": (Codec.H264, b"avcC"),
    b"hvc1": (Codec.HEVC, b"hvcC"),
    b"hev1": (Codec.HEVC, b"hvcC"),
    b"av01": (Codec.AV1, b"av1C"),
    b"vp09": (Codec.VP9, b"vpcC"),
}
_ENCRYPTED: Final = frozenset({b"encv", b"enca", b"drms", b"drmi"})
"""By common encryption (ISO/IEC 23001-7), and by iTunes."""
_OPUS_RATE: Final = 48_000
_HEVC_SETS: Final = frozenset({32, HEVC_SPS, 34})
"""nal_unit_type of VPS, SPS and PPS (H.265, table 7-1)."""
_FULL_BOX: Final = 4


def entry_kind(stsd: memoryview) -> bytes:
    """Type of the first sample entry; b"" where there is none."""
    return next((kind for kind, _ in contents(stsd[8:], "stsd")), b"")


def read_entry(stsd: memoryview, timescale: int) -> Track:
    """The track that a sample description tells of: everything but its name, language and rotation.

    Raises MediaError where it is encrypted or damaged, NotUnderstoodError where libav may know better.
    """
    head, count = fields(stsd, ">II", 0, "stsd")
    if count != 1:
        raise NotUnderstoodError("a track has several sample descriptions")
    kind, entry = next(contents(stsd[8:], "stsd"), (b"", memoryview(b"")))
    if kind in _ENCRYPTED:
        raise MediaError("The file is encrypted.")
    try:
        if kind in _VIDEO:
            return _video(kind, entry, timescale)
        if kind in (b"mp4a", b"Opus"):
            return _audio(kind, entry, timescale, version=head >> 24)
    except MalformedConfig as error:
        raise NotUnderstoodError("a decoder configuration is not as it should be") from error
    raise NotUnderstoodError(f"the codec {name(kind)} is not carried as it is")


def _video(kind: bytes, entry: memoryview, timescale: int) -> Track:
    codec, box = _VIDEO[kind]
    coded = fields(entry, ">HH", 24, name(kind))
    found = _open(entry, _VISUAL_BYTES, kind)
    config = _config(found, box)
    if codec is Codec.HEVC and not _has_sets(config):
        raise NotUnderstoodError("parameter sets stand in the stream alone")
    if codec is Codec.VP9:
        config = vpcc_record(config[_FULL_BOX:])
    width, height = video_size(codec, config)
    if not width:
        width, height = coded
    if not width or not height:
        raise NotUnderstoodError("pictures have no size")
    return Track(codec, timescale, config, width, height, aspect=_aspect(found))


def _has_sets(config: bytes) -> bool:
    """Whether an hvcC has all parameter sets (ISO/IEC 14496-15, 8.3.2.1)."""
    at, kinds = 23, set()
    for _ in range(config[22] if len(config) > 22 else 0):  # noqa: PLR2004 - numOfArrays stands there
        if at + 3 > len(config):
            break
        kinds.add(config[at] & 0x3F)
        count = int.from_bytes(config[at + 1 : at + 3], "big")
        at += 3
        for _ in range(count):
            at += 2 + int.from_bytes(config[at : at + 2], "big")
            if at > len(config):
                return False
    return kinds >= _HEVC_SETS


def _aspect(found: Children) -> tuple[int, int]:
    """Of a pixel (pasp, 12.1.4); square where nothing sensible is said."""
    if b"pasp" not in found:
        return 1, 1
    across, down = fields(found[b"pasp"], ">II", 0, "pasp")
    common = gcd(across, down)
    return (across // common, down // common) if across and down else (1, 1)


def _audio(kind: bytes, entry: memoryview, timescale: int, *, version: int) -> Track:
    (described,) = fields(entry, ">H", 8, name(kind))
    if described > 1:
        raise NotUnderstoodError("sound is described as only QuickTime does")
    quicktime = described == 1 and version == 0
    found = _open(entry, _AUDIO_BYTES + quicktime * _QUICKTIME_BYTES, kind)
    if b"wave" in found:
        found = children(found[b"wave"], "wave")
    if kind == b"Opus":
        config = _config(found, b"dOps")
        if len(config) < 11:  # noqa: PLR2004 - up to the mapping family (Opus in ISOBMFF, 4.3.2)
            raise cut_short("dOps")
        codec, rate, channels = Codec.OPUS, _OPUS_RATE, config[1]
    else:
        codec, config = Codec.AAC, audio_specific_config(need(found, b"esds"))
        rate, channels = aac_info(config)
    if timescale < rate:
        raise NotUnderstoodError("sound has a clock that is coarser than its samples")
    return Track(codec, timescale, config, sample_rate=rate, channels=channels)


def _open(entry: memoryview, at: int, kind: bytes) -> Children:
    if at > len(entry):
        raise cut_short(name(kind))
    found = children(entry[at:], name(kind))
    if b"sinf" in found:
        raise MediaError("The file is encrypted.")
    return found


def _config(found: Children, kind: bytes) -> bytes:
    config = need(found, kind)
    if len(config) > _MAX_CONFIG_BYTES:
        raise MediaError(f"The file is damaged: its {name(kind)} box is larger than any.")
    return bytes(config)
