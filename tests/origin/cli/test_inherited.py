from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

import pytest

from origin.cli import inherited as module
from origin.cli.inherited import inherited
from origin.config import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def numbers(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Two sockets that listen, with numbers that follow each other; gives the first one."""
    listening = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    first = 200
    for number, each in enumerate(listening, first):
        os.dup2(each.fileno(), number)
        each.close()
    monkeypatch.setattr(module, "FIRST", first)
    yield first
    for number in (first, first + 1):
        try:
            os.close(number)
        except OSError:
            continue


def told(names: str, count: int = 2, pid: int = 7) -> dict[str, str]:
    return {"LISTEN_PID": str(pid), "LISTEN_FDS": str(count), "LISTEN_FDNAMES": names, "HOME": "/"}


def test_sockets_come_by_their_names(numbers: int) -> None:
    environ = told("rtmp:http")
    taken = inherited(environ, 7)
    assert {name: each.fileno() for name, each in taken.items()} == {"rtmp": numbers, "http": numbers + 1}
    assert not any(os.get_inheritable(each.fileno()) for each in taken.values())
    assert environ == {"HOME": "/"}, "no child is to take them for its own"
    for each in taken.values():
        each.close()


@pytest.mark.parametrize("environ", [{}, {"HOME": "/"}, told("http:rtmp", pid=8)])
def test_what_is_not_for_us_is_left(environ: dict[str, str]) -> None:
    assert inherited(environ, 7) == {}


@pytest.mark.parametrize(("names", "count"), [("http:smtp", 2), ("http:http", 2), ("http", 2), ("", 0), ("unknown", 1)])
def test_sockets_for_something_else_are_refused(names: str, count: int) -> None:
    with pytest.raises(ConfigError, match="FileDescriptorName"):
        inherited(told(names, count), 7)
