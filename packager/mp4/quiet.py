"""Silence for where no sound came: many players play frames of sound one after the other, whatever their times say.

Chromium does: without something to play, all sound after a pause would be early by as much.
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import error as struct_error
from struct import unpack_from
from typing import TYPE_CHECKING, Final

from media.silence import silence_for
from media.track import Codec, Kind, Track

if TYPE_CHECKING:
    from media.silence import Silence
    from packager.mp4.description import Description

_CHANNELS_AT: Final = 24
_CONFIG_AT: Final = 36
"""Of the configuration box in an audio sample entry (ISO/IEC 14496-12, 12.2.3.2)."""
_ESDS_AT: Final = _CONFIG_AT + 12
"""Of the first descriptor: esds has a full box's head."""
_PATH: Final = ((0x03, 3), (0x04, 13), (0x05, 0))
"""Tags down to the AudioSpecificConfig, and how many bytes stand before the next one (ISO/IEC 14496-1, 7.2.6)."""


@dataclass(frozen=True, slots=True)
class Filler:
    """Silent frames among the plan's literals: `count` of them from `offset`, of `size` bytes and `span` ticks each."""

    offset: int
    size: int
    span: int
    count: int

    def frames(self, ticks: int) -> int:
        """How many fill so many ticks best."""
        return max(round(ticks / self.span), 0)


def silence_of(description: Description) -> Silence | None:
    """The silent frame of a track; None for pictures, and where none is known."""
    if description.kind is not Kind.AUDIO:
        return None
    try:
        codec, (channels,) = Codec(description.codec.decode()), unpack_from(">H", description.entry, _CHANNELS_AT)
        config = _specific_config(description.entry[_ESDS_AT:]) if codec is Codec.AAC else b""
    except (ValueError, IndexError, struct_error):
        return None
    return silence_for(Track(codec, description.timescale, config, channels=channels))


def _specific_config(data: bytes) -> bytes:
    for tag, before in _PATH:
        if data[0] != tag:
            raise ValueError("a descriptor is missing")
        at, size = 1, 0
        while True:
            byte = data[at]
            at, size = at + 1, size << 7 | byte & 0x7F
            if byte < 0x80:  # noqa: PLR2004 - the last of the size's 7-bit groups
                break
        data = data[at : at + size][before:]
    return data
