"""The catalog as the rest of the origin meets it: `await catalog.read(fn)` and `await catalog.write(fn)`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from origin.catalog import migrate
from origin.catalog.engine import database_file, reader_engine, writer_engine
from origin.catalog.failures import translate
from origin.catalog.readers import THREADS, Readers
from origin.catalog.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Engine

T = TypeVar("T")


class Catalog:
    """One database, open. Several processes, and several catalogs in one process, may have the same one open.

    Functions given to it take a connection and return values, not cursors: the connection is not theirs afterwards.
    All methods raise `Problem` (`catalog_failed`, `catalog_busy`, `conflict`), or what the function raised.
    """

    def __init__(self, writer: Engine, reader: Engine) -> None:
        self._engines = (writer, reader)
        self._writer = Writer(writer)
        self._readers = Readers(reader)

    @classmethod
    def open(cls, url: str) -> Catalog:
        """Open `sqlite:///path`, made and migrated if need be. Blocks, for milliseconds as a rule."""
        path = database_file(url)
        writer = writer_engine(path)
        try:
            migrate.prepare(path, writer)
        except Exception as error:
            writer.dispose()
            ours = translate(error)
            if ours is error:
                raise
            raise ours from error
        return cls(writer, reader_engine(path, THREADS))

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
        for engine in self._engines:
            engine.dispose()
