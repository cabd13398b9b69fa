from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media import annexb
from media.bits import MalformedConfig
from media.codecs import codec_string, video_size
from media.nalu import avcc_sps
from media.parameter_sets import is_set
from media.track import Codec, Track
from origin.vod.demux.film import MediaError
from origin.vod.demux.libav.forms import form_of
from tests.media.test_parameter_sets import sets_of_avcc, sets_of_hvcc
from tests.support import clips

START = b"\0\0\0\1"
H264 = clips.video(Codec.H264, seconds=0.2)
HEVC = clips.video(Codec.HEVC, seconds=0.2)
SLICE = {Codec.H264: b"\x65\x88\x84", Codec.HEVC: b"\x26\x01\x88"}
DELIMITER = {Codec.H264: b"\x09\xf0", Codec.HEVC: b"\x46\x01\x50"}


def sets(codec: Codec) -> list[bytes]:
    found = sets_of_avcc(H264.track.config) if codec is Codec.H264 else sets_of_hvcc(HEVC.track.config)
    return [unit for unit in found if is_set(codec, unit)]


def stream(*units: bytes) -> bytes:
    return b"".join(START + unit for unit in units)


@pytest.mark.parametrize("clip", [H264, HEVC, clips.audio(seconds=0.1)], ids=["avcC", "hvcC", "AAC"])
def test_a_whole_record_is_taken_as_it_is(clip: clips.Clip) -> None:
    data = bytes(clip.samples[0].data)
    form = form_of(clip.track.codec, clip.track.config, data, 30)
    assert form.config == clip.track.config
    assert form.data(data) is data


@pytest.mark.parametrize("codec", [Codec.H264, Codec.HEVC])
def test_sets_in_band_become_the_record(codec: Codec) -> None:
    form = form_of(codec, b"", stream(DELIMITER[codec], *sets(codec), SLICE[codec]), None)
    assert video_size(codec, form.config) == (320, 180)
    assert codec_string(Track(codec, 90_000, form.config))
    assert form.data(stream(DELIMITER[codec], *sets(codec), SLICE[codec])) == annexb.with_lengths([SLICE[codec]])


@pytest.mark.parametrize("codec", [Codec.H264, Codec.HEVC])
def test_another_set_for_the_same_pictures_stays_in_band(codec: Codec) -> None:
    form = form_of(codec, stream(*sets(codec)), stream(SLICE[codec]), None)
    other = [unit + b"\x80" for unit in sets(codec)]
    assert form.data(stream(*other, SLICE[codec])) == annexb.with_lengths([*other, SLICE[codec]])


def test_a_set_for_other_pictures_is_refused() -> None:
    form = form_of(Codec.H264, stream(*sets(Codec.H264)), stream(SLICE[Codec.H264]), None)
    larger = avcc_sps(clips.video(Codec.H264, seconds=0.2, size=(640, 360)).track.config)
    with pytest.raises(MediaError, match="size or the profile"):
        form.data(stream(larger, SLICE[Codec.H264]))


def test_a_record_without_sets_is_made_up_of_those_in_band() -> None:
    empty = H264.track.config[:4] + b"\xfd\xe0\0"
    pieces = [part for unit in (*sets(Codec.H264), SLICE[Codec.H264]) for part in (len(unit).to_bytes(2, "big"), unit)]
    form = form_of(Codec.H264, empty, b"".join(pieces), None)
    assert avcc_sps(form.config) == sets(Codec.H264)[0]
    assert form.data(b"".join(pieces)) == annexb.with_lengths([SLICE[Codec.H264]])


@pytest.mark.parametrize("codec", list(Codec))
def test_nothing_is_not_enough(codec: Codec) -> None:
    with pytest.raises((MalformedConfig, MediaError)):
        form_of(codec, b"", b"", None)


def test_an_opus_head_is_turned_to_big_endian() -> None:
    head = b"OpusHead\x01\x02" + b"\x38\x01" + b"\x80\xbb\0\0" + b"\0\0" + b"\0"
    assert form_of(Codec.OPUS, head, b"", None).config == b"\0\x02\x01\x38\0\0\xbb\x80\0\0\0"


@given(codec=st.sampled_from(list(Codec)), extradata=st.binary(max_size=30), first=st.binary(max_size=60))
def test_whatever_comes_is_taken_or_refused(codec: Codec, extradata: bytes, first: bytes) -> None:
    with suppress(MalformedConfig, MediaError):
        form_of(codec, extradata, first, None).data(first)
