from __future__ import annotations

from struct import unpack

from packager.fmp4.prft import write_prft
from tests.packager.fragments import boxes


def test_it_says_when_what_is_shown_then_was_captured() -> None:
    [(kind, at, payload)] = boxes(write_prft(2**33, 1_800_000_000.25))
    assert (kind, at, len(payload)) == (b"prft", 0, 24)
    head, track, seconds, fraction, time = unpack(">IIIIQ", payload)
    assert (head >> 24, head & 0xFFFFFF, track, time) == (1, 24, 1, 2**33)
    assert (seconds - 2_208_988_800) % 2**32 + fraction / 2**32 == 1_800_000_000.25


def test_the_clock_goes_on_in_the_next_era() -> None:
    """The NTP era ends on 7 February 2036."""
    [(_, _, payload)] = boxes(write_prft(0, 2_100_000_000.0))
    assert unpack(">I", payload[8:12])[0] == (2_100_000_000 + 2_208_988_800) % 2**32
