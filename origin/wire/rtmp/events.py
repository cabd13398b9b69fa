"""What an RTMP session tells its shell."""

from __future__ import annotations

from dataclasses import dataclass, field

from media.record import record


@dataclass(frozen=True, slots=True)
class Connected:
    """The client is through the handshake and has named an application. `encoder` is what it calls itself."""

    app: str
    encoder: str


@dataclass(frozen=True, slots=True)
class PublishRequested:
    """The client asks to publish. Answer with `Session.accept` or `Session.reject`; nothing is read until then.

    `key` is the stream key, a secret: it stays out of repr, and must stay out of logs.
    """

    app: str
    stream_id: int
    key: str = field(repr=False)


@record
class Media:
    """An audio (8), video (9) or script (18) message, as an FLV tag would hold it; milliseconds modulo 2**32."""

    tag_type: int
    timestamp_ms: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class PublishEnded:
    """The client has stopped publishing; it may ask again on the same connection."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The client was told no and should be hung up on once the answer is sent. `reason` is a word for metrics."""

    reason: str
    sentence: str


Event = Connected | PublishRequested | Media | PublishEnded | Refused
