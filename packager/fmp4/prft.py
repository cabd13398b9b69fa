"""ProducerReferenceTimeBox (ISO/IEC 14496-12, 8.16.5): when, by the wall clock, something in the media happened.

It stands before the first part of a segment, in the same bytes for HLS and DASH (CMAF allows it there: ISO/IEC
23000-19, 7.3.2.3). One for a segment is enough, since within a segment both clocks run alike.
"""

from __future__ import annotations

from struct import pack
from typing import Final

from packager.fmp4.boxes import full_box

_CAPTURED: Final = 24
"""flags: the offset of this time from the event that is shown is small and consistent."""
_TRACK_ID: Final = 1
_1900: Final = 2_208_988_800
"""Seconds from the NTP era to the unix one (RFC 5905, figure 4)."""


def write_prft(time: int, date: float) -> bytes:
    """Say that what is shown at `time`, in ticks of the track, was captured at `date`, unix seconds."""
    ntp = int((date + _1900) * 2**32) & 0xFFFF_FFFF_FFFF_FFFF
    return full_box(b"prft", 1, _CAPTURED, pack(">IQQ", _TRACK_ID, ntp, time))
