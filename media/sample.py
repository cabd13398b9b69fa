"""Coded pictures and sound: as they came off the wire (`Frame`) and with mended times (`Sample`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from media.record import record

if TYPE_CHECKING:
    from media.track import Kind


@record
class Frame:
    """One access unit as a publisher sent it; its times cannot be trusted yet.

    `dts_ms` counts milliseconds on the publisher's clock, unwrapped to more than 32 bits by nobody so far;
    `cts_ms` is presentation minus decode time in milliseconds and may be negative.
    `data` is in the form that ISO BMFF stores: length-prefixed NAL units, AV1 temporal unit without its delimiter,
    raw AAC or Opus frames.
    """

    kind: Kind
    dts_ms: int
    cts_ms: int
    key: bool
    data: bytes


@record
class Sample:
    """One access unit on the stream's own timeline.

    `dts`, `pts` and `duration` are in ticks of the track's timescale; within one track, `dts` is `dts + duration`
    of the one before it, except after a discontinuity. `dts` is never negative. `data` is a view where a file is read.
    """

    kind: Kind
    dts: int
    pts: int
    duration: int
    key: bool
    data: bytes | memoryview
