"""RTMP chunks: many messages cut into pieces and interleaved over one connection (RTMP 1.0, 5.3).

`ChunkReader.receive_data` is the hot path of ingest. A message takes one turn of its loop: one that a read cuts off is
kept as it comes until it is whole. Only what is unusual, as messages that are interleaved, goes the long way, chunk by
chunk. Set Chunk Size and Abort act here, since they
change how the very next bytes are read; they are given back all the same, so that who counts messages counts them.
`write` is the other direction, for our few small messages.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from struct import Struct
from typing import Final

from media.record import record
from origin.wire.reader import ProtocolError

SET_CHUNK_SIZE: Final = 1
ABORT: Final = 2

_FULL, _SAME_STREAM, _ONLY_TIME, _CONTINUATION = range(4)
_HEADER_SIZES: Final = (11, 7, 3, 0)
_HEAD: Final = Struct(">II")
"""Basic header of one byte, time (24 bits); length (24 bits), type: how message headers of types 0 and 1 begin."""
_FULL_HEAD_SIZE: Final = 12
_EXTENDED: Final = 0xFFFFFF
_TIME_MASK: Final = 0xFFFFFFFF
_DEFAULT_CHUNK: Final = 128
_SMALLEST_CHUNK: Final = 128
"""5.4.1 allows 1 and recommends at least 128; smaller ones only cost us time, and no encoder asks for them."""


@dataclass(frozen=True, slots=True)
class ChunkLimits:
    """What one peer may make us keep."""

    message_bytes: int = 8 << 20
    """One message. A key frame at 100 Mbit/s is about 2 MB; FFmpeg and OBS set no bound, nginx-rtmp takes 1 MB."""
    pending_bytes: int = 9 << 20
    """All unfinished messages together: one of the largest, and the small ones that may be interleaved with it."""
    chunk_streams: int = 32
    """Chunk streams used at all. OBS uses 2, FFmpeg 5; 65,599 would be allowed. nginx-rtmp takes 32."""

    def before_accept(self) -> ChunkLimits:
        """What a peer may make us keep that has not shown a key yet, and sends commands only."""
        return ChunkLimits(
            min(self.message_bytes, STRANGER_BYTES),
            min(self.pending_bytes, STRANGER_BYTES),
            min(self.chunk_streams, STRANGER_STREAMS),
        )


STRANGER_BYTES: Final = 64 << 10
"""Of a message, and of all unfinished ones, before a publish is granted: four times the largest command."""
STRANGER_STREAMS: Final = 8
"""Chunk streams before that: FFmpeg and OBS use two for their commands."""


@record
class Message:
    """One RTMP message. `timestamp` is in milliseconds modulo 2**32."""

    type_id: int
    stream_id: int
    timestamp: int
    payload: bytes


@dataclass(slots=True)
class _Stream:
    """What the next header of a chunk stream may leave out, and the message under way.

    `marker` is its one-byte header of type 3 (empty for numbers from 64 on, which take more bytes).
    `field` is the timestamp or delta last sent. `missing` payload bytes are still to come; 0 between messages.
    """

    marker: bytes
    timestamp: int = 0
    field: int = 0
    extended: bool = False
    length: int = 0
    type_id: int = 0
    stream_id: int = 0
    missing: int = 0
    body: bytearray = dataclasses.field(default_factory=bytearray)


class ChunkReader:
    """Chunks in, whole messages out."""

    def __init__(self, limits: ChunkLimits | None = None) -> None:
        self.limits = limits or ChunkLimits()
        """May be replaced between two reads."""
        self._streams: dict[int, _Stream] = {}
        self._chunk_size = _DEFAULT_CHUNK
        self._rest: bytes | bytearray = b""
        self._awaited = 0
        self._gap = 0
        self._marker = b""
        self._current = _Stream(b"")
        self._left = 0
        self._pending = 0
        self._repeats_extended: bool | None = None

    @property
    def unread(self) -> int:
        """Bytes that wait for a later call."""
        return len(self._rest)

    @property
    def pending(self) -> int:
        """Bytes of unfinished messages."""
        return self._pending + (len(self._rest) if self._awaited else 0)

    def receive_data(self, data: bytes, most: int | None = None) -> list[Message]:
        """Take bytes as they come; give back the messages that they complete, `most` of them if that is given.

        What is left over then is read by the next call.
        """
        if self._awaited and self._gathers(data):
            return []
        if self._rest:
            data = b"".join((self._rest, data))
        most = len(data) if most is None else most
        messages: list[Message] = []
        at, end = 0, len(data)
        while at < end and len(messages) < most:
            if self._left:
                at = self._take_payload(data, at, messages)
                continue
            quick = self._take_run if data[at] >= _CONTINUATION << 6 else self._take_whole
            taken = quick(data, at, messages)
            if not taken and not self._awaited:
                taken = self._begin_chunk(data, at, messages)
            if not taken:
                break
            at += taken
        self._rest = bytearray(data[at:]) if self._awaited else data[at:]
        return messages

    def _take_whole(self, data: bytes, at: int, messages: list[Message]) -> int:
        """Take a message that is all here, on a chunk stream in use, with nothing unusual about it; give its bytes.

        Gives 0 where it is to be awaited, and 0 with nothing changed where the long way must be gone. That costs two to
        three times as much.
        """
        shape = data[at] >> 6
        stream = self._streams.get(data[at] & 63)
        if stream is None or stream.missing or shape > _SAME_STREAM or len(data) < at + _FULL_HEAD_SIZE:
            return 0
        word: int
        tail: int
        word, tail = _HEAD.unpack_from(data, at)
        field, length, type_id = word & _EXTENDED, tail >> 8, tail & 255
        body = at + (_HEAD.size if shape else _FULL_HEAD_SIZE)
        chunks = (length - 1) // self._chunk_size
        end = body + length + chunks
        if field == _EXTENDED or type_id <= ABORT or not 0 < length <= self.limits.message_bytes:
            return 0
        if end > len(data):
            self._await(data, body, end, stream)
            return 0
        payload = self._without_markers(data, body, end, stream.marker * chunks) if chunks else data[body:end]
        if not payload:
            return 0
        if shape == _FULL:
            stream.stream_id = int.from_bytes(data[body - 4 : body], "little")
        stream.timestamp = field if shape == _FULL else (stream.timestamp + field) & _TIME_MASK
        stream.field, stream.length, stream.type_id, stream.extended = field, length, type_id, False
        messages.append(Message(type_id, stream.stream_id, stream.timestamp, payload))
        return end - at

    def _await(self, data: bytes, body: int, end: int, stream: _Stream) -> None:
        """Wait for the rest of a message up to `end`, unless another chunk stream has been seen in it already."""
        step = self._chunk_size + 1
        foreign = data[body + self._chunk_size :: step].strip(stream.marker)
        if not foreign and self._pending + end - body <= self.limits.pending_bytes:
            self._marker = stream.marker
            self._gap = (body + self._chunk_size - len(data)) % step
            self._awaited = end - len(data)

    def _gathers(self, data: bytes) -> bool:
        """Keep bytes of the message that is awaited, if they do not complete it and nothing else is in between."""
        step = self._chunk_size + 1
        foreign = data[self._gap :: step].strip(self._marker)
        if foreign or len(data) >= self._awaited:
            self._awaited = 0
            return False
        self._gap = (self._gap - len(data)) % step
        self._awaited -= len(data)
        self._rest += data
        return True

    def _without_markers(self, data: bytes, at: int, end: int, markers: bytes) -> bytes:
        """The payload of several chunks; empty where the one-byte headers between them are not `markers`."""
        size = self._chunk_size
        if data[at + size : end : size + 1] != markers:
            return b""
        # Deleting a stride is one move in C: two thirds of the time of joining slices at 4096 bytes, a tenth at 128.
        payload = bytearray(memoryview(data)[at:end])
        del payload[size :: size + 1]
        return bytes(payload)

    def _take_payload(self, data: bytes, at: int, messages: list[Message]) -> int:
        """Take what there is of the chunk under way; give where that ends."""
        piece = data[at : at + self._left]
        self._left -= len(piece)
        self._append(self._current, piece, messages)
        return at + len(piece)

    def _take_run(self, data: bytes, at: int, messages: list[Message]) -> int:
        """Take whole chunks that carry on the current message, as many as follow each other; give their bytes.

        A message that one read does not hold comes in such runs.
        """
        stream, size = self._current, self._chunk_size
        if stream.extended or not stream.missing or data[at : at + 1] != stream.marker:
            return 0
        step = size + 1
        headers = data[at : at + min((len(data) - at) // step, stream.missing // size) * step : step]
        count = len(headers) - len(headers.lstrip(stream.marker))
        taken = count * step
        payload = bytearray(data[at : at + taken])
        del payload[::step]
        self._append(stream, payload, messages)
        return taken

    def _append(self, stream: _Stream, piece: bytes | bytearray, messages: list[Message]) -> None:
        stream.missing -= len(piece)
        if stream.missing:
            stream.body += piece
            self._pending += len(piece)
            if self._pending > self.limits.pending_bytes:
                raise ProtocolError("too many unfinished messages are interleaved", "message_too_large")
        elif stream.body:
            payload = b"".join((stream.body, piece))
            self._drop(stream)
            self._finish(stream, payload, messages)
        else:
            self._finish(stream, bytes(piece), messages)

    def _drop(self, stream: _Stream) -> None:
        self._pending -= len(stream.body)
        stream.body = bytearray()
        stream.missing = 0

    def _finish(self, stream: _Stream, payload: bytes, messages: list[Message]) -> None:
        if stream.type_id == SET_CHUNK_SIZE:
            self._set_chunk_size(payload)
        elif stream.type_id == ABORT:
            self._abort(payload)
        messages.append(Message(stream.type_id, stream.stream_id, stream.timestamp, payload))

    def _set_chunk_size(self, payload: bytes) -> None:
        size = int.from_bytes(payload[:4], "big")
        if len(payload) != 4 or not _SMALLEST_CHUNK <= size < 1 << 31:  # noqa: PLR2004 - 5.4.1: 31 bits, the first zero
            raise ProtocolError(f"the chunk size of {size} bytes is not acceptable")
        self._chunk_size = size

    def _abort(self, payload: bytes) -> None:
        """5.4.2: forget what came of a message. The chunk that carries the abort is over, so no chunk is cut."""
        stream = self._streams.get(int.from_bytes(payload[:4], "big"))
        if stream is not None:
            self._drop(stream)

    def _begin_chunk(self, data: bytes, at: int, messages: list[Message]) -> int:
        """Read a chunk's headers; give their size, or 0 (and nothing has changed) when they are not all there."""
        shape, number = data[at] >> 6, data[at] & 63
        basic = 1
        if number < 2:  # noqa: PLR2004 - 5.3.1.1: 0 and 1 announce one and two more bytes
            basic += number + 1
            number = 64 + int.from_bytes(data[at + 1 : at + basic], "little")
        size = basic + _HEADER_SIZES[shape]
        if len(data) < at + size:
            return 0
        stream = self._streams.get(number) or self._new_stream(number, shape)
        extra = self._extended_size(stream, shape, data, at + basic)
        if len(data) < at + size + extra:
            return 0
        if shape != _CONTINUATION:
            _read_header(stream, shape, data, at + basic)
        if not stream.missing:
            self._begin_message(stream, shape)
        self._current = stream
        self._left = min(stream.missing, self._chunk_size)
        if not stream.missing:
            self._finish(stream, b"", messages)
        return size + extra

    def _new_stream(self, number: int, shape: int) -> _Stream:
        # librtmp opens chunk stream 2 with type 1, so that is let pass; types 2 and 3 would leave the length unknown.
        if shape > _SAME_STREAM:
            raise ProtocolError("a chunk stream begins with a header that leaves out the length")
        if len(self._streams) >= self.limits.chunk_streams:
            raise ProtocolError("too many chunk streams are in use", "chunk_streams")
        stream = self._streams[number] = _Stream(bytes((_CONTINUATION << 6 | number,)) if number < 64 else b"")  # noqa: PLR2004 - six bits
        return stream

    def _extended_size(self, stream: _Stream, shape: int, data: bytes, header: int) -> int:
        """Bytes of extended timestamp after this header: 4 or 0.

        5.3.1.3: "This field is present in Type 3 chunks when the most recent Type 0, 1, or 2 chunk for the same chunk
        stream ID indicated the presence". Old encoders leave it out all the same. The first such chunk of a
        connection shows which kind of peer this is: one that repeats the value, or one whose payload goes on.
        """
        if shape != _CONTINUATION:
            return 4 if data[header : header + 3] == b"\xff\xff\xff" else 0
        if not stream.extended or self._repeats_extended is False:
            return 0
        value = data[header : header + 4]
        if self._repeats_extended is None and len(value) == 4:  # noqa: PLR2004 - a number of 32 bits
            self._repeats_extended = int.from_bytes(value, "big") in (stream.field, stream.timestamp)
        return 0 if self._repeats_extended is False else 4

    def _begin_message(self, stream: _Stream, shape: int) -> None:
        if stream.length > self.limits.message_bytes:
            raise ProtocolError(f"a message of {stream.length} bytes is too large", "message_too_large")
        start = 0 if shape == _FULL else stream.timestamp
        stream.timestamp = (start + stream.field) & _TIME_MASK
        stream.missing = stream.length


