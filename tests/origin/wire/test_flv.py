from __future__ import annotations

import contextlib
import math
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.sample import Frame
from media.track import Codec, Kind, Track
from origin.wire.flv import AUDIO_TAG, SCRIPT_TAG, VIDEO_TAG, FlvError, FlvReader, Metadata, Remark
from origin.wire.rtmp import amf0
from tests.media.test_vp9 import key_frame
from tests.origin.wire.test_records import AVCC, OPUS_HEAD, VPCC
from tests.support import clips

if TYPE_CHECKING:
    from collections.abc import Iterable

HEADER = b"\x17\x00\x00\x00\x00" + AVCC


def test_h264() -> None:
    reader = FlvReader()
    (track,) = reader.receive(VIDEO_TAG, 0, HEADER)
    assert isinstance(track, Track)
    assert (track.codec, track.width) == (Codec.H264, 160)
    assert reader.receive(VIDEO_TAG, 40, b"\x17\x01\x00\x00\x50nal") == [Frame(Kind.VIDEO, 40, 80, True, b"nal")]  # noqa: FBT003 - whether it is a key frame
    assert reader.receive(VIDEO_TAG, 80, b"\x27\x01\xff\xff\xd8nal") == [Frame(Kind.VIDEO, 80, -40, False, b"nal")]  # noqa: FBT003 - whether it is a key frame
    assert reader.receive(VIDEO_TAG, 80, b"\x17\x02\x00\x00\x00") == []


def test_hevc_under_its_unofficial_number() -> None:
    (track,) = FlvReader().receive(VIDEO_TAG, 0, b"\x1c\x00\x00\x00\x00\x01" + bytes(22))
    assert isinstance(track, Track)
    assert track.codec is Codec.HEVC


def test_frames_with_short_lengths_are_never_plain() -> None:
    reader = FlvReader()
    reader.receive(VIDEO_TAG, 0, HEADER)
    reader.receive(VIDEO_TAG, 0, HEADER[:9] + b"\xfd" + HEADER[10:])
    (frame,) = reader.receive(VIDEO_TAG, 40, b"\x27\x01\x00\x00\x00\x00\x03nal")
    assert frame == Frame(Kind.VIDEO, 40, 0, False, b"\x00\x00\x00\x03nal")  # noqa: FBT003 - whether it is a key frame


def test_frames_without_a_track_id_are_not_those_of_another_track() -> None:
    reader = FlvReader()
    (track,) = reader.receive(AUDIO_TAG, 0, b"\x95\x00mp4a\x01\x11\x90")
    assert isinstance(track, Track)
    (remark,) = reader.receive(AUDIO_TAG, 21, b"\xaf\x01raw")
    assert isinstance(remark, Remark)


def test_aac() -> None:
    reader = FlvReader()
    (track,) = reader.receive(AUDIO_TAG, 0, b"\xaf\x00\x11\x90")
    assert isinstance(track, Track)
    assert (track.codec, track.sample_rate) == (Codec.AAC, 48_000)
    assert reader.receive(AUDIO_TAG, 21, b"\xaf\x01raw") == [Frame(Kind.AUDIO, 21, 0, True, b"raw")]  # noqa: FBT003 - whether it is a key frame
    assert reader.receive(AUDIO_TAG, 42, b"\xaf\x01") == []


def test_a_configuration_is_told_when_it_is_new() -> None:
    reader = FlvReader()
    reader.receive(VIDEO_TAG, 0, HEADER)
    assert reader.receive(VIDEO_TAG, 0, HEADER) == []
    (track,) = reader.receive(VIDEO_TAG, 0, HEADER + b"\x00")
    assert isinstance(track, Track)
    assert track.config == AVCC + b"\x00"


def sizes(events: Iterable[object]) -> list[tuple[int, int]]:
    """Of the tracks that were told."""
    return [(event.width, event.height) for event in events if isinstance(event, Track)]


