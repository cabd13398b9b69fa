"""One RTMP connection from the server's side: bytes in, events out, answers collected for sending.

`receive_data` gives events, `data_to_send` what the peer must get. Permission is an event: after `PublishRequested` the
session holds back everything that has come until `accept` (which gives the events held back) or `reject`.
Until then messages are read one by one, few and small: nobody has shown a key yet. The limits are raised by `accept`.
What may come when is `TRANSITIONS`; a miss there is the protocol error.
"""

from __future__ import annotations

from collections import deque
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from origin.wire.reader import ProtocolError
from origin.wire.rtmp import messages
from origin.wire.rtmp.chunk import ChunkLimits, ChunkReader, Message, write
from origin.wire.rtmp.events import Connected, Event, Media, PublishEnded, PublishRequested, Refused
from origin.wire.rtmp.handshake import Handshake
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
)

if TYPE_CHECKING:
    from collections.abc import Mapping

WINDOW: Final = 2_500_000
"""Bytes that either side may send before an acknowledgement: 3 s of 6 Mbit/s, the value of FFmpeg and nginx-rtmp."""
CHUNK_SIZE: Final = 4096
"""Of what we send: the answer to connect then fits in one chunk."""
MAX_MESSAGE_STREAMS: Final = 16
"""Message streams that one connection may create; encoders create one, some a second after an error."""
MESSAGES_BEFORE_PUBLISH: Final = 100
"""Of all kinds, from a peer that is not on the air: encoders need 6 to 12, and some more if they are refused a name."""
MESSAGES_A_READ: Final = 2_048
"""From one on the air, in one read: of 64 KiB, that is 32 bytes a message. Pictures that stand still, at 60 a second
and with silent sound, could come to that after a line has stalled for some 20 s."""
ANSWERS: Final = 128
"""Waiting to be sent at once. A publisher's way in takes some 10; a peer that wants more than it may ask is a flood."""

_LIVE: Final = frozenset({int(Type.AUDIO), int(Type.VIDEO)})
_STREAM_BEGIN, _PING_REQUEST, _PING_RESPONSE = 0, 6, 7
_CONTROL_CHUNKS, _COMMAND_CHUNKS = 2, 3
_DYNAMIC: Final = 2
"""Limit type of Set Peer Bandwidth (5.4.5)."""


class State(Enum):
    """How far a connection has come."""

    GREETING = auto()
    OPEN = auto()
    CONNECTED = auto()
    ASKING = auto()
    PUBLISHING = auto()
    CLOSED = auto()


TRANSITIONS: Final[Mapping[tuple[State, type[Command]], State]] = {
    (State.OPEN, Connect): State.CONNECTED,
    (State.OPEN, Unknown): State.OPEN,
    (State.CONNECTED, Courtesy): State.CONNECTED,
    (State.CONNECTED, CreateStream): State.CONNECTED,
    (State.CONNECTED, Publish): State.ASKING,
    (State.CONNECTED, Play): State.CLOSED,
    (State.CONNECTED, Unpublish): State.CONNECTED,  # FCUnpublish has ended it, deleteStream follows
    (State.CONNECTED, Unknown): State.CONNECTED,
    (State.PUBLISHING, Courtesy): State.PUBLISHING,
    (State.PUBLISHING, CreateStream): State.PUBLISHING,
    (State.PUBLISHING, Unpublish): State.CONNECTED,
    (State.PUBLISHING, Unknown): State.PUBLISHING,
}
"""Commands by state. While ASKING none is read; when CLOSED none is heeded."""
_READING: Final = frozenset({State.OPEN, State.CONNECTED})


