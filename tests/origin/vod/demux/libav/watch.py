"""Sees which files are opened, by whomever in this process: libav's own reading is seen by no audit hook."""

from __future__ import annotations

import ctypes
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LIBC = ctypes.CDLL(None, use_errno=True)
_IN_OPEN = 0x20


class Watch:
    def __init__(self, fd: int) -> None:
        self._fd = fd

    def opened(self) -> bool:
        """Tell whether it was opened since the last time."""
        try:
            return bool(os.read(self._fd, 4096))
        except BlockingIOError:
            return False


@contextmanager
def watch(path: Path) -> Iterator[Watch]:
    fd = _LIBC.inotify_init1(os.O_NONBLOCK)
    assert fd >= 0
    try:
        assert _LIBC.inotify_add_watch(fd, os.fsencode(path), _IN_OPEN) >= 0
        yield Watch(fd)
    finally:
        os.close(fd)
