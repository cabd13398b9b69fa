from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from origin.wire.reader import ProtocolError
from origin.wire.rtmp.chunk import ChunkLimits, ChunkReader, Message, write
from tests.support.rtmp_client import message

LONG = bytes(range(256)) * 2
FULL = bytes.fromhex("04 000010 000002 08 01000000")


def read(data: bytes, limits: ChunkLimits | None = None) -> list[Message]:
    return ChunkReader(limits).receive_data(data)


def test_all_four_header_types() -> None:
    data = (
        FULL + b"ab" + bytes.fromhex("44 000005 000003 09") + b"cde" + bytes.fromhex("84 000007") + b"fgh" + b"\xc4ijk"
    )
    assert read(data) == [
        Message(8, 1, 16, b"ab"),
        Message(9, 1, 21, b"cde"),
        Message(9, 1, 28, b"fgh"),
        Message(9, 1, 35, b"ijk"),
    ]


@pytest.mark.parametrize(
    ("basic", "number"), [("3f", 63), ("0000", 64), ("00ff", 319), ("010001", 320), ("01ffff", 65599)]
)
def test_chunk_stream_numbers_of_one_two_and_three_bytes(basic: str, number: int) -> None:
    reader = ChunkReader()
    assert reader.receive_data(bytes.fromhex(basic) + FULL[1:] + b"ab") == [Message(8, 1, 16, b"ab")]
    assert list(reader._streams) == [number]


def test_interleaved_messages() -> None:
    one, two = message(9, LONG, chunks=4), message(8, b"x" * 200, chunks=5)
    pieces = [one[:140], two[:140], one[140:269], two[140:], one[269:]]
    assert [found.payload for found in read(b"".join(pieces))] == [b"x" * 200, LONG]


@pytest.mark.parametrize("time", [0xFFFFFE, 0xFFFFFF, 0x1000000, 0xFFFFFFFF])
@pytest.mark.parametrize("repeat", [True, False], ids=["repeated", "omitted"])
def test_extended_timestamps_with_peers_that_repeat_them_and_that_do_not(time: int, repeat: bool) -> None:  # noqa: FBT001 - a parameter
    data = message(9, LONG, time=time, repeat=repeat) * 2
    assert read(data) == [Message(9, 1, time, LONG)] * 2
    reader = ChunkReader()
    assert [found for at in range(len(data)) for found in reader.receive_data(data[at : at + 1])] == read(data)


@pytest.mark.parametrize("size", [1, 127, 128, 129, 1280, 1281, 5000])
def test_runs_of_chunks_broken_by_another_stream(size: int) -> None:
    payload = bytes(number % 251 for number in range(size))
    video, sound = message(9, payload), message(8, b"sound", chunks=5)
    for cut in range(0, len(video) - 12, 129):
        data = video[: 12 + cut + 128] + sound + video[12 + cut + 128 :] if cut else video + sound
        found = read(data)
        assert {one.type_id: one.payload for one in found} == {8: b"sound", 9: payload}
        reader = ChunkReader()
        assert [one for at in range(0, len(data), 7) for one in reader.receive_data(data[at : at + 7])] == found


def test_runs_of_chunks_with_a_long_stream_number() -> None:
    payload = bytes(1000)
    head = bytes.fromhex("0000 000000 0003e8 09 01000000")
    data = head + b"\xc0\x00".join([payload[at : at + 128] for at in range(0, 1000, 128)])
    assert read(data * 2) == [Message(9, 1, 0, payload)] * 2


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([4, 5, 6]), st.integers(0, 600), st.sampled_from([0, 23, 0xFFFFFF])), max_size=9
    ),
    st.integers(1, 400),
)
def test_messages_read_alike_whole_and_cut(sent: list[tuple[int, int, int]], cut: int) -> None:
    payloads = [bytes([at]) * size for at, (_, size, _) in enumerate(sent)]
    pieces = (message(9, one, time=time, chunks=chunks) for one, (chunks, _, time) in zip(payloads, sent, strict=True))
    data = b"".join(pieces)
    found = read(data)
    assert [(one.payload, one.timestamp) for one in found] == [
        (one, time) for one, (_, _, time) in zip(payloads, sent, strict=True)
    ]
    reader = ChunkReader()
    assert [one for at in range(0, len(data), cut) for one in reader.receive_data(data[at : at + cut])] == found


def test_a_foreign_chunk_within_a_message_that_would_be_whole() -> None:
    """Its bytes are as many as the message wants, yet another stream's chunk is among them."""
    video, sound = message(9, LONG), message(8, b"x" * 130, chunks=5)
    data = video + video[:140] + sound + video[140:]
    assert read(data) == [Message(9, 1, 0, LONG), Message(8, 1, 0, b"x" * 130), Message(9, 1, 0, LONG)]


def test_the_limit_of_a_message_on_a_stream_in_use() -> None:
    with pytest.raises(ProtocolError):
        read(message(9, b"x") + message(9, bytes(300)), ChunkLimits(message_bytes=299))


