"""The catalog as the rest of the origin meets it: `await catalog.read(fn)` and `await catalog.write(fn)`."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Final, TypeVar

from origin.catalog import engine, migrate, postgres
from origin.catalog.errors import CatalogError
from origin.catalog.failures import translate
from origin.catalog.readers import THREADS, Readers
from origin.catalog.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Engine

T = TypeVar("T")


class Catalog:
    """One database, open. Several processes, and several catalogs in one process, may have the same one open.

    A database on a server is shared by the nodes of a cluster. It may stop and start again: writes wait for it for some
    seconds, reads fail until it is back.

    Functions given to it take a connection and return values, not cursors: the connection is not theirs afterwards.
    All methods raise `Problem` (`catalog_failed`, `catalog_busy`, `conflict`), or what the function raised.
    """

    def __init__(self, writer: Engine, reader: Engine) -> None:
        self._engines = (writer, reader)
        self._writer = Writer(writer)
        self._readers = Readers(reader)

    @classmethod
    def open(cls, url: str) -> Catalog:
        """Open `sqlite:///path`, made if need be, or `postgresql://…`, and migrate it. Blocks, as a rule for little."""
        scheme = url.partition(":")[0]
        writer, reader = DATABASES.get(scheme, _open_file)(url)
        return cls(writer, reader)

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in a reading transaction."""
        return await asyncio.wrap_future(self._readers.submit(work))

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in a writing transaction; returns when it is durable. An exception undoes all of `work`.

        `work` may be run a second time if the first was undone. If the caller is cancelled, `work` may still be done.
        """
        return await asyncio.wrap_future(self._writer.submit(work))

    def read_now(self, work: Callable[[Connection], T]) -> T:
        """Read while the calling thread waits: for commands and the moments of starting."""
        return self._readers.submit(work).result()

    def write_now(self, work: Callable[[Connection], T]) -> T:
        """Write while the calling thread waits."""
        return self._writer.submit(work).result()

    def close(self) -> None:
        """Finish what was submitted and close the files. May be called more than once."""
        self._writer.close()
        self._readers.close()
        for each in self._engines:
            each.dispose()


def look(url: str) -> str:
    """Say which database this is and whether it can be used, and change nothing. Raises `Problem`."""
    if url.startswith("postgresql:"):
        return postgres.look(url)
    path = engine.database_file(url)
    if not path.exists():
        return f"SQLite; the first start makes {path}."
    if not path.is_file() or not os.access(path, os.R_OK | os.W_OK):
        raise CatalogError(f"{path} is no file that can be read and written; change its owner or set database_url.")
    return f"SQLite in {path}, {path.stat().st_size >> 10} KiB."


def _open_file(url: str) -> tuple[Engine, Engine]:
    path = engine.database_file(url)
    writer = engine.writer_engine(path)
    _prepare(lambda: migrate.prepare(path, writer), writer)
    return writer, engine.reader_engine(path, THREADS)


def _open_server(url: str) -> tuple[Engine, Engine]:
    writer = postgres.writer_engine(url)
    _prepare(lambda: migrate.prepare_server(postgres.whereabouts(url), writer), writer)
    return writer, postgres.reader_engine(url, THREADS)


def _prepare(work: Callable[[], None], writer: Engine) -> None:
    try:
        work()
    except Exception as error:
        writer.dispose()
        ours = translate(error)
        if ours is error:
            raise
        raise ours from error


DATABASES: Final[dict[str, Callable[[str], tuple[Engine, Engine]]]] = {
    "sqlite": _open_file,
    "postgresql": _open_server,
}
"""Schemes of `database_url`, and what gives the engines of its writer and its readers."""
