"""A coded picture or frame of sound on its way to a sample: in ticks of its track, before all tracks are moved to 0."""

from __future__ import annotations

from media.record import record


@record
class Unit:
    """`span` is how long it lasts by its container or its codec, 0 where neither tells."""

    dts: int
    pts: int
    span: int
    key: bool
    data: bytes