def test_a_message_that_is_awaited_is_whole_however_it_is_cut() -> None:
    video, after = message(9, LONG * 3), message(8, b"sound")
    for cut in range(1, len(video)):
        reader = ChunkReader()
        assert len(reader.receive_data(video + video[:cut])) == 1
        assert reader.pending <= len(video)
        assert reader.receive_data(video[cut:] + after) == read(video + after), cut
        assert reader.pending == reader.unread == 0


def test_nothing_else_waits_for_a_message_that_is_awaited() -> None:
    """Another chunk stream's message, or an abort, is acted on as soon as it is here."""
    video, sound = message(9, LONG), message(8, b"sound", chunks=5)
    for end in (140, 269, 398):  # where the next header is due
        for cut in range(13, end):
            reader = ChunkReader()
            reader.receive_data(video + sound + video[:cut])
            assert reader.receive_data(video[cut:end] + sound) == [Message(8, 1, 0, b"sound")]
            assert reader.receive_data(video[end:]) == [Message(9, 1, 0, LONG)]
    reader = ChunkReader()
    reader.receive_data(video + video[:100])
    reader.receive_data(video[100:140])
    abort = message(2, (4).to_bytes(4, "big"), stream=0, chunks=2)
    assert reader.receive_data(abort + sound)[1:] == [Message(8, 1, 0, b"sound")]
    assert reader.pending == 0


def test_what_is_awaited_counts_among_what_is_unfinished() -> None:
    reader = ChunkReader(ChunkLimits(message_bytes=2000, pending_bytes=2500))
    one, two = (message(9, bytes(1500), chunks=chunks) for chunks in (4, 5))
    reader.receive_data(one + two)
    reader.receive_data(one[:1430])
    assert 1408 <= reader.pending <= 1430
    with pytest.raises(ProtocolError, match="interleaved"):
        reader.receive_data(two[:1430])


def test_extended_delta_on_a_fresh_continuation() -> None:
    start = bytes.fromhex("04 000000 000001 08 01000000") + b"a"
    delta = bytes.fromhex("84 ffffff 01000000") + b"b"
    assert [found.timestamp for found in read(start + delta + bytes.fromhex("c4 01000000") + b"c")] == [
        0,
        1 << 24,
        2 << 24,
    ]


def test_timestamps_wrap_at_32_bits() -> None:
    start = bytes.fromhex("04 ffffff 000001 08 01000000 fffffff0") + b"a"
    assert [found.timestamp for found in read(start + bytes.fromhex("84 000020") + b"b")] == [0xFFFFFFF0, 0x10]


def test_empty_messages() -> None:
    assert read(message(8, b"") * 2) == [Message(8, 1, 0, b"")] * 2


def test_set_chunk_size_acts_at_once() -> None:
    assert read(message(1, (512).to_bytes(4, "big"), chunks=2) + message(9, LONG, size=512))[1:] == [
        Message(9, 1, 0, LONG)
    ]


@pytest.mark.parametrize("payload", [b"", b"\x00\x00\x10", bytes(4), b"\x00\x00\x00\x7f", b"\xff" * 4])
def test_senseless_chunk_sizes(payload: bytes) -> None:
    with pytest.raises(ProtocolError):
        read(message(1, payload, chunks=2))


def test_abort_forgets_a_half_message() -> None:
    half = message(9, LONG)[:140]
    abort = message(2, (4).to_bytes(4, "big"), stream=0, chunks=2)
    assert read(half + abort + message(8, b"ok")) == [Message(2, 0, 0, bytes((0, 0, 0, 4))), Message(8, 1, 0, b"ok")]
    assert len(read(message(2, (77).to_bytes(4, "big"), chunks=2))) == 1


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (message(9, LONG)[:140] + message(9, b"x"), "protocol"),
        (b"\x84\x00\x00\x00", "protocol"),
        (b"\xc4", "protocol"),
        (message(9, bytes(2001)), "message_too_large"),
        (b"".join(message(9, b"x", chunks=number) for number in range(3, 9)), "chunk_streams"),
        (
            b"".join(message(9, bytes(1500), size=1400, chunks=number)[:1412] for number in range(3, 6)),
            "message_too_large",
        ),
    ],
)
def test_what_is_not_allowed(data: bytes, reason: str) -> None:
    limits = ChunkLimits(message_bytes=2000, pending_bytes=2500, chunk_streams=5)
    with pytest.raises(ProtocolError) as caught:
        read(message(1, (1400).to_bytes(4, "big"), chunks=2) * (b"\x05\xdc" in data[:9]) + data, limits)
    assert caught.value.reason == reason


def test_what_is_kept_is_what_is_pending() -> None:
    reader = ChunkReader()
    reader.receive_data(message(9, LONG)[:-1])
    assert reader._pending == len(LONG) - 1
    reader.receive_data(message(9, LONG)[-1:])
    assert reader._pending == 0
    assert reader._rest == b""


@settings(deadline=None)
@given(st.binary(max_size=2000), st.integers(128, 5000), st.integers(0, 0xFFFFFE))
def test_what_is_written_is_read(payload: bytes, size: int, time: int) -> None:
    sent = Message(20, 1, time, payload)
    announced = write(Message(1, 0, 0, size.to_bytes(4, "big")), 2, 128)
    assert read(announced + write(sent, 3, size))[1:] == [sent]
