"""Recorded publishers, and what peers must not send: each vector whole, byte by byte, with a tail; and mutations.

What Hypothesis finds among these that ends in an error of its own is a vector, too (`tests.vectors.find_rtmp`).
"""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.sample import Frame
from media.track import Codec, Kind, Track
from origin.wire.flv import FlvReader
from origin.wire.reader import ProtocolError
from origin.wire.rtmp.chunk import ChunkLimits
from origin.wire.rtmp.events import Connected, PublishEnded, PublishRequested
from tests.support.rtmp_client import MALFORMED, VECTORS, fault, media, message, run

CODECS = {
    "h264": Codec.H264,
    "hevc": Codec.HEVC,
    "av1": Codec.AV1,
    "vp9": Codec.VP9,
    "aac": Codec.AAC,
    "opus": Codec.OPUS,
}
PING = message(4, b"\x00\x06ping", stream=0, chunks=2)
TAILS = [b"\x00", b"\xc4" * 40, b"\xff" * 5000, bytes(5000)]


def read(vector: bytes) -> tuple[list[Track], list[Frame]]:
    reader = FlvReader()
    things = [
        thing for tag in media(run([vector])) for thing in reader.receive(tag.tag_type, tag.timestamp_ms, tag.payload)
    ]
    return [x for x in things if isinstance(x, Track)], [x for x in things if isinstance(x, Frame)]


@pytest.mark.parametrize("name", VECTORS)
def test_whole(name: str) -> None:
    events = run([VECTORS[name]])
    assert isinstance(events[0], Connected)
    assert events[1] == PublishRequested("live", 1, "sk_vector")
    assert PublishEnded() in events
    tracks, frames = read(VECTORS[name])
    assert [track.codec for track in tracks] == [CODECS[word] for word in name.split("-") if word in CODECS]
    for track in tracks:
        assert len([frame for frame in frames if frame.kind is track.kind]) >= 10


@pytest.mark.parametrize("name", VECTORS)
def test_byte_by_byte(name: str) -> None:
    vector = VECTORS[name]
    assert run(vector[at : at + 1] for at in range(len(vector))) == run([vector])


@pytest.mark.parametrize("name", VECTORS)
@pytest.mark.parametrize("tail", TAILS, ids=range(len(TAILS)))
def test_with_a_tail(name: str, tail: bytes) -> None:
    """What follows cannot change what was said before it."""
    pieces = iter([VECTORS[name], tail])
    before = run([VECTORS[name]])
    with contextlib.suppress(ProtocolError):
        assert run(pieces)[: len(before)] == before


def test_extended_timestamps() -> None:
    _, frames = read(VECTORS["ffmpeg-5.1-h264-aac-extended-timestamps"])
    times = [frame.dts_ms for frame in frames if frame.kind is Kind.VIDEO]
    assert times == list(range(times[0], times[0] + 400, 40))
    assert times[0] < 0xFFFFFF < times[-1]


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_whole(name: str) -> None:
    vector, error = MALFORMED[name]
    assert fault([vector]) == error


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_byte_by_byte(name: str) -> None:
    """Never earlier than at the last byte: the vector is the smallest of its kind."""
    vector, error = MALFORMED[name]
    assert fault(vector[at : at + 1] for at in range(len(vector))) == error
    assert fault(vector[at : at + 1] for at in range(len(vector) - 1)) == ""


@pytest.mark.parametrize("name", MALFORMED)
@pytest.mark.parametrize("tail", TAILS, ids=range(len(TAILS)))
def test_malformed_with_a_tail(name: str, tail: bytes) -> None:
    """In a read of its own; what is in order may be in the same one."""
    vector, error = MALFORMED[name]
    assert fault([vector, tail]) == error
    assert fault([vector + PING]) == error


def test_each_reason_to_end_a_session_has_a_vector() -> None:
    """Those that count what one read holds are in test_session: byte by byte they are none."""
    found = {error.partition(":")[0] for _, error in MALFORMED.values()}
    assert found >= {"handshake", "protocol", "amf", "truncated", "message_too_large", "chunk_streams", "bad_media"}
    assert found >= {"flood", "message_streams"}


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A vector with pieces overwritten, cut out, doubled or swapped."""
    data = bytearray(VECTORS[draw(st.sampled_from(sorted(VECTORS)))][:7000])
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(data)))
        size = draw(st.integers(0, 40))
        piece = draw(st.binary(max_size=12)) if draw(st.booleans()) else data[at : at + size] * 2
        data[at : at + size] = piece
    return bytes(data)


LIMITS = ChunkLimits(message_bytes=20_000, pending_bytes=25_000, chunk_streams=8)


@settings(deadline=None)
@given(mutated(), st.lists(st.integers(1, 3000), min_size=1, max_size=5))
def test_mutations_give_events_or_a_protocol_error(data: bytes, sizes: list[int]) -> None:
    reader = FlvReader()
    pieces: list[bytes] = []
    while data:
        size = sizes[len(pieces) % len(sizes)]
        pieces.append(data[:size])
        data = data[size:]
    with contextlib.suppress(ProtocolError):
        for tag in media(run(pieces, LIMITS)):
            reader.receive(tag.tag_type, tag.timestamp_ms, tag.payload)
