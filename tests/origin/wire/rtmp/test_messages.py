from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from origin.wire.reader import ProtocolError
from origin.wire.rtmp import amf0, messages
from origin.wire.rtmp.chunk import Message
from origin.wire.rtmp.messages import (
    Command,
    Connect,
    Courtesy,
    CreateStream,
    Play,
    Publish,
    Type,
    Unknown,
    Unpublish,
    read_command,
    split_aggregate,
)

if TYPE_CHECKING:
    from origin.wire.rtmp.amf0 import Value


def parse(*values: Value, stream: int = 0) -> Command:
    return read_command(Message(Type.COMMAND, stream, 0, amf0.encode(values)))


@pytest.mark.parametrize(
    ("values", "command"),
    [
        (["releaseStream", 2.0, None, "sk"], Courtesy(2.0)),
        (["FCPublish", 3.0, None, "sk"], Courtesy(3.0)),
        (["_checkbw", 5.0, None], Courtesy(5.0)),
        (["createStream", 4.0, None], CreateStream(4.0)),
        (["publish", 5.0, None, "sk?a=b?c", "live"], Publish(7, "sk")),
        (["publish", 5.0], Publish(7, "")),
        (["publish", 5.0, None, 12.0], Publish(7, "")),
        (["play", 4.0, None, "name"], Play(7)),
        (["FCUnpublish", 6.0, None, "sk"], Unpublish(None)),
        (["closeStream", 0.0, None], Unpublish(7)),
        (["deleteStream", 7.0, None, 1.0], Unpublish(1)),
        (["deleteStream", 7.0, None, -1.0], Unpublish(None)),
        (["deleteStream"], Unpublish(None)),
        (["somethingElse", 9.0], Unknown(9.0)),
        (["somethingElse", "x"], Unknown(0.0)),
    ],
)
def test_commands(values: list[Value], command: Command) -> None:
    assert parse(*values, stream=7) == command


def test_connect() -> None:
    properties: dict[str, Value] = {
        "app": "live/?token=x",
        "flashVer": "FMLE/3.0",
        "objectEncoding": 3.0,
        "fourCcList": ["hvc1", 1.0],
    }
    assert parse("connect", 1.0, properties) == Connect(1.0, "live", "FMLE/3.0", 3.0, ("hvc1", ""))
    assert parse("connect", 1.0, {"app": 5.0, "fourCcList": "x"}) == Connect(1.0, "", "", 0.0, ())


@pytest.mark.parametrize("prefix", [b"\x00", b""])
def test_amf3_wrapping(prefix: bytes) -> None:
    payload = prefix + amf0.encode(["createStream", 4.0, None])
    assert read_command(Message(Type.COMMAND_AMF3, 0, 0, payload)) == CreateStream(4.0)


@pytest.mark.parametrize("values", [[], [None], [1.0, 2.0], ["connect", 1.0], ["connect", 1.0, "app"]])
def test_what_is_no_command(values: list[Value]) -> None:
    with pytest.raises(ProtocolError):
        parse(*values)


def test_commands_are_bounded() -> None:
    with pytest.raises(ProtocolError) as caught:
        read_command(Message(Type.COMMAND, 0, 0, bytes(messages.MAX_COMMAND_BYTES + 1)))
    assert caught.value.reason == "message_too_large"


def test_a_stream_key_is_in_no_repr() -> None:
    assert "sk_secret" not in repr(parse("publish", 5.0, None, "sk_secret", "live"))


def tag(kind: int, time: int, body: bytes) -> bytes:
    head = bytes((kind,)) + len(body).to_bytes(3, "big") + (time & 0xFFFFFF).to_bytes(3, "big") + bytes((time >> 24,))
    return head + bytes(3) + body + (11 + len(body)).to_bytes(4, "big")


def test_aggregates_count_from_their_first_tag() -> None:
    payload = tag(8, 0x1000005, b"a") + tag(9, 0x1000010, b"bc") + tag(8, 0x1000002, b"")
    parts = list(split_aggregate(Message(Type.AGGREGATE, 1, 100, payload)))
    assert parts == [Message(8, 1, 100, b"a"), Message(9, 1, 111, b"bc"), Message(8, 1, 97, b"")]
    without_last_pointer = Message(Type.AGGREGATE, 1, 0, tag(8, 0, b"a")[:-4])
    assert list(split_aggregate(without_last_pointer)) == [Message(8, 1, 0, b"a")]


@pytest.mark.parametrize("size", range(1, 12))
def test_aggregates_that_end_within_a_tag(size: int) -> None:
    with pytest.raises(ProtocolError):
        list(split_aggregate(Message(Type.AGGREGATE, 1, 0, tag(8, 0, b"a")[:size])))


def test_answers() -> None:
    assert messages.control(Type.PEER_BANDWIDTH, 5, 2) == Message(6, 0, 0, b"\x00\x00\x00\x05\x02")
    assert messages.user_control(7, b"ping") == Message(4, 0, 0, b"\x00\x07ping")
    name, transaction, nothing, information = amf0.decode(
        messages.status(3, "NetStream.Publish.BadName", "No.").payload
    )
    assert (name, transaction, nothing) == ("onStatus", 0.0, None)
    assert information == {"level": "error", "code": "NetStream.Publish.BadName", "description": "No."}


def test_the_answer_to_connect_names_the_codecs() -> None:
    answer = amf0.decode(messages.connected(Connect(1.0, "live", "", 0.0, ())).payload)
    assert answer[:2] == ["_result", 1.0]
    properties, information = answer[2:]
    assert isinstance(properties, dict)
    assert properties["fourCcList"] == ["avc1", "hvc1", "av01", "vp09", "mp4a", "Opus"]
    assert properties["videoFourCcInfoMap"] == {"avc1": 4.0, "hvc1": 4.0, "av01": 4.0, "vp09": 4.0}
    assert isinstance(information, dict)
    assert information["code"] == "NetConnection.Connect.Success"
