from __future__ import annotations

from array import array
from dataclasses import replace

import av
import pytest

from media.codecs import aac_config
from media.silence import Silence, aac_silence, silence_for
from media.track import Codec, Track
from tests.origin.live.feed import OPUS_TRACK, SURROUND

ASC = {
    "mono 44.1 kHz": "1208",
    "stereo 44.1 kHz": "1210",
    "mono 48 kHz": "1188",
    "stereo 48 kHz": "1190",
    "three 48 kHz": "1198",
    "four 48 kHz": "11a0",
    "five 48 kHz": "11a8",
    "5.1 48 kHz": "11b0",
    "7.1 48 kHz": "11b8",
    "HE-AAC stereo 24 to 48 kHz": "2b118800",
    "HE-AAC v2 mono to stereo 24 to 48 kHz": "eb098800",
}


def aac(asc: str) -> Track:
    config = aac_config(bytes.fromhex(asc))
    return Track(Codec.AAC, config.sample_rate, bytes.fromhex(asc), 0, 0, config.sample_rate, config.channels)


def decode(name: str, config: bytes, frames: list[bytes], **settings: int) -> list[av.AudioFrame]:
    decoder = av.CodecContext.create(name, "r")
    assert isinstance(decoder, av.AudioCodecContext)
    decoder.extradata = config
    for key, value in settings.items():
        setattr(decoder, key, value)
    return [out for data in frames for out in decoder.decode(av.Packet(data))]


def peak(frame: av.AudioFrame) -> float:
    """The loudest value; all channels in one plane, for PyAV has no sound way to the last of eight planes."""
    (packed,) = av.AudioResampler(format="flt").resample(frame)
    count = packed.samples * packed.layout.nb_channels
    return max(map(abs, array("f", bytes(packed.planes[0])[: 4 * count])))


@pytest.mark.parametrize("asc", ASC.values(), ids=ASC.keys())
def test_aac_silence_decodes_to_nothing_but_zeros(asc: str) -> None:
    track = aac(asc)
    silence = silence_for(track)
    assert silence is not None
    assert silence.span == 1024
    decoded = decode("aac", track.config, [silence.data] * 5)
    assert len(decoded) == 5
    for frame in decoded:
        assert frame.sample_rate in {track.timescale, 2 * track.timescale}
        assert frame.samples == 1024 * frame.sample_rate // track.timescale
        assert frame.layout.nb_channels == track.channels
        assert peak(frame) == 0


def test_aac_silence_bit_by_bit() -> None:
    """Element, tag, an empty stream or two, end, padding."""
    stream = "0" * 22
    mono = "000" + "0000" + stream + "111"
    stereo = "001" + "0000" + "0" + stream * 2 + "111" + "0"
    assert aac_silence(1) == int(mono, 2).to_bytes(4, "big")
    assert aac_silence(2) == int(stereo, 2).to_bytes(7, "big")


@pytest.mark.parametrize("channels", [1, 2])
def test_opus_silence_decodes_to_nothing_but_zeros(channels: int) -> None:
    silence = silence_for(replace(OPUS_TRACK, channels=channels))
    assert silence == Silence(b"\xf8\xff\xfe", 960)
    head = b"OpusHead\x01" + bytes([channels, 0, 0]) + (48_000).to_bytes(4, "little") + bytes(3)
    decoded = decode("opus", head, [silence.data] * 5)
    assert sum(frame.samples for frame in decoded) == 5 * 960
    assert max(map(peak, decoded)) == 0


@pytest.mark.parametrize(
    "track",
    [
        SURROUND,
        replace(SURROUND, config=b""),
        replace(SURROUND, config=b"\x17"),
        replace(SURROUND, config=bytes.fromhex("f95e9000")),
        replace(SURROUND, config=bytes.fromhex("17805dc010")),
        replace(OPUS_TRACK, channels=6),
    ],
    ids=["program config", "empty", "short", "escaped object type", "explicit rate", "Opus 5.1"],
)
def test_no_silence_is_made_up_where_none_is_known(track: Track) -> None:
    assert silence_for(track) is None


def test_frames_reach_as_far_as_they_must_and_there_is_one_at_least() -> None:
    silence = Silence(b"-", 960)
    assert [(each.dts, each.pts, each.duration) for each in silence.samples(10, 1930)] == [
        (10, 10, 960),
        (970, 970, 960),
    ]
    assert [each.dts for each in silence.samples(10, 1931)] == [10, 970, 1930]
    assert [each.dts for each in silence.samples(10, 10)] == [10]
    assert [each.dts for each in silence.samples(10, 0)] == [10]
