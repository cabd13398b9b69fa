"""What a decoder must know before the first sample: codec, clock and configuration."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from media.languages import tag

VIDEO_TIMESCALE = 90_000
"""Ticks a second of every video track: the MPEG clock, exact for 24, 25, 30, 50, 60 and the 1001 rates."""


class Kind(StrEnum):
    """What a track carries."""

    VIDEO = "video"
    AUDIO = "audio"


class Codec(StrEnum):
    """A coding format, by the sample entry that ISO BMFF gives it."""

    H264 = "avc1"
    HEVC = "hvc1"
    AV1 = "av01"
    VP9 = "vp09"
    AAC = "mp4a"
    OPUS = "Opus"

    @property
    def kind(self) -> Kind:
        """Video or audio."""
        return Kind.AUDIO if self in (Codec.AAC, Codec.OPUS) else Kind.VIDEO


@dataclass(frozen=True, slots=True)
class Track:
    """One elementary stream.

    `config` is the decoder configuration record as ISO BMFF stores it, without its box header: the payload of
    avcC, hvcC, av1C, vpcC or dOps; for AAC the AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1).
    `timescale` is ticks a second: 90000 for video, the sample rate for audio (48000 for Opus).
    `width` and `height` are coded luma samples; 0 for audio. `sample_rate` (Hz) and `channels` are 0 for video.
    `frame_rate` (frames a second) is the publisher's claim or None.
    `language` is of ISO 639-2/T, `name` what its author calls it ("Director's comments"), or "".
    `rotation` is by how many degrees, clockwise, pictures are to be turned: 0, 90, 180 or 270. A pixel is shown
    `aspect[0]` wide and `aspect[1]` high.
    """

    codec: Codec
    timescale: int
    config: bytes
    width: int = 0
    height: int = 0
    sample_rate: int = 0
    channels: int = 0
    frame_rate: float | None = None
    language: str = "und"
    name: str = ""
    rotation: int = 0
    aspect: tuple[int, int] = (1, 1)

    @property
    def kind(self) -> Kind:
        """Video or audio."""
        return self.codec.kind

    @property
    def known_language(self) -> str | None:
        """The language, if it is told, as manifests have it (RFC 5646)."""
        return tag(self.language) if self.language != "und" else None

    @property
    def shown_size(self) -> tuple[int, int]:
        """Width and height of the picture as it is shown, in square pixels, turned."""
        wide, high = round(self.width * self.aspect[0] / self.aspect[1]), self.height
        return (high, wide) if self.rotation % 180 else (wide, high)
