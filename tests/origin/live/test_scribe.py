"""The log of a broadcast describes what viewers saw, and does not grow for ever."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

from origin.live import scribe as scribe_module
from origin.live.scribe import Scribe
from origin.live.succession import recall
from origin.stores import logbook
from origin.stores.logbook import Logbook
from packager.hls.media_playlist import render
from packager.pipeline import LivePackager
from tests.packager import feed
from tests.packager.feed import VIDEO, WALL, pictures

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def published(book: Logbook, seconds: float) -> LivePackager:
    packager = LivePackager(feed.settings())
    scribe = Scribe(book, "bc_a", packager.presentation, lambda _renditions: None)
    packager.start([VIDEO], WALL)
    for sample in pictures(seconds):
        if packager.push(sample):
            scribe.tell(["v0"], {}, lambda: None)
    return packager


async def test_a_successor_reads_what_was_shown(tmp_path: Path) -> None:
    book = Logbook(tmp_path)
    packager = published(book, 15)
    book.close()
    presentation = await recall(Logbook(tmp_path), "bc_a")
    assert presentation is not None
    shown = [render(each.windows["v0"], each.windows, skip=False) for each in (presentation, packager.presentation)]
    assert shown[0] == shown[1]


async def test_nothing_is_shown_that_a_successor_would_not_know(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk, shown = threading.Event(), asyncio.Event()
    write = logbook._write

    def slow(handle: int, data: bytes) -> None:
        disk.wait()
        write(handle, data)

    monkeypatch.setattr(logbook, "_write", slow)
    book = Logbook(tmp_path)
    packager = LivePackager(feed.settings())
    scribe = Scribe(book, "bc_a", packager.presentation, lambda _renditions: shown.set())
    packager.start([VIDEO], WALL)
    await scribe.presentable()
    scribe.tell(["v0"], {}, lambda: None)
    looking = asyncio.create_task(scribe.presentable())
    await asyncio.sleep(5 * logbook.GATHER_S)
    assert not looking.done()
    assert not shown.is_set()
    disk.set()
    await looking
    assert shown.is_set()
    book.close()
    shown.clear()
    scribe.tell(["v0"], {}, lambda: None)
    assert shown.is_set(), "a server that stops keeps nobody waiting"


async def test_old_entries_give_way_to_a_snapshot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scribe_module, "LEAST_GROWTH", 1_000)
    book = Logbook(tmp_path)
    packager = published(book, 120)
    book.close()
    records = Logbook(tmp_path).read("bc_a")
    assert len(records) < 120
    presentation = await recall(Logbook(tmp_path), "bc_a")
    assert presentation is not None
    assert presentation.next_msn == packager.presentation.next_msn


async def test_what_is_forgotten_is_not_recalled(tmp_path: Path) -> None:
    book = Logbook(tmp_path)
    scribe = Scribe(book, "bc_a", LivePackager(feed.settings()).presentation, lambda _renditions: None)
    scribe.tell(["v0"], {}, lambda: None)
    await scribe.forget()
    book.close()
    assert await recall(Logbook(tmp_path), "bc_a") is None