class Session:
    """See the module's docstring. `seed`: `handshake.SEED_SIZE` random bytes."""

    def __init__(self, seed: bytes, limits: ChunkLimits | None = None) -> None:
        self.state = State.GREETING
        self._limits = limits or ChunkLimits()
        self._handshake = Handshake(seed)
        self._chunks = ChunkReader(self._limits.before_accept())
        self._held: deque[Message] = deque()
        self._before_publish = 0
        self._parts = self._command_bytes = 0
        self._out: list[bytes] = []
        self.greeted = False
        """Whether the handshake is over: before that there is nothing that the peer could be told."""
        self._app = ""
        self._streams = 0
        self._publishing = 0
        self._received = 0
        self._acknowledged = 0
        self._window = WINDOW

    def receive_data(self, data: bytes) -> list[Event]:
        """Take what the peer sent. Raises ProtocolError, after which the session is of no more use."""
        if self.state is State.CLOSED:
            return []
        self._received += len(data)
        if self.state is State.GREETING:
            rest = self._handshake.receive_data(data)
            if answer := self._handshake.data_to_send():
                self._out.append(answer)
            if rest is None:
                return []
            self.state, self.greeted, data = State.OPEN, True, rest
        if self._received - self._acknowledged >= self._window:
            self._acknowledged = self._received
            self._send(messages.control(Type.ACKNOWLEDGEMENT, self._received % (1 << 32)))
        return self._take(data)

    @property
    def pending(self) -> int:
        """Bytes of unfinished messages that are kept."""
        return self._chunks.pending

    def data_to_send(self) -> bytes:
        """Everything that the peer should get by now; empties the list."""
        if not self._out:
            return b""
        out, self._out = b"".join(self._out), []
        return out

    def accept(self, request: PublishRequested) -> list[Event]:
        """The request is granted; gives the events that waited for it."""
        self.state, self._publishing = State.PUBLISHING, request.stream_id
        self._send(messages.user_control(_STREAM_BEGIN, request.stream_id.to_bytes(4, "big")))
        self._send(messages.status(request.stream_id, "NetStream.Publish.Start", "You are on the air."))
        self._before_publish, self._chunks.limits = 0, self._limits
        return self._take(b"")

    def reject(self, request: PublishRequested, sentence: str, code: str = "NetStream.Publish.BadName") -> None:
        """The request is refused, in a sentence for the encoder's user; hang up after sending."""
        self._send(messages.status(request.stream_id, code, sentence))
        self._close()

    def dismiss(self, code: str, sentence: str) -> None:
        """Tell a publisher that the server ends its publication, and the connection with it."""
        if self.state in (State.GREETING, State.OPEN, State.CLOSED):
            return
        if self._publishing:
            self._send(messages.status(self._publishing, code, sentence))
        closed = {"level": "status", "code": "NetConnection.Connect.Closed", "description": sentence}
        self._send(messages.call(0, "onStatus", 0.0, None, dict(closed)))
        self._close()

    def _close(self) -> None:
        self.state = State.CLOSED
        self._held.clear()
        self._chunks = ChunkReader()  # what was unfinished is given up at once, not when the peer hangs up

    def _send(self, message: Message) -> None:
        chunks = _COMMAND_CHUNKS if message.type_id == Type.COMMAND else _CONTROL_CHUNKS
        self._out.append(write(message, chunks, CHUNK_SIZE))

    def _reply(self, message: Message) -> None:
        """Send what the peer can ask for again and again."""
        if len(self._out) >= ANSWERS:
            raise ProtocolError("more answers are wanted than anybody needs", "flood")
        self._send(message)

    def _take(self, data: bytes) -> list[Event]:
        """Act on messages in order, until one needs an answer from the shell."""
        held, asking, publishing = self._held, State.ASKING, State.PUBLISHING
        self._parts = self._command_bytes = 0
        self._fetch(data)
        events: list[Event] = []
        while held and self.state is not asking:
            message = held.popleft()
            if message.type_id in _LIVE and self.state is publishing:  # here, and not in `_act`, for speed alone
                events.append(Media(message.type_id, message.timestamp, message.payload))
            else:
                self._act(message, events)
                if not held and self.state is not publishing:
                    self._fetch(b"")
        return events

    def _fetch(self, data: bytes) -> None:
        """Read what may be acted on now: all there is, one message, or nothing while the request is not answered."""
        if self.state is State.PUBLISHING:
            fresh = self._chunks.receive_data(data, MESSAGES_A_READ)
            if len(fresh) == MESSAGES_A_READ:
                raise ProtocolError("too many tiny messages come at once", "flood")
        else:
            fresh = self._chunks.receive_data(data, int(self.state in _READING))
            self._before_publish += len(fresh)
            if self._before_publish > MESSAGES_BEFORE_PUBLISH:
                raise ProtocolError("too many messages come before a publication", "flood")
        self._held.extend(fresh)
        # The shell stops reading while it asks, so this is one read's worth; the limit keeps a careless shell honest.
        if self.state is State.ASKING and self._chunks.unread > self._limits.pending_bytes:
            raise ProtocolError("too much was sent before the request was answered", "impatient")

    def _act(self, message: Message, events: list[Event]) -> None:
        match message.type_id:
            case Type.COMMAND | Type.COMMAND_AMF3:
                self._act_command(message, events)
            case Type.AUDIO | Type.VIDEO | Type.DATA | Type.DATA_AMF3:
                self._act_media(message, events)
            case Type.AGGREGATE:
                self._act_aggregate(message, events)
            case Type.WINDOW_SIZE:
                self._act_window(message)
            case Type.USER_CONTROL:
                self._act_user_control(message)
            case _:
                pass  # acknowledgements, bandwidths, shared objects and what nobody knows: nothing to do

    def _act_media(self, message: Message, events: list[Event]) -> None:
        """Before connect an error, around a publication harmless leftovers."""
        if self.state is State.OPEN:
            raise ProtocolError("media comes before connect")
        if self.state is not State.PUBLISHING:
            return
        if message.type_id in _LIVE:
            events.append(Media(message.type_id, message.timestamp, message.payload))
        else:
            skip = message.type_id == Type.DATA_AMF3 and message.payload[:1] == b"\x00"
            events.append(Media(Type.DATA, message.timestamp, message.payload[skip:]))

    def _act_aggregate(self, message: Message, events: list[Event]) -> None:
        if self.state is not State.PUBLISHING:
            self._act_media(message, events)
            return
        for part in messages.split_aggregate(message):
            self._parts += 1
            if self._parts >= MESSAGES_A_READ:
                raise ProtocolError("too many tiny messages come in aggregates", "flood")
            if part.type_id in (Type.AUDIO, Type.VIDEO, Type.DATA):
                self._act(part, events)

    def _act_window(self, message: Message) -> None:
        # A window larger than ours would only keep an encoder waiting that blocks without acknowledgements.
        if len(message.payload) >= 4:  # noqa: PLR2004 - a number of 32 bits
            self._window = min(max(int.from_bytes(message.payload[:4], "big"), 1), WINDOW)

    def _act_user_control(self, message: Message) -> None:
        if int.from_bytes(message.payload[:2], "big") == _PING_REQUEST and len(message.payload) >= 2:  # noqa: PLR2004 - the event's number
            self._reply(messages.user_control(_PING_RESPONSE, message.payload[2:6]))

    def _act_command(self, message: Message, events: list[Event]) -> None:
        if self.state is State.CLOSED:
            return
        self._command_bytes += len(message.payload)
        command = messages.read_command(message)
        if self._command_bytes > messages.MAX_COMMAND_BYTES:
            raise ProtocolError("too many commands come at once", "flood")
        if self._concerns_another(command):
            return
        after = TRANSITIONS.get((self.state, type(command)))
        if after is None:
            raise ProtocolError(f"{type(command).__name__} is out of place when {self.state.name.lower()}")
        before, self.state = self.state, after
        event = self._answer(command, before)
        if event is not None:
            events.append(event)

    def _concerns_another(self, command: Command) -> bool:
        """Whether a message stream ends that is not the one on the air."""
        if self.state is not State.PUBLISHING or not isinstance(command, Unpublish):
            return False
        return command.stream_id not in (None, 0, self._publishing)

    def _answer(self, command: Command, before: State) -> Event | None:
        match command:
            case Connect():
                return self._connect(command)
            case Courtesy():
                self._reply(messages.call(0, "_result", command.transaction, None))
            case CreateStream():
                self._create_stream(command)
            case Publish():
                return PublishRequested(self._app, command.stream_id, command.name)
            case Play():
                return self._refuse_play(command)
            case Unpublish() if before is State.PUBLISHING:
                return self._unpublish()
            case Unknown() if command.transaction:
                failed = {"level": "error", "code": "NetConnection.Call.Failed", "description": "Unknown command."}
                self._reply(messages.call(0, "_error", command.transaction, None, dict(failed)))
        return None

    def _connect(self, command: Connect) -> Event:
        self._app = command.app
        self._send(messages.control(Type.WINDOW_SIZE, WINDOW))
        self._send(messages.control(Type.PEER_BANDWIDTH, WINDOW, _DYNAMIC))
        self._send(messages.control(Type.SET_CHUNK_SIZE, CHUNK_SIZE))
        self._send(messages.connected(command))
        return Connected(command.app, command.encoder)

    def _create_stream(self, command: CreateStream) -> None:
        self._streams += 1
        if self._streams > MAX_MESSAGE_STREAMS:
            raise ProtocolError("too many message streams are created", "message_streams")
        self._send(messages.call(0, "_result", command.transaction, None, float(self._streams)))

    def _refuse_play(self, command: Play) -> Event:
        sentence = "Headwater does not play over RTMP; open the watch page or the HLS address."
        self._send(messages.status(command.stream_id, "NetStream.Play.Failed", sentence))
        self._close()
        return Refused("play", sentence)

    def _unpublish(self) -> Event:
        self._send(messages.status(self._publishing, "NetStream.Unpublish.Success", "You are off the air."))
        self._publishing = 0
        return PublishEnded()
