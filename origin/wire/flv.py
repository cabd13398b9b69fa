"""FLV tags, as RTMP carries them, into tracks and frames.

`FlvReader.receive` takes one tag and gives what it says: `Track` when a decoder configuration is new, or the picture of
a VP9 key frame has another size; `Frame` for each access unit, `Metadata` for onMetaData, `Remark` once for each kind
of thing left out. Bytes that cannot be read raise FlvError. Headers in Adobe's form (Video File Format 10.1, Annex E)
are read here, those of Enhanced RTMP in `enhanced`; `records` brings both into the form that ISO BMFF stores. Frames in
Adobe's form, which is nearly all there is, are recognized by their first two bytes and go straight through.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from media.sample import Frame
from media.track import Codec, Kind, Track
from origin.wire import enhanced
from origin.wire.packets import FlvError, Packet, UnsupportedError, What
from origin.wire.reader import ProtocolError
from origin.wire.records import Claims, Lane, read_record
from origin.wire.rtmp import amf0

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FlvError", "FlvReader", "Metadata", "Remark"]

AUDIO_TAG: Final = 8
VIDEO_TAG: Final = 9
SCRIPT_TAG: Final = 18

_VIDEO: Final = Kind.VIDEO
_AUDIO: Final = Kind.AUDIO
_EX_HEADER: Final = 0x80
_EX_SOUND: Final = 9
_KEY_FRAME: Final = 1
_COMMAND_FRAME: Final = 5
_VIDEO_HEADER: Final = 5
_AUDIO_HEADER: Final = 2
_MAX_SIDE: Final = 65_535
_MAX_RATE: Final = 1_000.0
_MAX_REMARKS: Final = 16
"""Different remarks in one publication: more come only from somebody who tries all FourCCs."""

_VIDEO_CODECS: Final = {7: Codec.H264, 12: Codec.HEVC}
"""CodecID. 12 never was Adobe's, but encoders from before Enhanced RTMP send HEVC under it, in AVC's layout."""
_VIDEO_NAMES: Final = {2: "Sorenson H.263", 3: "Screen video", 4: "VP6", 5: "VP6 with alpha", 6: "Screen video 2"}
_AAC_SOUND: Final = 10
_PLAIN: Final[Mapping[Codec, Mapping[bytes, bool]]] = {
    Codec.H264: {b"\x17\x01": True, b"\x27\x01": False},
    Codec.HEVC: {b"\x1c\x01": True, b"\x2c\x01": False},
    Codec.AAC: {bytes((_AAC_SOUND << 4 | flags, 1)): True for flags in range(16)},
}
"""The first two bytes of a tag that holds an access unit and nothing out of the ordinary; whether it is a key frame."""
_SOUND_NAMES: Final = {
    0: "PCM",
    1: "ADPCM",
    2: "MP3",
    3: "PCM",
    4: "Nellymoser",
    5: "Nellymoser",
    6: "Nellymoser",
    7: "G.711 A-law",
    8: "G.711 mu-law",
    11: "Speex",
    14: "MP3",
}


@dataclass(frozen=True, slots=True)
class Metadata:
    """The publisher's claims in onMetaData; 0, None and "" where it makes none that could be true."""

    width: int = 0
    height: int = 0
    frame_rate: float | None = None
    encoder: str = ""


@dataclass(frozen=True, slots=True)
class Remark:
    """Something in the stream that was left out: a stable code, a sentence for the publisher's owner."""

    code: str
    sentence: str


Event = Track | Frame | Metadata | Remark


@dataclass(slots=True)
class _Side:
    """Picture or sound: the multitrack id that was taken, and the lane in use. A dict by `Kind` would be slow here.

    `plain`: the row of `_PLAIN` that applies; empty where frames must be read in full.
    """

    kind: Kind
    chosen: int | None = None
    lane: Lane | None = None
    plain: Mapping[bytes, bool] = field(default_factory=dict)

    def use(self, lane: Lane) -> None:
        """Read what follows by another configuration."""
        self.lane = lane
        self.plain = _PLAIN.get(lane.track.codec, {}) if self.chosen == 0 and lane.passes else {}


