"""Logs survive their process, and what is damaged is not believed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from origin.stores import logbook
from origin.stores.logbook import Logbook
from origin.stores.protocol import StoreError

if TYPE_CHECKING:
    from pathlib import Path


def test_records_come_back_in_order(tmp_path: Path) -> None:
    book = Logbook(tmp_path / "logs")
    book.begin("bc_a", b"first")
    book.begin("bc_b", b"other")
    for number in range(100):
        book.append("bc_a", b"%d" % number)
    book.close()
    again = Logbook(tmp_path / "logs")
    assert again.read("bc_a") == [b"first", *(b"%d" % number for number in range(100))]
    assert again.read("bc_b") == [b"other"]
    assert again.read("bc_c") == []
    assert again.subjects() == ["bc_a", "bc_b"]
    again.close()


def test_a_log_begun_anew_has_nothing_of_the_old_one(tmp_path: Path) -> None:
    book = Logbook(tmp_path)
    book.begin("bc_a", b"first")
    book.append("bc_a", b"1")
    book.begin("bc_a", b"second")
    book.append("bc_a", b"2")
    book.close()
    assert Logbook(tmp_path).read("bc_a") == [b"second", b"2"]


def test_a_forgotten_log_is_gone_and_takes_nothing_more(tmp_path: Path) -> None:
    book = Logbook(tmp_path)
    book.begin("bc_a", b"first")
    book.forget("bc_a")
    book.append("bc_a", b"late")
    book.append("bc_never", b"stray")
    book.close()
    assert Logbook(tmp_path).subjects() == []


def test_what_was_written_survives_kill_9(tmp_path: Path) -> None:
    code = """
import sys, time
from pathlib import Path
from origin.stores.logbook import Logbook
book = Logbook(Path(sys.argv[1]))
book.begin("bc_a", b"first")
number = 0
while True:
    book.append("bc_a", b"%d" % number)
    number += 1
    time.sleep(0.001)
"""
    child = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)])
    reader = Logbook(tmp_path)
    deadline = time.monotonic() + 30
    while len(reader.read("bc_a")) < 50 and time.monotonic() < deadline:
        os.sched_yield()
    before = reader.read("bc_a")
    child.send_signal(signal.SIGKILL)
    child.wait()
    after = reader.read("bc_a")
    assert after[: len(before)] == before
    assert after == [b"first", *(b"%d" % number for number in range(len(after) - 1))]
    reader.close()


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=8), st.data())
def test_a_damaged_log_is_read_up_to_the_damage(records: list[bytes], data: st.DataObject) -> None:
    whole = b"".join(map(logbook._framed, records))
    at = data.draw(st.integers(0, len(whole) - 1))
    changed = bytearray(whole)
    changed[at] ^= data.draw(st.integers(1, 255))
    read = list(logbook._records(bytes(changed)))
    assert read == records[: len(read)]
    assert len(read) < len(records)
    assert list(logbook._records(whole[:at])) == records[: len(list(logbook._records(whole[:at])))]
    assert list(logbook._records(whole)) == records


def test_a_full_disk_costs_the_log_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book = Logbook(tmp_path)
    book.begin("bc_a", b"first")
    deadline = time.monotonic() + 30
    while not book.subjects() and time.monotonic() < deadline:
        os.sched_yield()

    def full(_handle: int, _data: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(logbook, "_write", full)
    book.append("bc_a", b"1")
    while book.subjects() and time.monotonic() < deadline:
        os.sched_yield()
    monkeypatch.undo()
    book.append("bc_a", b"2")
    book.begin("bc_b", b"other")
    book.close()
    assert book.subjects() == ["bc_b"]


def test_a_book_that_is_overrun_gives_its_logs_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logbook, "MAX_QUEUED_BYTES", 10)
    book = Logbook(tmp_path)
    book.begin("bc_a", b"0123456789a")
    book.close()
    assert book.subjects() == []


def test_names_that_lead_elsewhere_are_refused(tmp_path: Path) -> None:
    book = Logbook(tmp_path)
    with pytest.raises(ValueError, match="is not a key"):
        book.begin("../bc_a", b"")
    book.close()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreError, match="cannot be made"):
        Logbook(tmp_path / "file" / "logs")
