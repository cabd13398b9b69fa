from __future__ import annotations

import contextlib
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from origin.wire.reader import ProtocolError
from origin.wire.rtmp import amf0
from origin.wire.rtmp.chunk import STRANGER_BYTES, ChunkLimits, ChunkReader, Message
from origin.wire.rtmp.events import Connected, Media, PublishEnded, PublishRequested, Refused
from origin.wire.rtmp.session import (
    CHUNK_SIZE,
    MESSAGES_A_READ,
    MESSAGES_BEFORE_PUBLISH,
    TRANSITIONS,
    WINDOW,
    Session,
    State,
)
from tests.support.rtmp_client import CONNECT, CREATE, HELLO, PUBLISH, SEED, command, message, publishing, ready

COURTESY = command("FCPublish", 4.0, None, "sk_right")
UNPUBLISH = command("FCUnpublish", 5.0, None, "sk_right")
DELETE = command("deleteStream", 6.0, None, 1.0)
CLOSE = command("closeStream", 0.0, None, stream=1)
PLAY = command("play", 7.0, None, "x", stream=1)
UNKNOWN = command("whatever", 8.0)
COMMANDS = {
    "Connect": CONNECT,
    "Courtesy": COURTESY,
    "CreateStream": CREATE,
    "Publish": PUBLISH,
    "Play": PLAY,
    "Unpublish": DELETE,
    "Unknown": UNKNOWN,
}
PICTURE = message(9, b"\x17\x01\x00\x00\x00picture", time=40)


def sent(session: Session) -> list[Message]:
    """What the peer would read; the handshake is left out, and after it our chunk size is known."""
    data = session.data_to_send()
    chunk_size = message(1, CHUNK_SIZE.to_bytes(4, "big"), chunks=2)
    found = ChunkReader().receive_data(chunk_size + data[len(HELLO) if len(data) >= len(HELLO) else 0 :])
    return found[1:]


def said(session: Session) -> list[list[amf0.Value]]:
    """The commands among it."""
    return [amf0.decode(found.payload) for found in sent(session) if found.type_id == 20]


def code(values: list[amf0.Value]) -> amf0.Value:
    information = values[3]
    assert isinstance(information, dict)
    return information["code"]


def test_a_publishers_way_in() -> None:
    session, events = ready(COURTESY, CREATE, PUBLISH)
    request = PublishRequested("live", 1, "sk_right")
    assert events == [Connected("live", "test"), request]
    answers = said(session)
    assert code(answers[0]) == "NetConnection.Connect.Success"
    assert answers[1:] == [["_result", 4.0, None], ["_result", 2.0, None, 1.0]]
    assert session.accept(request) == []
    assert code(said(session)[0]) == "NetStream.Publish.Start"
    assert session.receive_data(PICTURE) == [Media(9, 40, b"\x17\x01\x00\x00\x00picture")]


def test_what_comes_before_the_answer_waits_for_it() -> None:
    session, events = ready(CREATE, PUBLISH, PICTURE, DELETE)
    assert isinstance(events[-1], PublishRequested)
    assert session.receive_data(PICTURE) == []
    assert session.accept(events[-1]) == [Media(9, 40, b"\x17\x01\x00\x00\x00picture"), PublishEnded()]


def test_waiting_is_bounded() -> None:
    session = Session(SEED, ChunkLimits(message_bytes=5000, pending_bytes=6000))
    session.receive_data(HELLO + CONNECT + CREATE + PUBLISH + message(9, bytes(2500)))
    session.receive_data(message(9, bytes(2500)))
    with pytest.raises(ProtocolError) as caught:
        session.receive_data(message(9, bytes(2500)))
    assert caught.value.reason == "impatient"


def test_rejection() -> None:
    session, events = ready(CREATE, PUBLISH, PICTURE)
    session.data_to_send()
    assert isinstance(events[-1], PublishRequested)
    session.reject(events[-1], "No stream has this key.")
    assert [code(values) for values in said(session)] == ["NetStream.Publish.BadName"]
    assert session.state is State.CLOSED
    assert session.receive_data(PICTURE) == []


@pytest.mark.parametrize("end", [UNPUBLISH, DELETE, CLOSE], ids=["FCUnpublish", "deleteStream", "closeStream"])
def test_unpublishing_and_publishing_again(end: bytes) -> None:
    session = publishing()
    assert session.receive_data(end + PICTURE + DELETE) == [PublishEnded()]
    assert [code(values) for values in said(session)] == ["NetStream.Unpublish.Success"]
    assert session.receive_data(PUBLISH) == [PublishRequested("live", 1, "sk_right")]


