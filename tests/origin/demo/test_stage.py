from __future__ import annotations

import os
import signal
import socket
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from origin.config import Address, Settings
from origin.demo import stage
from origin.demo.stage import run_demo

if TYPE_CHECKING:
    from pathlib import Path


def settings(folder: Path, rtmp: Address) -> Settings:
    free = Address("127.0.0.1", 0)
    return Settings(
        data_dir=folder,
        database_url=f"sqlite:///{folder}/catalog.db",
        store_url=f"file:{folder}/objects",
        http_bind=free,
        ops_bind=free,
        rtmp_bind=rtmp,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_it_runs_until_a_signal_and_says_its_piece_once(tmp_path: Path, number: signal.Signals) -> None:
    said: list[str] = []

    def say(words: str) -> None:
        said.append(words)
        os.kill(os.getpid(), number)

    await run_demo(settings(tmp_path, Address("127.0.0.1", 0)), say)
    assert len(said) == 1
    assert "/signin/si_" in said[0]


async def test_what_comes_late_is_said_when_it_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for patience in ("FILM_S", "ON_AIR_S"):
        monkeypatch.setattr(stage, patience, 0.0)
    said: list[str] = []

    def say(words: str) -> None:
        said.append(words)
        if len(said) == 2:
            os.kill(os.getpid(), signal.SIGINT)

    await run_demo(settings(tmp_path, Address("127.0.0.1", 0)), say)
    assert "curl" not in said[0]
    assert [line.split()[0] for line in said[1].splitlines()] == ["Upload", "Download"]


async def test_a_taken_port_ends_it_before_anything_is_said(tmp_path: Path) -> None:
    with (
        closing(socket.create_server(("127.0.0.1", 0))) as taken,
        pytest.raises(OSError, match="address already in use"),
    ):
        await run_demo(settings(tmp_path, Address(*taken.getsockname())), pytest.fail)
