from __future__ import annotations

import hashlib

import pytest

from origin.cli.verifying import bucket as bucket_module
from origin.cli.verifying.bucket import Bucket
from origin.cli.verifying.sources import Digest, FileError, FileMissing
from origin.stores.memory import MemoryStore


async def test_objects_are_read_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bucket_module, "PAGE", 2)
    store = MemoryStore()
    for name in ("a", "v0/b", "v0/c"):
        await store.put(name, [b"content"])
    source = Bucket(store)
    assert await source.get("a", 7) == b"content"
    assert await source.digest("v0/b", 7) == Digest(7, hashlib.sha256(b"content").hexdigest())
    assert (await source.digest("v0/b", 3)).size == 4
    assert [name async for name in source.names()] == ["a", "v0/b", "v0/c"]
    with pytest.raises(FileError, match="longer"):
        await source.get("a", 6)
    with pytest.raises(FileMissing):
        await source.get("b", 6)
    await source.close()
    with pytest.raises(FileError, match="closed") as caught:
        await source.digest("a", 6)
    assert caught.value.problem == "unreadable"