def test_deleting_another_stream_ends_nothing() -> None:
    assert publishing().receive_data(command("deleteStream", 6.0, None, 9.0) + PICTURE)[0].__class__ is Media


def test_players_are_refused() -> None:
    session, events = ready(CREATE, PLAY)
    assert isinstance(events[-1], Refused)
    assert code(said(session)[-1]) == "NetStream.Play.Failed"
    assert session.state is State.CLOSED


def test_dismissal_is_said_on_stream_and_connection() -> None:
    session = publishing()
    session.dismiss("NetStream.Publish.BadName", "Another encoder took over.")
    assert [code(values) for values in said(session)] == ["NetStream.Publish.BadName", "NetConnection.Connect.Closed"]
    session.dismiss("NetStream.Failed", "Twice.")
    assert sent(session) == []
    stranger = Session(SEED)
    stranger.dismiss("NetStream.Failed", "Before the handshake there is no way to say anything.")
    assert stranger.data_to_send() == b""


def test_unknown_commands_that_want_an_answer_get_an_error() -> None:
    session, _ = ready()
    session.data_to_send()
    session.receive_data(UNKNOWN + command("noAnswerWanted", 0.0))
    assert [values[:2] for values in said(session)] == [["_error", 8.0]]


def test_pings_are_answered() -> None:
    session, _ = ready()
    session.data_to_send()
    session.receive_data(message(4, b"\x00\x06abcd", stream=0, chunks=2) + message(4, b"\x00", stream=0, chunks=2))
    assert sent(session) == [Message(4, 0, 0, b"\x00\x07abcd")]


def test_acknowledgements_follow_the_peers_window() -> None:
    session = publishing()
    session.receive_data(message(5, (1000).to_bytes(4, "big"), stream=0, chunks=2))
    session.data_to_send()
    before = session._received
    session.receive_data(PICTURE)
    assert [found.type_id for found in sent(session)] == [3]
    session.receive_data(PICTURE)
    assert sent(session) == []
    session.receive_data(message(9, bytes(1200)))
    (acknowledgement,) = sent(session)
    assert int.from_bytes(acknowledgement.payload, "big") == session._received > before + 1200


def test_windows_are_never_larger_than_ours() -> None:
    session = publishing()
    session.receive_data(message(5, b"\xff\xff\xff\xff", stream=0, chunks=2))
    assert session._window == WINDOW
    session.receive_data(message(5, bytes(4), stream=0, chunks=2) + message(5, b"", stream=0, chunks=2))
    assert session._window == 1


def test_script_data_of_both_kinds_and_aggregates() -> None:
    session = publishing()
    aggregate = bytes.fromhex("08 000002 000000 00 000000 af01 0000000d") + bytes.fromhex("07 000000 000000 00 000000")
    assert session.receive_data(
        message(18, b"data") + message(15, b"\x00data") + message(15, b"data") + message(22, aggregate, time=9)
    ) == [Media(18, 0, b"data")] * 3 + [Media(8, 9, b"\xaf\x01")]


def test_what_nobody_knows_is_passed_over() -> None:
    assert publishing().receive_data(b"".join(message(kind, b"x" * 8) for kind in (3, 6, 16, 19, 7, 99))) == []


def test_media_before_connect() -> None:
    with pytest.raises(ProtocolError):
        Session(SEED).receive_data(HELLO + PICTURE)


def test_message_streams_are_bounded() -> None:
    session, _ = ready()
    with pytest.raises(ProtocolError) as caught:
        session.receive_data(CREATE * 17)
    assert caught.value.reason == "message_streams"


EMPTY = message(8, b"", chunks=6) + b"\xc6" * 60_000
TINY = message(8, b"\xaf", chunks=6) + b"\xc6\xaf" * 30_000
SIZES = message(1, (128).to_bytes(4, "big"), chunks=2) * 4000
PINGS = message(4, b"\x00\x06ping", stream=0, chunks=2) * 3000
NULLS = message(20, amf0.encode(["x", 0.0]) + b"\x05" * 900, chunks=3) * 60
TAG = bytes.fromhex("08 000000 000000 00 000000 0000000b")


