"""One open file as a file object for libav: several containers read it, each from a place of its own."""

from __future__ import annotations

import os
from typing import Final

MOST: Final = 1 << 20
"""Bytes of one read, whatever is asked for: libav asks for no more than its buffer."""


class Source:
    """Has no name, so that nothing can be found beside it. Answers b"" at the end, however often it is asked."""

    def __init__(self, fd: int, size: int) -> None:
        self._fd = fd
        self._size = size
        self._at = 0

    def read(self, size: int) -> bytes:
        """Up to `size` bytes from here on."""
        data = os.pread(self._fd, max(0, min(size, MOST, self._size - self._at)), self._at)
        self._at += len(data)
        return data

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go elsewhere, also beyond the end; answers with the place."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError("a place before the beginning")
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        """Where the next read begins."""
        return self._at