@pytest.mark.parametrize("claim", [{}, {"width": 1920.0, "height": 1080.0}], ids=["no claim", "a lie"])
def test_the_size_of_vp9_is_that_of_its_key_frames_whatever_metadata_says(claim: dict[str, amf0.Value]) -> None:
    reader = FlvReader()
    reader.receive(SCRIPT_TAG, 0, amf0.encode(["onMetaData", claim]))
    reader.receive(VIDEO_TAG, 0, b"\x90vp09" + VPCC)
    small, large = (clips.video(Codec.VP9, seconds=0.4, gop=4, size=size).samples for size in ((320, 180), (640, 360)))
    tags = [(b"\x91vp09" if sample.key else b"\xa1vp09") + sample.data for sample in (*small, *large, *small)]
    events = [reader.receive(VIDEO_TAG, 40 * number, tag) for number, tag in enumerate(tags)]
    assert sizes(event for told in events for event in told) == [(320, 180), (640, 360), (320, 180)]
    for told in events:
        assert isinstance(told[-1], Frame), "parameters come before the first frame that needs them"
    assert [frame.data for told in events for frame in told if isinstance(frame, Frame)] == [tag[5:] for tag in tags]


def test_a_vp9_header_repeated_does_not_bring_a_wrong_claim_back() -> None:
    reader = FlvReader()
    frame = b"\x91vp09" + key_frame(640, 360)
    assert sizes(reader.receive(VIDEO_TAG, 0, b"\x90vp09" + VPCC)) == [(0, 0)]
    assert sizes(reader.receive(VIDEO_TAG, 0, frame)) == [(640, 360)]
    assert reader.receive(VIDEO_TAG, 40, b"\x90vp09" + VPCC) == []
    assert sizes(reader.receive(VIDEO_TAG, 40, frame)) == []


def test_a_key_frame_that_is_no_vp9_is_left_to_the_decoder() -> None:
    reader = FlvReader()
    reader.receive(VIDEO_TAG, 0, b"\x90vp09" + VPCC)
    assert reader.receive(VIDEO_TAG, 0, b"\x91vp09?") == [Frame(Kind.VIDEO, 0, 0, key=True, data=b"?")]


def test_a_change_of_codec_needs_its_configuration() -> None:
    reader = FlvReader()
    reader.receive(AUDIO_TAG, 0, b"\xaf\x00\x11\x90")
    (remark,) = reader.receive(AUDIO_TAG, 0, b"\x91Opusframe")
    assert isinstance(remark, Remark)
    (track,) = reader.receive(AUDIO_TAG, 0, b"\x90Opus" + OPUS_HEAD)
    assert isinstance(track, Track)
    assert reader.receive(AUDIO_TAG, 5, b"\x91Opusframe") == [Frame(Kind.AUDIO, 5, 0, True, b"frame")]  # noqa: FBT003 - whether it is a key frame


def test_frames_before_their_configuration_are_left_out_with_one_remark() -> None:
    reader = FlvReader()
    (remark,) = reader.receive(VIDEO_TAG, 0, b"\x17\x01\x00\x00\x00nal")
    assert remark == Remark(
        "no_configuration", "H264 frames came before their decoder configuration and were left out."
    )
    assert reader.receive(VIDEO_TAG, 40, b"\x27\x01\x00\x00\x00nal") == []


def test_of_several_tracks_the_first_is_taken_with_one_remark() -> None:
    reader = FlvReader()
    (track,) = reader.receive(AUDIO_TAG, 0, b"\x90Opus" + OPUS_HEAD)
    assert isinstance(track, Track)
    (remark,) = reader.receive(AUDIO_TAG, 0, b"\x95\x00Opus\x01" + OPUS_HEAD)
    assert remark == Remark("multitrack", "The publisher sends several audio tracks; only the first is taken.")
    assert reader.receive(AUDIO_TAG, 0, b"\x95\x01Opus\x01frame") == []
    assert len(reader.receive(AUDIO_TAG, 0, b"\x95\x11Opus\x00\x00\x00\x01a\x01\x00\x00\x01b")) == 1


