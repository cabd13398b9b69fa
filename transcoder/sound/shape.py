"""What sound is made of which: the rate and channels of the source wherever AAC and players know them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

RATES: Final = frozenset(
    (96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350)
)
"""Those that an AudioSpecificConfig has a number for (ISO/IEC 14496-3, table 1.18)."""
USUAL_RATE: Final = 48_000
_LAYOUTS: Final = {
    "mono": "mono",
    "stereo": "stereo",
    "downmix": "stereo",
    "3.0": "3.0",
    "4.0": "4.0",
    "5.0": "5.0",
    "5.0(side)": "5.0",
    "5.1": "5.1",
    "5.1(side)": "5.1",
}
"""Those with a channelConfiguration (table 1.19) that are heard as such; "side" names the same places."""
_SURROUND: Final = 6
_BIT_RATES: Final = {1: 96_000, 2: 160_000}
_EACH: Final = 64_000
"""Bit a second, where libav's encoder is not told from the source by most; 5.1 gets what broadcasts give it."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Samples a second, libav's name of the channels, how many these are, and bits a second."""

    rate: int
    layout: str
    channels: int
    bit_rate: int


def shape_of(rate: int, layout: str, channels: int) -> Shape:
    """More channels than 5.1 are mixed down to that, other unusual ones to stereo."""
    kept = _LAYOUTS.get(layout) or ("5.1" if channels >= _SURROUND else "stereo" if channels > 1 else "mono")
    count = {"mono": 1, "stereo": 2, "3.0": 3, "4.0": 4, "5.0": 5, "5.1": 6}[kept]
    return Shape(rate if rate in RATES else USUAL_RATE, kept, count, _BIT_RATES.get(count, count * _EACH))
