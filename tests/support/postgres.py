"""A PostgreSQL server of the tests' own: on loopback, with nothing flushed to the disk, stopped in the end."""

from __future__ import annotations

import atexit
import functools
import itertools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import pytest
from sqlalchemy import URL, create_engine
from sqlalchemy.exc import OperationalError

from origin.catalog.database import Catalog

if TYPE_CHECKING:
    from types import TracebackType

USER, PASSWORD = "headwater", "pass%word/of:a@test"
PATIENCE_S = 60.0
OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "60",
    "shared_buffers": "16MB",
    "fsync": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "deadlock_timeout": "50ms",
    "log_min_messages": "fatal",
}
"""What was committed survives a kill of the server (synchronous_commit is on); nothing need survive the machine."""


class PostgresServer:
    """A server that can be stopped, and started again at the same place with what it had."""

    def __init__(self) -> None:
        self._programs = _programs()
        self.folder = Path(tempfile.mkdtemp(prefix="headwater-postgres-"))
        self._user = _unprivileged()
        if self._user:
            os.chown(self.folder, pwd.getpwnam(self._user).pw_uid, -1)
        password = self.folder / "password"
        password.write_text(PASSWORD)
        password.chmod(0o644)  # the folder is its user's alone
        self._run(
            "initdb", "-U", USER, "--pwfile", str(password), "-A", "scram-sha-256", "-E", "UTF8", "-N", "--locale=C"
        )
        self.port = _free_port()
        self._numbers = itertools.count()
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> None:
        """Start it unless it runs, and wait until it answers."""
        if self._process is not None and self._process.poll() is None:
            return
        options = [word for name, value in OPTIONS.items() for word in ("-c", f"{name}={value}")]
        command = [str(self._programs / "postgres"), "-D", str(self._data), "-p", str(self.port), *options]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, user=self._user, cwd=self.folder, stdout=log, stderr=log)
        deadline = time.monotonic() + PATIENCE_S
        while not self._answers():
            assert self._process.poll() is None, (self.folder / "log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def stop(self) -> None:
        """Shut it down: transactions under way are rolled back, connections closed with a word."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """Stop it at once, as a crash would."""
        self._end(signal.SIGQUIT)

    @property
    def pid(self) -> int:
        """Of the process that the others are children of."""
        assert self._process
        return self._process.pid

    def url(self, database: str) -> str:
        """What goes into `database_url`."""
        address = URL.create("postgresql", USER, PASSWORD, "127.0.0.1", self.port, database)
        return address.render_as_string(hide_password=False)

    def make(self, template: str = "template0") -> str:
        """Make a database and give its URL."""
        name = f"test_{next(self._numbers)}"
        self.do(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.url(name)

    def do(self, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Carry out a statement behind everybody's back, and give the rows of the answer."""
        engine = create_engine(self.url(database).replace(":", "+psycopg:", 1), isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as conn:
                result = conn.exec_driver_sql(statement)
                return [tuple(row) for row in result] if result.returns_rows else []
        finally:
            engine.dispose()

    def close(self) -> None:
        """Stop it and forget its files."""
        self.kill()
        shutil.rmtree(self.folder)

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(how)
            self._process.wait(PATIENCE_S)

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), "-D", str(self._data), *arguments]
        done = subprocess.run(command, user=self._user, cwd=self.folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    def _answers(self) -> bool:
        try:
            return self.do("SELECT 1") == [(1,)]
        except OperationalError:
            return False


def _programs() -> Path:
    """Where Debian's packages and others put PostgreSQL's programs; the newest."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    initdb = debian[-1] if debian else shutil.which("initdb")
    if initdb is None:
        pytest.skip("PostgreSQL is not installed")
    return Path(initdb).parent


def _unprivileged() -> str | None:
    """PostgreSQL refuses to run as root."""
    if os.getuid() != 0:
        return None
    return next(user.pw_name for user in pwd.getpwall() if user.pw_name in ("postgres", "nobody"))


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as bound:
        return int(bound.getsockname()[1])


@functools.cache
def server() -> PostgresServer:
    """The server that all tests share."""
    started = PostgresServer()
    atexit.register(started.close)
    return started


@functools.cache
def template() -> str:
    """The name of a database with the catalog's schema and nothing else, to make others from."""
    url = server().make()
    Catalog.open(url).close()
    return url.rpartition("/")[2]


def migrated() -> str:
    """The URL of a new database with the catalog's schema."""
    return server().make(template())
