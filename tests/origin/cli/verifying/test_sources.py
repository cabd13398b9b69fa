from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from origin.cli.verifying.sources import Digest, FileError, digested, joined

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


async def chunks(*sizes: int) -> AsyncIterator[bytes]:
    for size in sizes:
        yield b"x" * size


async def test_chunks_are_joined_up_to_a_limit() -> None:
    assert await joined(chunks(2, 0, 3), 5) == b"xxxxx"
    with pytest.raises(FileError, match="longer than 4 bytes"):
        await joined(chunks(2, 3), 4)


async def test_chunks_are_digested_until_they_are_too_many() -> None:
    assert await digested(chunks(2, 3), 5) == Digest(5, hashlib.sha256(b"xxxxx").hexdigest())
    assert (await digested(chunks(2, 3, 100, 100), 4)).size == 5
