"""What RTMP messages mean: commands read into dataclasses, answers written (RTMP 1.0, 5.4, 6.2 and 7).

A new command is a dataclass and a row in `COMMANDS`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Final

from media.track import Codec
from origin.wire.reader import ProtocolError
from origin.wire.rtmp import amf0
from origin.wire.rtmp.chunk import Message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from origin.wire.rtmp.amf0 import Value


class Type(IntEnum):
    """Message type ids (5.4 and 7.1). The chunk reader has acted on 1 and 2 already."""

    SET_CHUNK_SIZE = 1
    ABORT = 2
    ACKNOWLEDGEMENT = 3
    USER_CONTROL = 4
    WINDOW_SIZE = 5
    PEER_BANDWIDTH = 6
    AUDIO = 8
    VIDEO = 9
    DATA_AMF3 = 15
    SHARED_OBJECT_AMF3 = 16
    COMMAND_AMF3 = 17
    DATA = 18
    SHARED_OBJECT = 19
    COMMAND = 20
    AGGREGATE = 22


MAX_COMMAND_BYTES: Final = 16 << 10
"""One command, and all in one read. FFmpeg's connect is 200 bytes, OBS's 400; a signed tcUrl may reach some KiB."""
MAX_COMMAND_VALUES: Final = 1_000
"""Values in one command. OBS's connect has 20; with Enhanced RTMP's lists of codecs it is fewer than 100."""

_TAG_HEADER: Final = 11
_BACK_POINTER: Final = 4


@dataclass(frozen=True, slots=True)
class Connect:
    """The client names the application, and with Enhanced RTMP the codecs that it knows."""

    transaction: float
    app: str
    encoder: str
    object_encoding: float
    fourccs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Courtesy:
    """A call that only wants a polite answer: releaseStream, FCPublish, _checkbw."""

    transaction: float


@dataclass(frozen=True, slots=True)
class CreateStream:
    """The client wants a message stream id."""

    transaction: float


@dataclass(frozen=True, slots=True)
class Publish:
    """The client wants to send media on `stream_id`. `name` holds the stream key."""

    stream_id: int
    name: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Play:
    """The client wants to receive."""

    stream_id: int


@dataclass(frozen=True, slots=True)
class Unpublish:
    """The client stops sending: FCUnpublish (no stream id), closeStream or deleteStream."""

    stream_id: int | None


@dataclass(frozen=True, slots=True)
class Unknown:
    """A command that means nothing here."""

    transaction: float


Command = Connect | Courtesy | CreateStream | Publish | Play | Unpublish | Unknown


def read_command(message: Message) -> Command:
    """Read a command message of either AMF version."""
    payload = message.payload
    if len(payload) > MAX_COMMAND_BYTES:
        raise ProtocolError("a command is too large", "message_too_large")
    if message.type_id == Type.COMMAND_AMF3:
        # Type 17 begins with a zero byte, then AMF0, in which single values may switch to AMF3.
        payload = payload[payload[:1] == b"\x00" :]
    values: list[Value] = [*amf0.decode(payload, MAX_COMMAND_VALUES), None, None]
    name, transaction, *arguments = values
    if not isinstance(name, str):
        raise ProtocolError("a command has no name", "amf")
    number = transaction if isinstance(transaction, float) else 0.0
    read = COMMANDS.get(name)
    return read(message.stream_id, number, arguments) if read else Unknown(number)


def _connect(_: int, transaction: float, arguments: Sequence[Value]) -> Command:
    given = arguments[0] if arguments else None
    if not isinstance(given, dict):
        raise ProtocolError("connect comes without its properties", "amf")
    encoding, fourccs = given.get("objectEncoding"), given.get("fourCcList")
    return Connect(
        transaction,
        app=_text(given.get("app")).partition("?")[0].strip("/"),
        encoder=_text(given.get("flashVer")),
        object_encoding=encoding if isinstance(encoding, float) else 0.0,
        fourccs=tuple(map(_text, fourccs)) if isinstance(fourccs, list) else (),
    )


def _publish(stream_id: int, _: float, arguments: Sequence[Value]) -> Command:
    name = _text(arguments[1] if len(arguments) > 1 else None)
    return Publish(stream_id, name.partition("?")[0])  # encoders append `?…` of their own; a key holds no `?`


def _delete_stream(_: int, __: float, arguments: Sequence[Value]) -> Command:
    number = arguments[1] if len(arguments) > 1 else None
    return Unpublish(int(number) if isinstance(number, float) and 0 <= number < 1 << 32 else None)


def _text(value: Value) -> str:
    return value if isinstance(value, str) else ""


COMMANDS: Final[Mapping[str, Callable[[int, float, Sequence[Value]], Command]]] = {
    "connect": _connect,
    "releaseStream": lambda _, transaction, __: Courtesy(transaction),
    "FCPublish": lambda _, transaction, __: Courtesy(transaction),
    "_checkbw": lambda _, transaction, __: Courtesy(transaction),
    "createStream": lambda _, transaction, __: CreateStream(transaction),
    "publish": _publish,
    "play": lambda stream_id, _, __: Play(stream_id),
    "play2": lambda stream_id, _, __: Play(stream_id),
    "FCUnpublish": lambda _, __, ___: Unpublish(None),
    "closeStream": lambda stream_id, _, __: Unpublish(stream_id),
    "deleteStream": _delete_stream,
}


def split_aggregate(message: Message) -> Iterator[Message]:
    """7.1.6: the FLV tags within. Their times count from that of the first, which is the aggregate's own."""
    payload, at = message.payload, 0
    base = None
    while at < len(payload):
        body = at + _TAG_HEADER
        end = body + int.from_bytes(payload[at + 1 : at + 4], "big")
        if end > len(payload):
            raise ProtocolError("an aggregate message ends within a tag", "truncated")
        time = payload[at + 7] << 24 | int.from_bytes(payload[at + 4 : at + 7], "big")
        base = time if base is None else base
        yield Message(payload[at], message.stream_id, (message.timestamp + time - base) % (1 << 32), payload[body:end])
        at = end + _BACK_POINTER


