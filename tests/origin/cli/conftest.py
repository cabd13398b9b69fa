"""A shell, alone or beside a running server."""

from __future__ import annotations

import asyncio
import socket
import threading
from typing import TYPE_CHECKING

import pytest
import structlog

from tests.origin.cli.shell import Shell, run_api
from tests.support.logs import logging_as_it_was

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def leave_logging_as_it_was() -> Iterator[None]:
    """Commands that are run in this process set up its logging."""
    with logging_as_it_was():
        yield


@pytest.fixture
def closed(tmp_path: Path) -> Shell:
    """A shell with no server to talk to."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    return Shell(tmp_path, port)


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    """A shell beside a running server, whose log must not end up in what the commands print."""
    listener = socket.create_server(("127.0.0.1", 0))
    port = int(listener.getsockname()[1])
    ready, stop = threading.Event(), threading.Event()
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    thread = threading.Thread(target=lambda: asyncio.run(run_api(tmp_path, listener, ready, stop)))
    thread.start()
    assert ready.wait(20)
    yield Shell(tmp_path, port)
    stop.set()
    thread.join(20)
    listener.detach()