@pytest.mark.parametrize(
    ("kind", "first", "name"),
    [(AUDIO_TAG, 0x2F, "MP3"), (AUDIO_TAG, 0xB2, "Speex"), (VIDEO_TAG, 0x12, "Sorenson H.263")],
)
def test_unsupported_codecs_are_named_once(kind: int, first: int, name: str) -> None:
    reader = FlvReader()
    expected = Remark("unsupported_codec", f"{name} is not supported; these packets are left out.")
    assert reader.receive(kind, 0, bytes((first, 0, 0))) == [expected]
    assert reader.receive(kind, 0, bytes((first, 0, 0))) == []


def test_remarks_are_bounded() -> None:
    reader = FlvReader()
    assert sum(len(reader.receive(VIDEO_TAG, 0, b"\x90" + number.to_bytes(4, "big"))) for number in range(100)) == 16


@pytest.mark.parametrize("lead", [["@setDataFrame"], []])
def test_metadata(lead: list[amf0.Value]) -> None:
    reader = FlvReader()
    claims: dict[str, amf0.Value] = {"width": 1920.0, "height": 1080.0, "framerate": 29.97, "encoder": "Lavf"}
    assert reader.receive(SCRIPT_TAG, 0, amf0.encode([*lead, "onMetaData", claims])) == [
        Metadata(1920, 1080, 29.97, "Lavf")
    ]
    (track,) = reader.receive(VIDEO_TAG, 0, b"\x90vp09" + bytes.fromhex("000a820202020000"))
    assert isinstance(track, Track)
    assert (track.width, track.height, track.frame_rate) == (1920, 1080, 29.97)


@pytest.mark.parametrize("value", [math.nan, math.inf, -1.0, 1e9, "x", None, True])
def test_claims_that_cannot_be_true(value: amf0.Value) -> None:
    claims: dict[str, amf0.Value] = {"width": value, "height": value, "framerate": value, "encoder": value}
    (metadata,) = FlvReader().receive(SCRIPT_TAG, 0, amf0.encode(["onMetaData", claims]))
    assert metadata == Metadata(encoder="x" if value == "x" else "")


def test_what_says_nothing() -> None:
    reader = FlvReader()
    assert reader.receive(VIDEO_TAG, 0, b"") == []
    assert reader.receive(7, 0, b"x") == []
    assert reader.receive(VIDEO_TAG, 0, b"\x57\x00") == []
    assert reader.receive(SCRIPT_TAG, 0, amf0.encode(["onCuePoint", {}])) == []
    assert reader.receive(SCRIPT_TAG, 0, amf0.encode(["onMetaData", "x"])) == []


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        (VIDEO_TAG, b"\x17\x01\x00"),
        (VIDEO_TAG, b"\x90hv"),
        (AUDIO_TAG, b"\xaf"),
        (SCRIPT_TAG, b"\x02\x00"),
        (AUDIO_TAG, b"\xaf\x00"),
    ],
)
def test_what_cannot_be_read(kind: int, payload: bytes) -> None:
    with pytest.raises(FlvError):
        FlvReader().receive(kind, 0, payload)


FIRSTS = st.sampled_from(
    [
        b"\x17\x00\x00\x00\x00",
        b"\x1c\x00\x00\x00\x00\x01",
        b"\xaf\x00",
        b"\x90hvc1",
        b"\x90av01\x81",
        b"\x90Opus",
        b"\x96",
        b"\x97",
        b"",
    ]
)


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from([8, 9, 18]), FIRSTS, st.binary(max_size=60)), max_size=5))
def test_any_tags_give_events_or_an_error(tags: list[tuple[int, bytes, bytes]]) -> None:
    reader = FlvReader()
    with contextlib.suppress(FlvError):
        for kind, first, rest in tags:
            reader.receive(kind, 0, first + rest)