def control(type_id: Type, value: int, *more: int) -> Message:
    """A protocol control message of one 32-bit number, and single bytes after it."""
    return Message(type_id, 0, 0, value.to_bytes(4, "big") + bytes(more))


def user_control(event: int, payload: bytes) -> Message:
    """A User Control message (7.1.7)."""
    return Message(Type.USER_CONTROL, 0, 0, event.to_bytes(2, "big") + payload)


def call(stream_id: int, name: str, transaction: float, *arguments: Value) -> Message:
    """A command from us."""
    return Message(Type.COMMAND, stream_id, 0, amf0.encode([name, transaction, *arguments]))


def status(stream_id: int, code: str, sentence: str) -> Message:
    """An onStatus for the stream; `error` is the level of all codes that end something against the client's will."""
    level = "status" if code.endswith((".Start", ".Success")) else "error"
    return call(stream_id, "onStatus", 0.0, None, {"level": level, "code": code, "description": sentence})


def connected(command: Connect) -> Message:
    """The _result for connect, with what Enhanced RTMP v2 wants said: which codecs we forward, which extras we read."""
    forward = 4.0  # FourCcInfoMask.CanForward
    video = [codec.value for codec in Codec if codec.kind == "video"]
    audio = [codec.value for codec in Codec if codec.kind == "audio"]
    properties: dict[str, Value] = {
        "fmsVer": "FMS/3,5,7,7009",  # encoders look for a number like that of Adobe's server
        "capabilities": 31.0,
        "mode": 1.0,
        "fourCcList": [*video, *audio],
        "videoFourCcInfoMap": dict.fromkeys(video, forward),
        "audioFourCcInfoMap": dict.fromkeys(audio, forward),
        "capsEx": 4.0,  # CapsExMask.ModEx
    }
    information: dict[str, Value] = {
        "level": "status",
        "code": "NetConnection.Connect.Success",
        "description": "Welcome.",
        "objectEncoding": command.object_encoding,
    }
    return call(0, "_result", command.transaction, properties, information)
