"""The audit log: who did what to which of a tenant's things, and when. Rows are added, never changed or removed.

A tenant's rows are a chain: each has a number and a hash over itself and the hash before, so that a row cannot be
changed, left out or put in afterwards without all later hashes changing. (That the newest rows are missing, a chain
does not show.) Whoever appends has the tenant's row locked until its transaction is over, and so sees the newest link,
on whichever node it is; the act itself belongs into the same transaction.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, select, tuple_

from origin.catalog import rows, schema
from origin.catalog.clock import moment

if TYPE_CHECKING:
    from sqlalchemy import Connection

SYSTEM: Final = "system"
"""The actor where it was nobody's request."""
BEFORE_THE_FIRST: Final = ""
"""What stands in the place of the hash before, in a chain's first row."""

_ROW = schema.audit.c
_CHAIN: Final = (
    select(schema.tenants.c.id).where(schema.tenants.c.id == bindparam("of")).with_for_update(key_share=True)
)
"""FOR NO KEY UPDATE: other rows that refer to the tenant take a key share lock on it, and need not wait."""
_NEWEST: Final = select(schema.audit).where(_ROW.tenant_id == bindparam("of")).order_by(_ROW.number.desc()).limit(1)


@dataclass(frozen=True, slots=True)
class Act:
    """What is to be remembered. `subject` is the id of what it was done to; `detail` has members of the action's own.

    None of it may hold a secret.
    """

    id: str
    tenant_id: str
    actor: str
    action: str
    subject: str
    detail: dict[str, str]


@dataclass(frozen=True, slots=True)
class Entry:
    """A row. `number` counts the tenant's rows from 1; `detail` is JSON; `hash` is SHA-256 in hex."""

    id: str
    tenant_id: str
    number: int
    created_at: float
    actor: str
    action: str
    subject: str
    detail: str
    hash: str


def append(conn: Connection, act: Act, now: float) -> Entry:
    """Add a row at the end of its tenant's chain. `conflict` if there is no such tenant."""
    conn.execute(_CHAIN, {"of": act.tenant_id})
    now = float(moment(conn, now))  # with the lock held: times rise with numbers
    before = rows.first(conn, _NEWEST, Entry, of=act.tenant_id)
    number = before.number + 1 if before else 1
    link = _link(before.hash if before else BEFORE_THE_FIRST, act, number, now)
    told = asdict(act) | {"detail": _json(act.detail)}
    entry = Entry(**told, number=number, created_at=now, hash=link)
    rows.add(conn, schema.audit, entry)
    return entry


def page(conn: Connection, tenant_id: str, after: tuple[float, str] | None, limit: int) -> list[Entry]:
    """Give at most `limit` rows of a tenant, newest first, behind the one with `(created_at, id)` of `after`."""
    query = select(schema.audit).where(_ROW.tenant_id == tenant_id)
    if after is not None:
        query = query.where(tuple_(_ROW.created_at, _ROW.id) < tuple_(*after))
    return rows.every(conn, query.order_by(_ROW.created_at.desc(), _ROW.id.desc()).limit(limit), Entry)


def _link(before: str, act: Act, number: int, now: float) -> str:
    """Hash a row. The time is told in microseconds: floats are written differently in different languages."""
    fields = [before, number, round(now * 1_000_000)]
    fields += [act.id, act.tenant_id, act.actor, act.action, act.subject, act.detail]
    return hashlib.sha256(_json(fields).encode()).hexdigest()


def _json(value: object) -> str:
    """In one form to the byte: no blanks, members in order, ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