class FlvReader:
    """One publication's tags, in order."""

    def __init__(self) -> None:
        self._claims = Claims()
        self._video = _Side(Kind.VIDEO)
        self._audio = _Side(Kind.AUDIO)
        self._remarked: set[tuple[str, str]] = set()

    def receive(self, tag_type: int, timestamp_ms: int, payload: bytes) -> list[Event]:
        """Take a tag of type 8 (audio), 9 (video) or 18 (script); others, and empty ones, say nothing."""
        # The plain frames first: half the time of the way over a Packet (1.2 against 2.9 us for sound).
        if tag_type == VIDEO_TAG:
            key = self._video.plain.get(payload[:2])
            if key is not None and len(payload) > _VIDEO_HEADER:
                cts_ms = int.from_bytes(payload[2:_VIDEO_HEADER], "big", signed=True)
                return [Frame(_VIDEO, timestamp_ms, cts_ms, key, payload[_VIDEO_HEADER:])]
        elif tag_type == AUDIO_TAG and payload[:2] in self._audio.plain and len(payload) > _AUDIO_HEADER:
            return [Frame(_AUDIO, timestamp_ms, 0, key=True, data=payload[_AUDIO_HEADER:])]
        try:
            return self._read(tag_type, timestamp_ms, payload) if payload else []
        except UnsupportedError as fault:
            sentence = f"{fault.name} is not supported; these packets are left out."
            return self._remark("unsupported_codec", sentence, fault.name)
        except FlvError:
            raise
        except ProtocolError as fault:
            raise FlvError(str(fault)) from fault

    def _read(self, tag_type: int, timestamp_ms: int, payload: bytes) -> list[Event]:
        if tag_type == VIDEO_TAG:
            read = enhanced.video_packets if payload[0] & _EX_HEADER else _video_packets
            return self._packets(self._video, timestamp_ms, read(payload))
        if tag_type == AUDIO_TAG:
            read = enhanced.audio_packets if payload[0] >> 4 == _EX_SOUND else _audio_packets
            return self._packets(self._audio, timestamp_ms, read(payload))
        return self._script(payload) if tag_type == SCRIPT_TAG else []

    def _packets(self, side: _Side, timestamp_ms: int, packets: list[Packet]) -> list[Event]:
        events: list[Event] = []
        for packet in packets:
            if side.chosen is None:
                side.chosen = packet.track
            if packet.track != side.chosen:
                sentence = f"The publisher sends several {side.kind} tracks; only the first is taken."
                events += self._remark("multitrack", sentence, side.kind)
            elif packet.what is What.CONFIG:
                events += self._config(side, packet)
            elif packet.data:
                events += self._frame(side, timestamp_ms, packet)
        return events

    def _config(self, side: _Side, packet: Packet) -> list[Event]:
        known = side.lane
        if known is not None and known.record == packet.data and known.track.codec is packet.codec:
            return []  # encoders repeat it, OBS at every key frame of some versions
        lane = read_record(packet.codec, packet.data, self._claims)
        side.use(lane)
        return [lane.track]

    def _frame(self, side: _Side, timestamp_ms: int, packet: Packet) -> list[Event]:
        lane = side.lane
        if lane is None or lane.track.codec is not packet.codec:
            sentence = f"{packet.codec.name} frames came before their decoder configuration and were left out."
            return self._remark("no_configuration", sentence, packet.codec)
        frame = Frame(side.kind, timestamp_ms, packet.cts_ms, packet.key, lane.sample(packet.data))
        if packet.codec is Codec.VP9 and packet.key:
            resized = lane.resized(packet.data)
            if resized is not lane:
                side.use(resized)
                return [resized.track, frame]
        return [frame]

    def _script(self, payload: bytes) -> list[Event]:
        values = amf0.decode(payload)
        if values[:1] == ["@setDataFrame"]:
            del values[0]
        claims = values[1] if len(values) > 1 and values[0] == "onMetaData" else None
        if not isinstance(claims, dict):
            return []
        metadata = _metadata(claims)
        self._claims = Claims(metadata.width, metadata.height, metadata.frame_rate)
        return [metadata]

    def _remark(self, code: str, sentence: str, about: str) -> list[Event]:
        if (code, about) in self._remarked or len(self._remarked) >= _MAX_REMARKS:
            return []
        self._remarked.add((code, about))
        return [Remark(code, sentence)]


def _video_packets(payload: bytes) -> list[Packet]:
    """VIDEODATA (E.4.3) with AVCVIDEOPACKET: packet type 0 configures, 1 is an access unit, 2 ends the sequence."""
    frame_type, codec_id = payload[0] >> 4, payload[0] & 15
    if frame_type == _COMMAND_FRAME:
        return []
    codec = _VIDEO_CODECS.get(codec_id)
    if codec is None:
        raise UnsupportedError(_VIDEO_NAMES.get(codec_id, f"Video codec {codec_id}"))
    if len(payload) < _VIDEO_HEADER:
        raise FlvError("a video tag is cut off in its header")
    if payload[1] == 1:
        cts_ms = int.from_bytes(payload[2:_VIDEO_HEADER], "big", signed=True)
        return [Packet(What.FRAME, codec, payload[_VIDEO_HEADER:], frame_type == _KEY_FRAME, cts_ms)]
    return [Packet(What.CONFIG, codec, payload[_VIDEO_HEADER:])] if payload[1] == 0 else []


def _audio_packets(payload: bytes) -> list[Packet]:
    """AUDIODATA (E.4.2) with AACAUDIODATA: packet type 0 configures, 1 is a raw frame."""
    sound = payload[0] >> 4
    if sound != _AAC_SOUND:
        raise UnsupportedError(_SOUND_NAMES.get(sound, f"Sound format {sound}"))
    if len(payload) < _AUDIO_HEADER:
        raise FlvError("an audio tag is cut off in its header")
    what = What.FRAME if payload[1] else What.CONFIG
    return [Packet(what, Codec.AAC, payload[_AUDIO_HEADER:])]


def _metadata(claims: Mapping[str, amf0.Value]) -> Metadata:
    rate = _number(claims, "framerate", _MAX_RATE)
    encoder = claims.get("encoder")
    return Metadata(
        width=int(_number(claims, "width", _MAX_SIDE)),
        height=int(_number(claims, "height", _MAX_SIDE)),
        frame_rate=rate or None,
        encoder=encoder[:200] if isinstance(encoder, str) else "",
    )


def _number(claims: Mapping[str, amf0.Value], name: str, limit: float) -> float:
    value = claims.get(name)
    return value if isinstance(value, float) and 0 < value <= limit else 0.0
