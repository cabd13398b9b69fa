from __future__ import annotations

import pytest

from media.sound_span import aac_span, opus_span
from media.track import Codec, Track


@pytest.mark.parametrize(
    ("packet", "ticks"),
    [
        ("", 960),
        ("f8fffe", 960),
        ("00", 480),
        ("18", 2_880),
        ("60", 480),
        ("80", 120),
        ("e0", 120),
        ("f9", 1_920),
        ("fa", 1_920),
        ("fb", 960),
        ("fb03", 2_880),
        ("fb86", 5_760),
        ("fb3f", 5_760),
        ("fb00", 960),
    ],
)
def test_opus_spans(packet: str, ticks: int) -> None:
    assert opus_span(bytes.fromhex(packet)) == ticks


@pytest.mark.parametrize(
    ("asc", "timescale", "ticks"),
    [
        ("1190", 48_000, 1_024),
        ("1210", 44_100, 1_024),
        ("2b118800", 24_000, 1_024),
        ("2b118800", 48_000, 2_048),
        ("1194", 48_000, 960),
        ("", 48_000, 1_024),
    ],
)
def test_aac_spans(asc: str, timescale: int, ticks: int) -> None:
    assert aac_span(Track(Codec.AAC, timescale, bytes.fromhex(asc))) == ticks
