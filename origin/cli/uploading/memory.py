"""Which upload a file belongs to, over the death of this process: one small file each, in the user's cache.

A file is known by the server, its path, size and time of change: one that was edited meanwhile is another one.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

KEPT_S: Final = 7 * 86_400.0
"""A server forgets an upload that nobody goes on with after a day, unless its operator wants otherwise."""
MAX_BYTES: Final = 1024
"""An entry has some 50; whatever is larger is something else."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A file, as it was when this began."""

    path: Path
    size: int
    changed_ns: int

    @classmethod
    def of(cls, path: Path) -> Identity:
        """Look at a file. Raises `OSError`."""
        path = path.resolve()
        found = path.stat()
        return cls(path, found.st_size, found.st_mtime_ns)


def folder(environ: Mapping[str, str]) -> Path:
    """Where a user's programs keep what may be lost (XDG Base Directory Specification)."""
    given = environ.get("XDG_CACHE_HOME", "")
    return (Path(given) if given.startswith("/") else Path.home() / ".cache") / "headwater" / "uploads"


class Memory:
    """Entries in a folder. One that cannot be read or written is as if it were not there: then a file is sent anew."""

    def __init__(self, where: Path, server: str) -> None:
        self._folder = where
        self._server = server

    def find(self, file: Identity, purpose: str) -> str | None:
        """Give the id of the upload that was begun of a file."""
        with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
            with self._entry(file, purpose).open("rb") as entry:
                found = json.loads(entry.read(MAX_BYTES))["upload"]
            return found if isinstance(found, str) else None
        return None

    def keep(self, file: Identity, purpose: str, upload_id: str) -> None:
        """Remember it: whole, or not at all."""
        entry = self._entry(file, purpose)
        with contextlib.suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            draft = entry.with_suffix(f".{os.getpid()}")
            draft.write_text(json.dumps({"upload": upload_id}))
            draft.replace(entry)

    def forget(self, file: Identity, purpose: str) -> None:
        """It is over."""
        with contextlib.suppress(OSError):
            self._entry(file, purpose).unlink(missing_ok=True)

    def tidy(self) -> None:
        """Remove entries so old that no server knows their uploads."""
        oldest = time.time() - KEPT_S
        with contextlib.suppress(OSError):
            for entry in self._folder.iterdir():
                if entry.stat().st_mtime < oldest:
                    entry.unlink(missing_ok=True)

    def _entry(self, file: Identity, purpose: str) -> Path:
        told = json.dumps([self._server, str(file.path), file.size, file.changed_ns, purpose])
        return self._folder / f"{hashlib.sha256(told.encode()).hexdigest()}.json"
