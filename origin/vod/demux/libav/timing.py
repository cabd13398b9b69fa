"""From units to samples: decode times that only rise, each sample as long as until the next one begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from media.sample import Sample

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from media.track import Kind
    from origin.vod.demux.libav.unit import Unit
    from origin.vod.demux.zero import Shift


def samples(units: Iterable[Unit], kind: Kind, shift: Shift) -> Iterator[Sample]:
    """Moved by `shift`. The last sample lasts as long as it says itself, or as the one before it."""
    before: Unit | None = None
    begun = span = 0
    for unit in units:
        at = unit.dts + shift.dts
        if before is not None:
            at = max(at, begun + 1)
            span = at - begun
            yield Sample(kind, begun, before.pts + shift.pts, span, before.key, before.data)
        before, begun = unit, at
    if before is not None:
        yield Sample(kind, begun, before.pts + shift.pts, before.span or span or 1, before.key, before.data)
