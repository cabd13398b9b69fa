"""The state of a stream, as the API shows it at any node.

The writer of a broadcast knows it (`status_of`) and posts it as a bulletin (`written`); the others read that, and add
what the catalog alone can tell: that the broadcast has ended, or that its writer is gone (`seen`).
"""

from __future__ import annotations

import json
from dataclasses import astuple, dataclass, replace
from typing import TYPE_CHECKING, Any

from media.codecs import codec_string
from origin.live.health import Remark

if TYPE_CHECKING:
    from origin.catalog.on_air import Sight
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


def written(status: LiveStatus) -> str:
    """The bulletin that says so, 8 KB at the most: remarks are few and short."""
    health = [astuple(remark) for remark in status.health]
    return json.dumps([status.state, health, status.since, status.tracks], separators=(",", ":"))


def seen(sight: Sight) -> LiveStatus:
    """What a broadcast that another node writes is like, or that nobody writes."""
    told = replace(_read(sight.bulletin), broadcast_id=sight.broadcast_id)
    if told.since is None:
        told = replace(told, since=sight.started_at)
    if sight.ended_at is not None:
        return replace(told, state="ended")
    return told if sight.held else replace(told, state="reconnecting")


def _read(bulletin: str | None) -> LiveStatus:
    """As it was written; `live` where a writer has said nothing yet, or is of a version that says it otherwise."""
    try:
        state, health, since, tracks = json.loads(bulletin or "")
        return LiveStatus(state, tuple(_remark(row) for row in health), since, tuple(tracks))
    except (ValueError, TypeError):
        return LiveStatus("live")


def _remark(row: list[Any]) -> Remark:
    code, sentence, at, count = row
    return Remark(code, sentence, at, count)
