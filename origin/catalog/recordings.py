"""What was recorded of broadcasts, a row a segment: some 200 bytes each, 0.7 MB for an hour of two renditions.

Rows are written as a broadcast goes on, and hardly ever change. They stay as long as the objects that they tell of.
"""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, delete, exists, select, update
from sqlalchemy.dialects import postgresql, sqlite

from origin.catalog import rows, schema
from origin.catalog.engine import is_shared
from packager.diary import track_of, track_row
from packager.recorded import Recorded, RecordedInit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection, Table

    from packager.inventory import Stored

_SEGMENT = schema.recording_segments.c
_INIT = schema.recording_inits.c
_FIELDS: Final = tuple(field.name for field in fields(Recorded))


def add(conn: Connection, tenant_id: str, broadcast_id: str, segments: Sequence[Recorded]) -> None:
    """Write segments down; those that are known stay as they are."""
    of = {"tenant_id": tenant_id, "broadcast_id": broadcast_id}
    _add_new(conn, schema.recording_segments, [of | asdict(segment) for segment in segments])


def add_inits(conn: Connection, tenant_id: str, broadcast_id: str, inits: Sequence[RecordedInit]) -> None:
    """Write init segments down, in place of what was said of them before: their tracks' frame rates come later."""
    names = [init.name for init in inits]
    conn.execute(delete(schema.recording_inits).where(_INIT.broadcast_id == broadcast_id, _INIT.name.in_(names)))
    of = {"tenant_id": tenant_id, "broadcast_id": broadcast_id}
    told = [of | {"name": each.name, "track": _told(each), "size": each.size, "sha256": each.sha256} for each in inits]
    _add_new(conn, schema.recording_inits, told)


def inits(conn: Connection, broadcast_id: str) -> list[RecordedInit]:
    """Give the init segments of a broadcast: one a run of each rendition, few."""
    query = select(_INIT.name, _INIT.track, _INIT.size, _INIT.sha256).where(_INIT.broadcast_id == broadcast_id)
    return [
        RecordedInit(name, track_of(json.loads(track)), size, sha256)
        for name, track, size, sha256 in conn.execute(query.order_by(_INIT.name))
    ]


def segments(conn: Connection, broadcast_id: str, after: tuple[str, int], limit: int) -> list[Recorded]:
    """Give at most `limit` segments, rendition by rendition, behind the one with (rendition, number) of `after`.

    Begin with ("", -1). A page of 10,000 takes some 5 MB.
    """
    query = _PAGE.limit(limit)
    found = conn.execute(query, {"of": broadcast_id, "rendition": after[0], "msn": after[1]})
    return [Recorded(*row) for row in found]


def since(conn: Connection, broadcast_id: str, numbers: Mapping[str, int]) -> list[Recorded]:
    """Give what is written down of each rendition from its number in `numbers` on."""
    query = select(*(_SEGMENT[name] for name in _FIELDS)).where(_SEGMENT.broadcast_id == broadcast_id)
    return [
        Recorded(*row)
        for rendition, number in numbers.items()
        for row in conn.execute(query.where(_SEGMENT.rendition == rendition, _SEGMENT.msn >= number))
    ]


def cut(conn: Connection, broadcast_id: str, numbers: Mapping[str, int]) -> None:
    """Remove what is written down of each rendition from its number in `numbers` on: a successor makes that anew."""
    for rendition, number in numbers.items():
        gone = delete(schema.recording_segments).where(_SEGMENT.broadcast_id == broadcast_id)
        conn.execute(gone.where(_SEGMENT.rendition == rendition, _SEGMENT.msn >= number))


def unheard(conn: Connection, broadcast_id: str, limit: int) -> list[Recorded]:
    """Give at most `limit` segments of pictures that are stored, and beside which no sound is."""
    heard = schema.recording_segments.alias().c
    sound = (heard.broadcast_id == broadcast_id, heard.rendition == "a0", heard.msn == _SEGMENT.msn, heard.size > 0)
    query = select(*(_SEGMENT[name] for name in _FIELDS)).where(
        _SEGMENT.broadcast_id == broadcast_id, _SEGMENT.rendition == "v0", _SEGMENT.size > 0, ~exists().where(*sound)
    )
    return [Recorded(*row) for row in conn.execute(query.order_by(_SEGMENT.msn).limit(limit))]


def fill(conn: Connection, tenant_id: str, broadcast_id: str, segments: Sequence[Recorded]) -> None:
    """Write segments down that were made afterwards, in place of gaps."""
    for row in segments:
        gap = (_SEGMENT.broadcast_id == broadcast_id, _SEGMENT.rendition == row.rendition, _SEGMENT.msn == row.msn)
        conn.execute(delete(schema.recording_segments).where(*gap, _SEGMENT.size == 0))
    add(conn, tenant_id, broadcast_id, segments)


def redeem(conn: Connection, broadcast_id: str, stored: Stored) -> bool:
    """Let the gap that is written down of a segment be what is stored under its name. False if there is none."""
    rendition, _, file = stored.name.partition("/")
    of = (_SEGMENT.broadcast_id == broadcast_id, _SEGMENT.rendition == rendition, _SEGMENT.file == file)
    gap = update(schema.recording_segments).where(*of, _SEGMENT.size == 0)
    return rows.touched(conn, gap.values(size=stored.size, sha256=stored.sha256)) == 1


def any_of(conn: Connection, broadcast_id: str) -> bool:
    """Tell whether anything of a broadcast is written down."""
    return conn.execute(select(_SEGMENT.msn).where(_SEGMENT.broadcast_id == broadcast_id).limit(1)).first() is not None


def drop(conn: Connection, broadcast_id: str, limit: int) -> int:
    """Remove at most `limit` segments of a broadcast whose objects are gone, and, when there is none, the rest."""
    oldest = select(_SEGMENT.rendition, _SEGMENT.msn).where(_SEGMENT.broadcast_id == broadcast_id).limit(limit)
    keys = [(rendition, msn) for rendition, msn in conn.execute(oldest)]
    if keys:
        gone = delete(schema.recording_segments).where(
            _SEGMENT.broadcast_id == bindparam("of"),
            _SEGMENT.rendition == bindparam("in"),
            _SEGMENT.msn == bindparam("at"),
        )
        conn.execute(gone, [{"of": broadcast_id, "in": rendition, "at": msn} for rendition, msn in keys])
    else:
        conn.execute(delete(schema.recording_inits).where(_INIT.broadcast_id == broadcast_id))
    return len(keys)


def _page() -> Any:
    wanted: Any = bindparam("rendition")
    behind = (_SEGMENT.rendition > wanted) | ((_SEGMENT.rendition == wanted) & (_SEGMENT.msn > bindparam("msn")))
    query = select(*(_SEGMENT[name] for name in _FIELDS)).where(_SEGMENT.broadcast_id == bindparam("of"), behind)
    return query.order_by(_SEGMENT.rendition, _SEGMENT.msn)


_PAGE: Final = _page()


def _add_new(conn: Connection, table: Table, values: list[dict[str, Any]]) -> None:
    if values:
        made = postgresql.insert(table) if is_shared(conn) else sqlite.insert(table)
        conn.execute(made.on_conflict_do_nothing(), values)


def _told(init: RecordedInit) -> str:
    return json.dumps(track_row(init.track))
