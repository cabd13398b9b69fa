"""What streams show while they wait for their publisher: a card, or a picture.

The picture is in a row here, and not an object: it is ours (a JPEG of at most 1920 pixels a side, some 0.5 MB), goes
with its stream in one transaction, and is wanted by whichever node writes the stream, about once a broadcast. Its table
is apart, so that no list of streams reads it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, select

from origin.catalog import rows, schema, streams
from origin.catalog.ids import DEFAULT_TENANT
from origin.catalog.streams import Changes

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from origin.catalog.streams import Stream

CARD: Final = "card"
PICTURE: Final = "picture"


@dataclass(frozen=True, slots=True)
class Slate:
    """One stream's; the card where there is no `picture` (a JPEG)."""

    stream_id: str
    picture: bytes | None = None
    tenant_id: str = DEFAULT_TENANT


def put(conn: Connection, slate: Slate, wanted: int | None, now: float) -> Stream:
    """Give a stream a slate, in the place of the one before. Raises as `streams.update`."""
    kind = CARD if slate.picture is None else PICTURE
    stream = streams.update(conn, slate.tenant_id, slate.stream_id, Changes(slate=kind), wanted, now)
    forget(conn, slate.stream_id)
    rows.add(conn, schema.slates, slate)
    return stream


def remove(conn: Connection, tenant_id: str, stream_id: str, wanted: int | None, now: float) -> Stream:
    """Let a stream have none. Raises as `streams.update`."""
    stream = streams.update(conn, tenant_id, stream_id, Changes(slate=None), wanted, now)
    forget(conn, stream_id)
    return stream


def forget(conn: Connection, stream_id: str) -> None:
    """Remove what there is, whatever the stream's row says: that goes, too."""
    conn.execute(delete(schema.slates).where(schema.slates.c.stream_id == stream_id))


def get(conn: Connection, stream_id: str) -> Slate | None:
    """Give the stream's slate, with its picture."""
    query = select(schema.slates).where(schema.slates.c.stream_id == stream_id)
    return rows.first(conn, query, Slate)
