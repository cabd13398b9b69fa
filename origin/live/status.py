"""The state of a stream, as the API shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from media.codecs import codec_string

if TYPE_CHECKING:
    from origin.live.health import Remark
    from origin.live.on_air import OnAir


@dataclass(frozen=True, slots=True)
class LiveStatus:
    """`state` as the contract names it, `since` in unix seconds, `tracks` as codec strings (RFC 6381), video first."""

    state: str = "idle"
    health: tuple[Remark, ...] = ()
    since: float | None = None
    tracks: tuple[str, ...] = ()
    broadcast_id: str | None = None


def status_of(on_air: OnAir | None) -> LiveStatus:
    """What a broadcast is like now; `idle` where there is none. The tracks are the last that came."""
    if on_air is None:
        return LiveStatus()
    tracks = on_air.channel.packager.presentation.tracks.values()
    return LiveStatus(
        on_air.state,
        tuple(on_air.health.remarks),
        on_air.since,
        tuple(map(codec_string, tracks)),
        on_air.writer.broadcast_id,
    )