def _read_header(stream: _Stream, shape: int, data: bytes, at: int) -> None:
    """Read a message header of type 0, 1 or 2 (5.3.1.2) that is all there, with its extended timestamp."""
    if stream.missing:
        raise ProtocolError("a message begins before the last one on its chunk stream is complete")
    end = at + _HEADER_SIZES[shape]
    value = int.from_bytes(data[at : at + 3], "big")
    stream.extended = value == _EXTENDED
    stream.field = int.from_bytes(data[end : end + 4], "big") if stream.extended else value
    if shape <= _SAME_STREAM:
        stream.length = int.from_bytes(data[at + 3 : at + 6], "big")
        stream.type_id = data[at + 6]
    if shape == _FULL:
        stream.stream_id = int.from_bytes(data[at + 7 : end], "little")


def write(message: Message, number: int, chunk_size: int) -> bytes:
    """`message` as chunks on chunk stream `number` (2 to 63), with a full header; timestamps below 0xFFFFFF."""
    size = len(message.payload)
    head = bytes((number,)) + message.timestamp.to_bytes(3, "big") + size.to_bytes(3, "big")
    head += bytes((message.type_id,)) + message.stream_id.to_bytes(4, "little")
    pieces = [message.payload[at : at + chunk_size] for at in range(0, size, chunk_size)]
    return head + bytes((_CONTINUATION << 6 | number,)).join(pieces)
