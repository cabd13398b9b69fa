"""Codecs in the form that ISO BMFF stores: the configuration that goes before, and what becomes of each packet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from media import annexb
from media.adts import Adts
from media.bits import MalformedConfig
from media.codecs import aac_config, video_size
from media.nalu import avcc_sps, hvcc_sps
from media.parameter_sets import is_delimiter, is_sequence, is_set, record
from media.track import Codec
from media.vp9 import vp9_key_frame, vp9_record
from origin.vod.demux.film import MediaError
from origin.wire.reader import ProtocolError
from origin.wire.records import opus_config

if TYPE_CHECKING:
    from collections.abc import Callable

_CHANGED: Final = "changes in mid-film, which cannot be packaged. Send each part as a file of its own."
_AV1_RECORD: Final = 0x81
"""marker and version of av1C."""
_HVCC_LENGTH_AT: Final = 21
_AVCC_LENGTH_AT: Final = 4


_MOST_OTHERS: Final = 64
"""Sequence parameter sets that are remembered as harmless; more are looked at each time."""


@dataclass(frozen=True, slots=True)
class Form:
    """`data` makes a sample of a packet; it may be empty, where nothing is left."""

    codec: Codec
    config: bytes
    data: Callable[[bytes], bytes]


def form_of(codec: Codec, extradata: bytes, first: bytes, rate: float | None) -> Form:
    """The form of a stream, by what its container says and its first key packet; `rate` is of pictures.

    Raises MalformedConfig where that is not enough.
    """
    return _FORMS[codec](codec, extradata, first, rate)


def _as_it_is(packet: bytes) -> bytes:
    return packet


class InBand:
    """H.264 or HEVC whose parameter sets are among the pictures.

    Those of the configuration are taken out. Others stay where they are, which decoders understand, as long as they
    leave profile and size alone: players set up decoders and pages by the configuration.
    """

    def __init__(self, codec: Codec, split: Callable[[bytes], list[bytes]], known: list[bytes]) -> None:
        self._codec = codec
        self._split = split
        self._known = {unit for unit in known if is_set(codec, unit)}
        self.config = record(codec, known)
        self._size = video_size(codec, self.config)
        self._others = set[bytes]()

    def data(self, packet: bytes) -> bytes:
        """One access unit."""
        return annexb.with_lengths(unit for unit in self._split(packet) if self._stays(unit))

    def _stays(self, unit: bytes) -> bool:
        if is_delimiter(self._codec, unit) or unit in self._known:
            return False
        if is_sequence(self._codec, unit) and unit not in self._others:
            self._compare(unit)
        return True

    def _compare(self, unit: bytes) -> None:
        others = [known for known in self._known if not is_sequence(self._codec, known)]
        config = record(self._codec, [unit, *others])
        profile = slice(1, 2) if self._codec is Codec.HEVC else slice(1, 3)
        if video_size(self._codec, config) != self._size or config[profile] != self.config[profile]:
            raise MediaError(f"The size or the profile of the pictures {_CHANGED}")
        if len(self._others) < _MOST_OTHERS:
            self._others.add(unit)


def _nal_units(codec: Codec, extradata: bytes, first: bytes, _: float | None) -> Form:
    if extradata[:1] != b"\x01":
        return _in_band(codec, annexb.units, annexb.units(extradata) + annexb.units(first))
    try:
        (avcc_sps if codec is Codec.H264 else hvcc_sps)(extradata)
    except MalformedConfig:  # a record without sets: sample entries avc3 and hev1 may have them in band alone
        at = _AVCC_LENGTH_AT if codec is Codec.H264 else _HVCC_LENGTH_AT
        size = (extradata[at : at + 1] or b"\3")[0] % 4 + 1
        return _in_band(codec, lambda packet: annexb.measured(packet, size), annexb.measured(first, size))
    return Form(codec, extradata, _as_it_is)


def _in_band(codec: Codec, split: Callable[[bytes], list[bytes]], known: list[bytes]) -> Form:
    form = InBand(codec, split, known)
    return Form(codec, form.config, form.data)


def _av1(codec: Codec, extradata: bytes, _: bytes, __: float | None) -> Form:
    if extradata[:1] != bytes([_AV1_RECORD]) or len(extradata) < 4:  # noqa: PLR2004 - the record's fixed part
        raise MediaError("AV1 is taken from MP4, MOV, MKV and WebM only. Put it into one of these.")
    return Form(codec, extradata, _as_it_is)


def _vp9(codec: Codec, _: bytes, first: bytes, rate: float | None) -> Form:
    key = vp9_key_frame(first)
    if key is None:
        raise MalformedConfig("the first frame is no key frame")
    return Form(codec, vp9_record(key, rate), _as_it_is)


def _aac(codec: Codec, extradata: bytes, first: bytes, _: float | None) -> Form:
    if extradata:
        aac_config(extradata)
        return Form(codec, extradata, _as_it_is)
    config = Adts.read(first).config
    aac_config(config)

    def data(packet: bytes) -> bytes:
        frame = Adts.read(packet)
        if frame.config != config:
            raise MediaError(f"The sample rate or the channels of the sound {_CHANGED}")
        return frame.payload

    return Form(codec, config, data)


def _opus(codec: Codec, extradata: bytes, _: bytes, __: float | None) -> Form:
    try:
        return Form(codec, opus_config(extradata), _as_it_is)
    except ProtocolError as error:
        raise MalformedConfig("there is no OpusHead") from error


_FORMS: Final = {
    Codec.H264: _nal_units,
    Codec.HEVC: _nal_units,
    Codec.AV1: _av1,
    Codec.VP9: _vp9,
    Codec.AAC: _aac,
    Codec.OPUS: _opus,
}
