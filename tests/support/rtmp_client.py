"""A publisher's half of RTMP, as bytes: enough to say anything to the server, right or wrong."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from origin.wire.flv import FlvReader
from origin.wire.reader import ProtocolError
from origin.wire.rtmp import amf0
from origin.wire.rtmp.events import Media, PublishRequested
from origin.wire.rtmp.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterable

    from origin.wire.rtmp.amf0 import Value
    from origin.wire.rtmp.chunk import ChunkLimits
    from origin.wire.rtmp.events import Event

SEED = bytes(32)
HELLO = b"\x03" + bytes(2 * 1536)
FOLDER = Path(__file__).parents[1] / "vectors/rtmp"
VECTORS = {path.stem: path.read_bytes() for path in sorted(FOLDER.glob("*.bin"))}
MALFORMED = {
    path.stem: (path.read_bytes(), path.with_suffix(".error").read_text().strip())
    for path in sorted((FOLDER / "malformed").glob("*.bin"))
}
"""What peers must not send, and what they are told: `reason: sentence`."""


def message(
    type_id: int,
    payload: bytes,
    *,
    time: int = 0,
    stream: int = 1,
    chunks: int = 4,
    size: int = 128,
    repeat: bool = True,
) -> bytes:
    """One message, with a full header; `repeat` says whether later chunks repeat an extended timestamp."""
    extended = time.to_bytes(4, "big") if time >= 0xFFFFFF else b""
    head = bytes((chunks,)) + min(time, 0xFFFFFF).to_bytes(3, "big") + len(payload).to_bytes(3, "big")
    head += bytes((type_id,)) + stream.to_bytes(4, "little") + extended
    again = bytes((0xC0 | chunks,)) + (extended if repeat else b"")
    return head + again.join([payload[at : at + size] for at in range(0, len(payload), size)] or [b""])


def command(name: str, transaction: float, *arguments: Value, stream: int = 0, type_id: int = 20) -> bytes:
    payload = amf0.encode([name, transaction, *arguments])
    return message(type_id, b"\x00" * (type_id == 17) + payload, stream=stream, chunks=3)


CONNECT = command("connect", 1.0, {"app": "live", "flashVer": "test", "tcUrl": "rtmp://localhost/live"})
CREATE = command("createStream", 2.0, None)
PUBLISH = command("publish", 3.0, None, "sk_right?from=test", "live", stream=1)


def ready(*more: bytes) -> tuple[Session, list[Event]]:
    """A session that has taken hello and connect, and then `more`."""
    session = Session(SEED)
    events = session.receive_data(HELLO + CONNECT + b"".join(more))
    return session, events


def publishing() -> Session:
    """A session whose peer is on the air."""
    session, events = ready(CREATE, PUBLISH)
    request = events[-1]
    assert isinstance(request, PublishRequested)
    assert session.accept(request) == []
    session.data_to_send()
    return session


def run(pieces: Iterable[bytes], limits: ChunkLimits | None = None) -> list[Event]:
    """All events of a session that grants every request."""
    session = Session(SEED, limits)
    seen: list[Event] = []
    for piece in pieces:
        fresh = session.receive_data(piece)
        while fresh:
            seen += fresh
            last = fresh[-1]
            fresh = session.accept(last) if isinstance(last, PublishRequested) else []
    return seen


def media(events: Iterable[Event]) -> list[Media]:
    return [event for event in events if isinstance(event, Media)]


def fault(pieces: Iterable[bytes], limits: ChunkLimits | None = None) -> str:
    """How a publisher ends that sends this and gets what it asks for: `reason: sentence`, or "" if nothing is wrong."""
    reader = FlvReader()
    session = Session(SEED, limits)
    try:
        for piece in pieces:
            fresh = session.receive_data(piece)
            while fresh:
                for tag in media(fresh):
                    reader.receive(tag.tag_type, tag.timestamp_ms, tag.payload)
                last = fresh[-1]
                fresh = session.accept(last) if isinstance(last, PublishRequested) else []
            session.data_to_send()
    except ProtocolError as error:
        return f"{error.reason}: {error}"
    return ""
