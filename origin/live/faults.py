"""Names of what can be wrong with a publisher's timestamps, as they stand in the metrics."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


class Fault(StrEnum):
    """One kind of mended fault; the timeline counts them."""

    WRAP = "wrap"
    """The 32-bit millisecond clock began again: once for each track."""
    JUMP_FORWARD = "jump_forward"
    JUMP_BACKWARD = "jump_backward"
    """A stamp that nothing before it explains; decode time went on by one frame."""
    GAP = "gap"
    """Time without frames: the one before it stays longer, silence fills it, or, after a long stall, a hole stays."""
    STANDSTILL = "standstill"
    """The clock does not move at all: frames are placed by when they come."""
    DUPLICATE = "duplicate"
    BACKWARD = "backward"
    """A picture stamped like, or before, the last one; it was moved just behind it."""
    OVERLAP = "overlap"
    """Sound dropped because sound from the publisher had already taken its time."""
    LATE_DROPPED = "late_dropped"
    """Sound dropped because silence had already taken its time."""
    SILENCE_FILLED = "silence_filled"
    """Silent frames made up."""
    COMPOSITION = "composition"
    """A composition offset beyond all reordering, taken as 0."""
    NO_TRACK = "no_track"
    """A frame before the configuration of its track; dropped."""


SENTENCES: Final[Mapping[Fault, str]] = {
    Fault.GAP: "For a while no pictures or no sound came, or the timestamps left time out; it was filled, or is a gap.",
    Fault.STANDSTILL: "The encoder's timestamps stand still; pictures and sound are placed by when they come.",
}
"""For the stream's health, where there is more to say than the name."""
