"""The demo's two streams: the test card's, and one that waits for OBS, so that the two never fight for one key.

Keys are kept as hashes, so a second run cannot read the first one's: each run rotates them. Playback ids stay, and so
do the links that were made with them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from origin.catalog import streams
from origin.catalog.ids import new_id, secret_hash

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

CARD_NAME: Final = "Test card"
OBS_NAME: Final = "OBS"
LOOKED_THROUGH: Final = 200
"""Streams among which the demo looks for its own, newest first; who has more than that needs no demo."""


@dataclass(frozen=True, slots=True)
class DemoStream:
    """A stream, with the key that this run may publish with."""

    id: str
    playback_id: str
    key: str


@dataclass(frozen=True, slots=True)
class DemoStreams:
    """Both."""

    card: DemoStream
    obs: DemoStream


def prepare(
    conn: Connection, tenant_id: str, now: float, random: Callable[[int], bytes], *, obs_key: str | None = None
) -> DemoStreams:
    """Find the streams by name or make them.

    The card gets a new key; OBS keeps `obs_key` if that is still its stream's.
    """
    known = {stream.name: stream for stream in reversed(streams.page(conn, tenant_id, None, LOOKED_THROUGH))}

    def ready(name: str, key: str | None = None) -> DemoStream:
        found = known.get(name)
        if found is not None and key is not None and found.key_hash == secret_hash(key):
            return DemoStream(found.id, found.playback_id, key)
        key = new_id("sk_", random)
        if found is not None:
            streams.rotate_key(conn, tenant_id, found.id, secret_hash(key), now)
            return DemoStream(found.id, found.playback_id, key)
        made = streams.NewStream(new_id("st_", random), tenant_id, name, secret_hash(key), new_id("pb_", random))
        streams.create(conn, made, now)
        return DemoStream(made.id, made.playback_id, key)

    return DemoStreams(card=ready(CARD_NAME), obs=ready(OBS_NAME, obs_key))
