"""Tag headers of Enhanced RTMP v2 (Veovera Software Organization, 2024): FourCC codecs, ModEx, multitrack.

Read in the order of the specification's tables "ExVideoTagHeader", "ExVideoTagBody" and their audio twins; what differs
between picture and sound is in the two `_Dialect`s. A multitrack message gives one packet a track.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from media.track import Codec
from origin.wire.packets import FlvError, Packet, UnsupportedError, What
from origin.wire.reader import Cursor

if TYPE_CHECKING:
    from collections.abc import Mapping

_SEQUENCE_START, _CODED_FRAMES, _SEQUENCE_END, _CODED_FRAMES_X, _METADATA, _TS_SEQUENCE_START = range(6)
_MULTICHANNEL_CONFIG: Final = 4
_MOD_EX: Final = 7
_LONG_MOD_EX: Final = 256
_ONE_TRACK, _MANY_TRACKS, _MANY_TRACKS_MANY_CODECS = range(3)
_KEY_FRAME: Final = 1
_COMMAND_FRAME: Final = 5
_WITH_COMPOSITION_TIME: Final = frozenset({Codec.H264, Codec.HEVC})


@dataclass(frozen=True, slots=True)
class _Dialect:
    """`frames` are the packet types that hold an access unit; `skipped` those that hold nothing for a decoder."""

    codecs: Mapping[bytes, Codec]
    names: Mapping[bytes, str]
    multitrack: int
    frames: frozenset[int]
    skipped: frozenset[int]


_VIDEO: Final = _Dialect(
    codecs={b"avc1": Codec.H264, b"hvc1": Codec.HEVC, b"av01": Codec.AV1, b"vp09": Codec.VP9},
    names={b"vp08": "VP8", b"vvc1": "VVC"},
    multitrack=6,
    frames=frozenset({_CODED_FRAMES, _CODED_FRAMES_X}),
    skipped=frozenset({_SEQUENCE_END, _METADATA}),
)
_AUDIO: Final = _Dialect(
    codecs={b"mp4a": Codec.AAC, b"Opus": Codec.OPUS},
    names={b"ac-3": "AC-3", b"ec-3": "E-AC-3", b".mp3": "MP3", b"fLaC": "FLAC"},
    multitrack=5,
    frames=frozenset({_CODED_FRAMES}),
    skipped=frozenset({_SEQUENCE_END, _MULTICHANNEL_CONFIG}),
)


def video_packets(payload: bytes) -> list[Packet]:
    """Read a video tag whose first bit is set."""
    frame_type = payload[0] >> 4 & 7
    cursor = Cursor(payload, 1)
    packet_type = _past_mod_ex(cursor, payload[0] & 15)
    if frame_type == _COMMAND_FRAME and packet_type != _METADATA:
        return []  # a VideoCommand follows (seek marks), and no body
    return _body(cursor, packet_type, _VIDEO, key=frame_type == _KEY_FRAME)


def audio_packets(payload: bytes) -> list[Packet]:
    """Read an audio tag of sound format 9."""
    cursor = Cursor(payload, 1)
    return _body(cursor, _past_mod_ex(cursor, payload[0] & 15), _AUDIO, key=True)


def _past_mod_ex(cursor: Cursor, packet_type: int) -> int:
    """Skip modifiers (nanosecond offsets are below our clock's resolution) to the true packet type."""
    while packet_type == _MOD_EX:
        size = cursor.uint(1) + 1
        if size == _LONG_MOD_EX:
            size = cursor.uint(2) + 1
        cursor.take(size)
        packet_type = cursor.uint(1) & 15
    return packet_type


def _body(cursor: Cursor, packet_type: int, dialect: _Dialect, *, key: bool) -> list[Packet]:
    if packet_type != dialect.multitrack:
        return _packet(packet_type, dialect, cursor.take(4), cursor, key=key)
    head = cursor.uint(1)
    layout, packet_type = head >> 4, head & 15
    if layout > _MANY_TRACKS_MANY_CODECS or packet_type in (dialect.multitrack, _MOD_EX):
        raise FlvError("a multitrack header makes no sense")
    shared = b"" if layout == _MANY_TRACKS_MANY_CODECS else cursor.take(4)
    packets: list[Packet] = []
    while cursor.left:
        fourcc = shared or cursor.take(4)
        track = cursor.uint(1)
        data = cursor.rest() if layout == _ONE_TRACK else cursor.take(cursor.uint(3))
        try:
            packets += _packet(packet_type, dialect, fourcc, Cursor(data), key=key, track=track)
        except UnsupportedError:
            if not packets:  # of the others none is taken anyway
                raise
    return packets


def _packet(  # noqa: PLR0913 - one argument for each field of the header
    packet_type: int, dialect: _Dialect, fourcc: bytes, body: Cursor, *, key: bool, track: int = 0
) -> list[Packet]:
    if packet_type in dialect.skipped:
        return []
    codec = dialect.codecs.get(fourcc)
    if codec is None:
        raise UnsupportedError(dialect.names.get(fourcc) or f"FourCC {fourcc.decode('ascii', 'backslashreplace')}")
    if packet_type == _SEQUENCE_START:
        return [Packet(What.CONFIG, codec, body.rest(), track=track)]
    if packet_type not in dialect.frames:
        raise UnsupportedError(f"{codec.name} in packets of type {packet_type}")
    timed = packet_type == _CODED_FRAMES and codec in _WITH_COMPOSITION_TIME
    cts_ms = body.sint24() if timed else 0
    return [Packet(What.FRAME, codec, body.rest(), key, cts_ms, track)]
