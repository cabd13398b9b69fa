"""Frames that decode to silence, to stand in for sound that does not come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from media.sample import Sample
from media.sound_span import aac_span
from media.track import Codec, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from media.track import Track


@dataclass(frozen=True, slots=True)
class Silence:
    """One silent frame and its duration in ticks of the track it was made for."""

    data: bytes
    span: int

    def samples(self, start: int, until: int) -> Iterator[Sample]:
        """Frames from `start` on up to `until` or a little beyond, one at least; in ticks of that track."""
        for at in range(start, max(until, start + 1), self.span):
            yield Sample(Kind.AUDIO, at, at, self.span, key=True, data=self.data)


_OPUS: Final = b"\xf8\xff\xfe"
"""CELT, full band, 20 ms, mono, one frame (RFC 6716, 3.1); mono and stereo decoders take it (RFC 7845, 5.1.1)."""
_OPUS_RATE: Final = 48_000
_OPUS_SPAN: Final = 960

_SINGLE: Final = "00000000" + "000" + "0" + "000000" + "0" + "000"
"""individual_channel_stream (ISO/IEC 14496-3, table 4.50) with nothing in it: global_gain; ics_info of reserved bit
and window_sequence ONLY_LONG, window_shape, max_sfb 0, predictor_data_present; no pulse, TNS or gain control data."""
_PAIR: Final = "0" + _SINGLE * 2
"""common_window 0 and two streams (channel_pair_element, table 4.5)."""
_ELEMENTS: Final = {"s": ("000", _SINGLE), "p": ("001", _PAIR), "l": ("011", _SINGLE)}
"""id_syn_ele and contents of single channel, channel pair and low frequency elements (table 4.85)."""
_LAYOUTS: Final = {1: "s", 2: "p", 3: "sp", 4: "sps", 5: "spp", 6: "sppl", 7: "spppl"}
"""Elements by channelConfiguration (table 1.19)."""
_END: Final = "111"


def silence_for(track: Track) -> Silence | None:
    """The silent frame of `track`, or None where none is known (Opus of more than two channels, unusual AAC)."""
    if track.codec is Codec.OPUS and track.channels <= 2:  # noqa: PLR2004 - mono or stereo
        return Silence(_OPUS, _OPUS_SPAN * track.timescale // _OPUS_RATE)
    layout = _aac_layout(track.config) if track.codec is Codec.AAC else 0
    return Silence(aac_silence(layout), aac_span(track)) if layout in _LAYOUTS else None


def aac_silence(layout: int) -> bytes:
    """A raw_data_block (ISO/IEC 14496-3, table 4.3) for channelConfiguration `layout`, 1 to 7."""
    bits, tags = "", dict.fromkeys(_ELEMENTS, 0)
    for element in _LAYOUTS[layout]:
        code, contents = _ELEMENTS[element]
        bits += code + f"{tags[element]:04b}" + contents
        tags[element] += 1
    bits += _END
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def _aac_layout(asc: bytes) -> int:
    """ChannelConfiguration of an AudioSpecificConfig in its usual form, else 0."""
    if len(asc) < 2 or asc[0] >> 3 == 31 or (asc[0] & 7) << 1 | asc[1] >> 7 == 15:  # noqa: PLR2004 - the two escapes
        return 0
    return asc[1] >> 3 & 15
