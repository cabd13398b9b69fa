"""What an audio or video tag says, whichever of two header forms it has: the words that `flv` and `enhanced` share."""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING

from media.record import record
from origin.wire.reader import ProtocolError

if TYPE_CHECKING:
    from media.track import Codec


class FlvError(ProtocolError):
    """An FLV tag that cannot be read: it is cut off, or its decoder configuration makes no sense."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, "bad_media")


class UnsupportedError(Exception):
    """A tag that is sound, but in a coding that nothing here can pass on; `name` is for people."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class What(Enum):
    """What a packet is to a decoder."""

    CONFIG = auto()
    FRAME = auto()


@record
class Packet:
    """One decoder configuration or access unit; `track` is the id that multitrack headers give, else 0."""

    what: What
    codec: Codec
    data: bytes
    key: bool = True
    cts_ms: int = 0
    track: int = 0
