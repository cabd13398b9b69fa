from __future__ import annotations

import threading
from concurrent.futures import wait
from functools import partial
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event, text

from origin.catalog import readers, tenants
from origin.catalog.engine import database_file, reader_engine
from origin.catalog.errors import CatalogError
from origin.catalog.readers import THREADS, Readers
from origin.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine

    from origin.catalog.database import Catalog

PATIENCE_S = 30.0


@pytest.fixture
def database() -> str:
    return "sqlite"


@pytest.fixture
def engine(catalog: Catalog, url: str) -> Iterator[Engine]:
    """Beside the catalog, which has made the file and can write to it."""
    del catalog
    engine = reader_engine(database_file(url), THREADS)
    yield engine
    engine.dispose()


@pytest.fixture
def pool(engine: Engine) -> Iterator[Readers]:
    pool = Readers(engine)
    yield pool
    pool.close()


def count(conn: Connection) -> int:
    return int(conn.execute(text("SELECT count(*) FROM tenants")).scalar_one())


def test_reads_cannot_write(pool: Readers) -> None:
    with pytest.raises(CatalogError, match="readonly"):
        pool.submit(partial(tenants.ensure_default, now=0.0)).result(PATIENCE_S)


def test_a_read_sees_one_state_of_the_database(pool: Readers, catalog: Catalog) -> None:
    halfway, go_on = threading.Event(), threading.Event()

    def twice(conn: Connection) -> tuple[int, int]:
        first = count(conn)
        halfway.set()
        assert go_on.wait(PATIENCE_S)
        return first, count(conn)

    reading = pool.submit(twice)
    assert halfway.wait(PATIENCE_S)
    catalog.write_now(partial(tenants.ensure_default, now=0.0))
    go_on.set()
    assert reading.result(PATIENCE_S) == (0, 0)
    assert pool.submit(count).result(PATIENCE_S) == 1


def test_no_read_waits_for_a_slow_one(pool: Readers) -> None:
    together = threading.Barrier(THREADS)
    reads = [pool.submit(lambda _: together.wait(PATIENCE_S)) for _ in range(THREADS)]
    assert sorted(read.result(PATIENCE_S) for read in reads) == list(range(THREADS))


def test_connections_are_kept_and_closed_in_the_end(engine: Engine) -> None:
    taken: list[None] = []
    given_back: list[None] = []
    event.listen(engine, "checkout", lambda *_: taken.append(None))
    event.listen(engine, "checkin", lambda *_: given_back.append(None))
    pool = Readers(engine)
    wait([pool.submit(count) for _ in range(100)], PATIENCE_S)
    assert 1 <= len(taken) <= THREADS
    assert given_back == []
    pool.close()
    pool.close()
    assert given_back == taken


def test_a_connection_is_as_new_after_a_read_that_failed(pool: Readers, catalog: Catalog) -> None:
    for _ in range(2 * THREADS):
        with pytest.raises(CatalogError, match="no such table: nonsense"):
            pool.submit(lambda conn: conn.exec_driver_sql("SELECT * FROM nonsense")).result(PATIENCE_S)
    catalog.write_now(partial(tenants.ensure_default, now=0.0))
    assert {pool.submit(count).result(PATIENCE_S) for _ in range(2 * THREADS)} == {1}


def test_what_a_read_raises_by_itself_reaches_the_caller(pool: Readers) -> None:
    with pytest.raises(ZeroDivisionError):
        pool.submit(lambda _: 1 // 0).result(PATIENCE_S)


def test_reads_have_a_limit(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "MAX_WAITING", 2)
    pool = Readers(engine)
    go_on = threading.Event()
    held = [pool.submit(lambda _: go_on.wait(PATIENCE_S)) for _ in range(2)]
    with pytest.raises(Problem) as caught:
        pool.submit(count)
    assert (caught.value.code, caught.value.headers) == ("catalog_busy", (("Retry-After", "1"),))
    go_on.set()
    assert [read.result(PATIENCE_S) for read in held] == [True, True]
    pool.close()


def test_closed_readers_say_so(pool: Readers) -> None:
    pool.close()
    with pytest.raises(CatalogError, match="closed"):
        pool.submit(count)
