from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from origin.stores.drafts import Drafts
from tests.origin.stores.tree import files, folders

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KILLED = """
import os, signal, sys
from pathlib import Path
from origin.stores.drafts import Drafts
os.fdatasync = lambda handle: os.kill(os.getpid(), signal.SIGKILL)
Drafts(Path(sys.argv[1])).write((b"x" * 1000,))
"""


@pytest.fixture
def drafts(root: Path) -> Iterator[Drafts]:
    drafts = Drafts(root)
    yield drafts
    drafts.close()


def test_a_draft_is_whole_and_each_has_its_own_file(drafts: Drafts, root: Path) -> None:
    one, two = drafts.write((b"abc", b"", b"def")), drafts.write(())
    assert (one.read_bytes(), two.read_bytes()) == (b"abcdef", b"")
    assert one.parent == two.parent
    assert one.is_relative_to(root / ".drafts")


def test_what_the_disk_takes_in_pieces_is_whole(drafts: Drafts, monkeypatch: pytest.MonkeyPatch) -> None:
    """A nearly full disk, or a signal, ends a write early (POSIX, write())."""
    real = os.write
    monkeypatch.setattr(os, "write", lambda handle, data: real(handle, data[:7]))
    assert drafts.write((b"0123456789" * 3,)).read_bytes() == b"0123456789" * 3


def test_the_page_cache_is_left_to_others_once_the_disk_has_it(drafts: Drafts, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages that are not flushed yet would stay (posix_fadvise(2)), so the order counts."""
    calls: list[str] = []

    def noted(name: str) -> None:
        real = getattr(os, name)

        def call(handle: int, *given: int) -> None:
            calls.append(f"{name} {given}")
            real(handle, *given)

        monkeypatch.setattr(os, name, call)

    noted("fdatasync")
    noted("posix_fadvise")
    assert drafts.write((b"abc" * 10_000,)).read_bytes() == b"abc" * 10_000
    assert calls == ["fdatasync ()", f"posix_fadvise {(0, 0, os.POSIX_FADV_DONTNEED)}"]


def test_nothing_is_left_of_a_draft_that_fails(drafts: Drafts, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fdatasync", full)
    with pytest.raises(OSError, match="No space left"):
        drafts.write((b"abc",))
    assert files(root) == []
    monkeypatch.undo()
    assert drafts.write((b"abc",)).read_bytes() == b"abc"


def test_what_a_crash_left_behind_is_swept_at_the_next_opening(root: Path) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(root)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert len(files(root)) == 1
    drafts = Drafts(root)
    assert files(root) == []
    assert len(folders(root / ".drafts")) == 1
    drafts.close()


def test_the_drafts_of_the_living_are_left_alone(drafts: Drafts, root: Path) -> None:
    draft = drafts.write((b"x",))
    other = Drafts(root)
    assert other.write((b"y",)) != draft
    other.close()
    assert draft.read_bytes() == b"x"
    assert files(root) == [str(draft.relative_to(root))]


def test_closing_removes_the_folder_and_what_is_in_it(root: Path) -> None:
    drafts = Drafts(root)
    drafts.write((b"x",))
    drafts.close()
    assert folders(root / ".drafts") == []


def test_a_copy_is_whole_or_not_there(tmp_path: Path) -> None:
    drafts = Drafts(tmp_path)
    (tmp_path / "file").write_bytes(b"content")
    copied = drafts.copy(tmp_path / "file")
    assert copied.read_bytes() == b"content"
    with pytest.raises(FileNotFoundError):
        drafts.copy(tmp_path / "none")
    assert list(copied.parent.iterdir()) == [copied]
    drafts.close()