@pytest.mark.parametrize("data", [EMPTY, TINY, SIZES, PINGS, NULLS, UNKNOWN * 1500, COURTESY * 900])
def test_the_work_and_the_answers_of_one_read_are_bounded(data: bytes) -> None:
    """Before a publication, and during one: most of the bytes are not even looked at."""
    for session in (ready()[0], publishing()):
        session.data_to_send()
        with pytest.raises(ProtocolError) as caught:
            session.receive_data(data[:65_536])
        assert caught.value.reason == "flood"
        assert session._before_publish <= MESSAGES_BEFORE_PUBLISH + 1
        assert len(session._held) < MESSAGES_A_READ
        assert len(session.data_to_send()) < 20_000


def test_messages_before_a_publication_are_counted_over_all_reads() -> None:
    session, _ = ready()
    for _ in range(MESSAGES_BEFORE_PUBLISH - 1):
        session.receive_data(message(8, b""))
    with pytest.raises(ProtocolError) as caught:
        session.receive_data(message(8, b""))
    assert caught.value.reason == "flood"


def test_aggregates_of_tiny_tags_are_a_flood_and_cost_nothing_before_a_publication() -> None:
    aggregate = message(22, TAG * 4000)
    with pytest.raises(ProtocolError) as caught:
        publishing().receive_data(aggregate)
    assert caught.value.reason == "flood"
    assert ready(aggregate)[1] == [Connected("live", "test")]


def test_small_messages_at_a_publishers_rate_are_no_flood() -> None:
    session = publishing()
    for _ in range(20):
        assert len(session.receive_data(message(8, b"\xaf\x01" + bytes(20)) * 1500)) == 1500


def test_large_messages_are_for_those_with_a_key() -> None:
    large = message(9, bytes(STRANGER_BYTES + 1))
    session, _ = ready()
    with pytest.raises(ProtocolError) as caught:
        session.receive_data(large[:200])
    assert caught.value.reason == "message_too_large"
    assert session.pending == 0
    assert len(publishing().receive_data(large)) == 1


def test_unfinished_messages_of_a_stranger_are_small_and_few() -> None:
    half = [message(9, bytes(60_000), chunks=number)[:40_000] for number in (4, 5)]
    session, _ = ready(half[0])
    assert 39_000 < session.pending < 40_000
    with pytest.raises(ProtocolError):
        session.receive_data(half[1])
    session, _ = ready()
    with pytest.raises(ProtocolError) as caught:
        session.receive_data(b"".join(message(8, b"x", chunks=number) for number in range(4, 20)))
    assert caught.value.reason == "chunk_streams"


def test_what_is_sent_along_with_publish_is_read_by_the_raised_limits() -> None:
    session, events = ready(CREATE, PUBLISH, message(9, bytes(STRANGER_BYTES + 1)))
    assert isinstance(events[-1], PublishRequested)
    assert len(session.accept(events[-1])) == 1


def in_state(state: State) -> Session:
    if state is State.OPEN:
        session = Session(SEED)
        session.receive_data(HELLO)
    elif state is State.CONNECTED:
        session, _ = ready()
    elif state is State.PUBLISHING:
        session = publishing()
    else:
        session, _ = ready(CREATE, PLAY)
    assert session.state is state
    return session


@pytest.mark.parametrize(("state", "name"), list(product([State.OPEN, State.CONNECTED, State.PUBLISHING], COMMANDS)))
def test_the_table_decides(state: State, name: str) -> None:
    """Every state with every command: the table's next state, or a protocol error where it has none."""
    after = {kind.__name__: then for (when, kind), then in TRANSITIONS.items() if when is state}.get(name)
    session = in_state(state)
    if after is None:
        with pytest.raises(ProtocolError):
            session.receive_data(COMMANDS[name])
    else:
        session.receive_data(COMMANDS[name])
        assert session.state is after


ANYTHING = st.sampled_from([*COMMANDS.values(), UNPUBLISH, PICTURE]) | st.builds(
    message, st.integers(0, 25), st.binary(max_size=60), time=st.integers(0, (1 << 32) - 1), stream=st.integers(0, 2)
)


@settings(deadline=None)
@given(st.lists(ANYTHING, max_size=12), st.booleans())
def test_any_sequence_gives_a_legal_state_or_a_protocol_error(inputs: list[bytes], grant: bool) -> None:  # noqa: FBT001 - Hypothesis gives it
    session = Session(SEED)
    session.receive_data(HELLO)
    with contextlib.suppress(ProtocolError):
        for data in inputs:
            events = session.receive_data(data)
            while events and isinstance(events[-1], PublishRequested):
                if not grant:
                    session.reject(events[-1], "No.")
                    break
                events = session.accept(events[-1])
            assert session.state in State
            assert session.state is not State.GREETING
