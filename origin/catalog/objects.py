"""Objects: files by name, each with versions that hold its bytes.

The same name again in a tenant is a new version of the same object. A version's bytes lie in the store under its `key`,
which is made of ids alone. What is deleted is first no longer listed (`released_at`), then its bytes go, then its row,
which remembers that there is something to remove: a crash in between leaves nothing that nobody knows of.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, select, tuple_
from sqlalchemy import delete as sql_delete
from sqlalchemy import update as sql_update

from origin.catalog import rows, schema
from origin.errors import Problem

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, Select

_OBJECT = schema.objects.c
_VERSION = schema.versions.c
_OF_VERSION: Final = (
    *(_VERSION.id, _VERSION.tenant_id, _VERSION.object_id, _VERSION.key, _VERSION.size, _VERSION.sha256),
    *(_VERSION.content_type, _VERSION.created_at),
)
_NAMED: Final = (
    select(*_OF_VERSION, _OBJECT.name)
    .join(schema.objects, _OBJECT.id == _VERSION.object_id)
    .where(_OBJECT.id == bindparam("wanted"), _OBJECT.tenant_id == bindparam("of"), _VERSION.released_at.is_(None))
)
_CURRENT: Final = _NAMED.where(_VERSION.id == _OBJECT.version_id)
_ONE: Final = _NAMED.where(_VERSION.id == bindparam("version"))


@dataclass(frozen=True, slots=True)
class Version:
    """The bytes of an object at one time, with the object's name. `sha256` is in hex, `size` in bytes."""

    id: str
    tenant_id: str
    object_id: str
    key: str
    size: int
    sha256: str
    content_type: str
    created_at: float
    name: str


@dataclass(frozen=True, slots=True)
class StoredFile:
    """An object with what its current version says of the bytes. `revision` rises with each version."""

    id: str
    tenant_id: str
    name: str
    version_id: str
    revision: int
    created_at: float
    updated_at: float
    size: int
    sha256: str
    content_type: str


OnCommitted = Callable[["Connection", Version, Mapping[str, str]], None]
"""What is to be done with a version and its upload's metadata, in the transaction that makes it."""


def nothing(conn: Connection, version: Version, metadata: Mapping[str, str]) -> None:
    """Do nothing with it."""


def key_of(tenant_id: str, version_id: str) -> str:
    """Name the place of a version's bytes. No other key begins so: everything else lies below an id."""
    return f"{tenant_id}/objects/{version_id}"


def put(conn: Connection, version: Version, new_object_id: str) -> Version:
    """Make it the current version of the object of its name, which is made with the given id if there is none.

    Gives the version as it is, with the object's id. Raises `conflict` if another connection makes the same object.
    """
    known = conn.execute(
        select(_OBJECT.id).where(_OBJECT.tenant_id == version.tenant_id, _OBJECT.name == version.name).with_for_update()
    ).scalar_one_or_none()
    object_id = known or new_object_id
    if known is None:
        values: dict[str, Any] = {"revision": 1, "created_at": version.created_at, "name": version.name}
        made = schema.objects.insert().values(
            id=object_id, tenant_id=version.tenant_id, version_id=version.id, **values
        )
        conn.execute(made.values(updated_at=version.created_at))
    else:
        changes = {"version_id": version.id, "revision": _OBJECT.revision + 1, "updated_at": version.created_at}
        conn.execute(sql_update(schema.objects).where(_OBJECT.id == object_id).values(**changes))
    kept = {name: getattr(version, name) for name in Version.__slots__ if name not in ("name", "object_id")}
    conn.execute(schema.versions.insert().values(object_id=object_id, **kept))
    return Version(**kept, object_id=object_id, name=version.name)


def current(conn: Connection, tenant_id: str, object_id: str) -> Version | None:
    """Look up the current version of a tenant's object."""
    return rows.first(conn, _CURRENT, Version, wanted=object_id, of=tenant_id)


def version(conn: Connection, tenant_id: str, object_id: str, version_id: str) -> Version | None:
    """Look up one version, be it the current one or not."""
    return rows.first(conn, _ONE, Version, wanted=object_id, of=tenant_id, version=version_id)


def get(conn: Connection, tenant_id: str, object_id: str) -> StoredFile | None:
    """Look up a tenant's object."""
    return rows.first(conn, _files(tenant_id).where(_OBJECT.id == object_id), StoredFile)


def page(
    conn: Connection, tenant_id: str, after: tuple[float, str] | None, limit: int, prefix: str = ""
) -> list[StoredFile]:
    """Give at most `limit` objects whose names begin with `prefix`, newest first, behind the one of `after`."""
    query = _files(tenant_id)
    if prefix:
        query = query.where(_OBJECT.name.startswith(prefix, autoescape=True))
    if after is not None:
        query = query.where(tuple_(_OBJECT.created_at, _OBJECT.id) < tuple_(*after))
    return rows.every(conn, query.order_by(_OBJECT.created_at.desc(), _OBJECT.id.desc()).limit(limit), StoredFile)


def delete(conn: Connection, tenant_id: str, object_id: str, expected_revision: int | None, now: float) -> None:
    """Remove an object; its versions wait for their bytes to be collected.

    Raises `not_found`, or `revision_mismatch` if it is not at the expected revision.
    """
    query = select(_OBJECT.revision).where(*_which(tenant_id, object_id)).with_for_update()
    revision = conn.execute(query).scalar_one_or_none()
    if revision is None:
        raise Problem("not_found", f"There is no object {object_id}.")
    if expected_revision not in (None, revision):
        raise Problem("revision_mismatch", f"The object is at revision {revision}; read it again.")
    conn.execute(sql_update(schema.versions).where(_VERSION.object_id == object_id).values(released_at=now))
    conn.execute(sql_delete(schema.objects).where(*_which(tenant_id, object_id)))


def released(conn: Connection, before: float, limit: int) -> list[tuple[str, str]]:
    """Give id and key of versions that nothing lists any more since `before`."""
    query = select(_VERSION.id, _VERSION.key).where(_VERSION.released_at <= before).limit(limit)
    return [(row.id, row.key) for row in conn.execute(query.order_by(_VERSION.released_at, _VERSION.id))]


def forget(conn: Connection, version_ids: list[str]) -> int:
    """Remove the rows of released versions whose bytes are gone; how many."""
    gone = sql_delete(schema.versions).where(_VERSION.id.in_(version_ids), _VERSION.released_at.is_not(None))
    return rows.touched(conn, gone)


def _files(tenant_id: str) -> Select[Any]:
    columns = [_OBJECT[name] for name in ("id", "tenant_id", "name", "version_id", "revision")]
    columns += [_OBJECT.created_at, _OBJECT.updated_at, _VERSION.size, _VERSION.sha256, _VERSION.content_type]
    return (
        select(*columns).join(schema.versions, _VERSION.id == _OBJECT.version_id).where(_OBJECT.tenant_id == tenant_id)
    )


def _which(tenant_id: str, object_id: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return _OBJECT.id == object_id, _OBJECT.tenant_id == tenant_id
