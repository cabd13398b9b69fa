"""Decoder configurations and samples, from the forms that publishers send into those that `media.track` describes.

- H.264 and HEVC: NAL unit lengths of four bytes, in the record and in every sample.
- VP9: `Track.config` is the VPCodecConfigurationRecord alone, eight bytes, without version and flags of its full box.
  It says nothing of the picture's size, which stands in each key frame and may change at any of them.
- AV1: av1C as it came; samples lose their temporal delimiter (AV1-ISOBMFF 2.4: it "should be removed").
- Opus: the Ogg identification header (RFC 7845, 5.1) becomes the payload of dOps (Opus in ISOBMFF, 4.3.2).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from media.codecs import MalformedConfig, aac_info, video_size, vpcc_record
from media.track import VIDEO_TIMESCALE, Codec, Track
from media.vp9 import vp9_size
from origin.wire.packets import FlvError
from origin.wire.reader import Cursor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_LENGTH_SIZE: Final = 4
_OPUS_RATE: Final = 48_000
_OBU_TEMPORAL_DELIMITER: Final = 2


@dataclass(frozen=True, slots=True)
class Claims:
    """What onMetaData says about the picture, for where the record does not tell."""

    width: int = 0
    height: int = 0
    frame_rate: float | None = None


@dataclass(frozen=True, slots=True)
class Lane:
    """A track, the record that it was made from, and how many bytes the publisher's NAL unit lengths have."""

    record: bytes
    track: Track
    length_size: int = _LENGTH_SIZE

    @property
    def passes(self) -> bool:
        """Whether samples are as they come."""
        return self.length_size == _LENGTH_SIZE and self.track.codec is not Codec.AV1

    def sample(self, data: bytes) -> bytes:
        """One access unit in the form that ISO BMFF stores."""
        if self.length_size != _LENGTH_SIZE:
            return _widen(data, self.length_size)
        if self.track.codec is Codec.AV1:
            return _without_delimiter(data)
        return data

    def resized(self, key_frame: bytes) -> Lane:
        """The lane with the picture's size by a VP9 key frame; itself where that is no other, or cannot be read."""
        try:
            width, height = vp9_size(key_frame)
        except MalformedConfig:
            return self  # only the decoder can judge it
        track = self.track
        if not width or (width, height) == (track.width, track.height):
            return self
        return replace(self, track=replace(track, width=width, height=height))


def read_record(codec: Codec, record: bytes, claims: Claims) -> Lane:
    """Make a lane of what a sequence header holds."""
    try:
        return _READERS[codec](codec, record, claims)
    except MalformedConfig as fault:
        raise FlvError(f"the {codec.name} decoder configuration cannot be read: {fault}") from fault


def _nal_lane(codec: Codec, record: bytes, claims: Claims) -> Lane:
    """AvcC and hvcC say the length of NAL unit lengths at different places; it becomes four."""
    place = 4 if codec is Codec.H264 else 21
    if len(record) <= place + 1 or record[0] > 1:
        raise FlvError(f"the {codec.name} decoder configuration is cut off or not of version 1")
    config = record[:place] + bytes((record[place] | 3,)) + record[place + 1 :]
    return Lane(record, _video(codec, config, claims), (record[place] & 3) + 1)


def _av1_lane(codec: Codec, record: bytes, claims: Claims) -> Lane:
    if len(record) < 4 or record[0] != 0x81:  # noqa: PLR2004 - marker and version 1, then three bytes of parameters
        raise FlvError("the AV1 decoder configuration is cut off or not of version 1")
    return Lane(record, _video(codec, record, claims))


def _vp9_lane(codec: Codec, record: bytes, claims: Claims) -> Lane:
    return Lane(record, _video(codec, vpcc_record(record), claims))


def _video(codec: Codec, config: bytes, claims: Claims) -> Track:
    try:
        width, height = video_size(codec, config)
    except MalformedConfig:
        width = height = 0  # parameter sets that only the decoder understands, or that come in band
    return Track(
        codec,
        VIDEO_TIMESCALE,
        config,
        width=width or claims.width,
        height=height or claims.height,
        frame_rate=claims.frame_rate,
    )


def _aac_lane(codec: Codec, record: bytes, _: Claims) -> Lane:
    rate, channels = aac_info(record)
    return Lane(record, Track(codec, rate, record, sample_rate=rate, channels=channels))


def _opus_lane(codec: Codec, record: bytes, _: Claims) -> Lane:
    config = opus_config(record)
    return Lane(record, Track(codec, _OPUS_RATE, config, sample_rate=_OPUS_RATE, channels=config[1]))


def opus_config(header: bytes) -> bytes:
    """The payload of dOps: as OpusHead, but version 0, big-endian, and without the magic."""
    cursor = Cursor(header)
    if cursor.take(8) != b"OpusHead" or cursor.uint(1) >> 4:
        raise FlvError("the Opus configuration is no identification header of RFC 7845")
    channels = cursor.take(1)
    pre_skip, rate, gain = (cursor.take(size)[::-1] for size in (2, 4, 2))
    family = cursor.take(1)
    mapping = cursor.take(2 + channels[0]) if family[0] else b""
    if not channels[0] or (not family[0] and channels[0] > 2):  # noqa: PLR2004 - family 0 is mono or stereo
        raise FlvError("the Opus configuration has an impossible number of channels")
    return b"\x00" + channels + pre_skip + rate + gain + family + mapping


def _widen(data: bytes, size: int) -> bytes:
    cursor = Cursor(data)
    units: list[bytes] = []
    while cursor.left:
        unit = cursor.take(cursor.uint(size))
        units += (len(unit).to_bytes(_LENGTH_SIZE, "big"), unit)
    return b"".join(units)


def _without_delimiter(unit: bytes) -> bytes:
    """A temporal delimiter is one header byte (two with extension) and, when it has a size field, a zero."""
    if not unit or unit[0] >> 3 & 15 != _OBU_TEMPORAL_DELIMITER:
        return unit
    return unit[1 + (unit[0] >> 2 & 1) + (unit[0] >> 1 & 1) :]


_READERS: Final[Mapping[Codec, Callable[[Codec, bytes, Claims], Lane]]] = {
    Codec.H264: _nal_lane,
    Codec.HEVC: _nal_lane,
    Codec.AV1: _av1_lane,
    Codec.VP9: _vp9_lane,
    Codec.AAC: _aac_lane,
    Codec.OPUS: _opus_lane,
}
