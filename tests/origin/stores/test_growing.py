"""Drafts of a disk store: they grow in order, outlive a killed process, and become objects without a copy."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from origin.stores import growing
from origin.stores.disk import DiskStore
from origin.stores.memory import MemoryStore
from origin.stores.protocol import Appendable, ObjectMissing, StoredObject, StoreError
from tests.origin.stores.tree import files, folders, watched

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

PATIENCE_S = 30.0
KEY = "tn/bc/v0/1-7.m4s"

KILLED = """
import asyncio, os, signal, sys
from origin.stores.disk import DiskStore
async def main():
    store = DiskStore.open("file:" + sys.argv[1])
    done, draft = store.draft("tn/bc/v0/1-6.m4s"), store.draft("tn/bc/v0/1-7.m4s")
    done.append((b"whole",))
    await done.commit()
    for part in (b"one", b"two", b"three"):
        draft.append((part, b"|"))
    assert await draft.read() == b"one|two|three|"
    os.kill(os.getpid(), signal.SIGKILL)
asyncio.run(main())
"""


def kill_one_that_writes(root: Path) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(root)], check=False)
    assert done.returncode == -signal.SIGKILL


async def grow(store: DiskStore, key: str, *parts: Sequence[bytes]) -> growing.GrowingDraft:
    draft = store.draft(key)
    for part in parts:
        draft.append(part)
    return draft


async def test_a_draft_becomes_the_object_of_its_key(store: DiskStore, root: Path) -> None:
    draft = await grow(store, KEY, (b"abc", b"", b"def"), (), (b"ghi",))
    assert await draft.read() == b"abcdefghi"
    assert await store.size(KEY) is None
    draft.append((b"j",))
    await draft.commit()
    assert await store.get(KEY) == b"abcdefghij"
    assert files(root) == [KEY]


async def test_only_stores_that_can_say_that_they_can(store: DiskStore) -> None:
    assert isinstance(store, Appendable)
    assert not isinstance(MemoryStore.open("memory:"), Appendable)


async def test_a_draft_may_be_empty_and_replaces_an_object(store: DiskStore) -> None:
    await store.put(KEY, (b"old",))
    await store.draft(KEY).commit()
    assert await store.get(KEY) == b""


async def test_content_is_flushed_before_its_name_and_the_name_before_the_answer(
    store: DiskStore, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = watched(monkeypatch, root)
    draft = await grow(store, "a/b/c", (b"one", b"two"))
    assert await draft.read() == b"onetwo"
    draft.append((b"three",))
    await draft.commit()
    monkeypatch.undo()
    assert [call for call in calls if "mkdir .spool" not in call] == [
        "writev .spool/a/b/c",
        "writev .spool/a/b/c",
        "fdatasync .spool/a/b/c",
        "mkdir a",
        "fsync .",
        "mkdir a/b",
        "fsync a",
        "replace .spool/a/b/c a/b/c",
        "fsync a/b",
    ]


async def test_what_a_killed_process_had_appended_is_found_cut_and_gone_on_with(root: Path) -> None:
    kill_one_that_writes(root)
    store = DiskStore.open(f"file:{root}")
    assert await store.get("tn/bc/v0/1-6.m4s") == b"whole"
    assert await store.list("", None, 10) == [StoredObject("tn/bc/v0/1-6.m4s", 5)]
    assert await store.drafts("tn/bc/") == [StoredObject(KEY, len(b"one|two|three|"))]
    assert await store.drafts("tn/other/") == []
    draft = await store.adopt(KEY, len(b"one|two|"))
    assert await store.drafts("") == []
    assert await draft.read() == b"one|two|"
    draft.append((b"four",))
    await draft.commit()
    assert await store.get(KEY) == b"one|two|four"
    await store.close()
    assert files(root) == ["tn/bc/v0/1-6.m4s", KEY]


async def test_a_left_draft_that_nobody_wants_is_discarded_or_overwritten(root: Path) -> None:
    for _ in range(2):
        kill_one_that_writes(root)
        store = DiskStore.open(f"file:{root}")
        draft = await grow(store, KEY, (b"x",))
        await draft.commit()
        assert await store.get(KEY) == b"x"
        await store.close()
    kill_one_that_writes(root)
    store = DiskStore.open(f"file:{root}")
    (await store.adopt(KEY, 0)).discard()
    await store.close()
    assert files(root) == ["tn/bc/v0/1-6.m4s", KEY]


async def test_a_draft_that_is_missing_short_or_alive_cannot_be_adopted(store: DiskStore, root: Path) -> None:
    with pytest.raises(ObjectMissing):
        await store.adopt(KEY, 0)
    kill_one_that_writes(root)
    with pytest.raises(StoreError, match="shorter than the 99 bytes"):
        await store.adopt(KEY, 99)
    other = DiskStore.open(f"file:{root}")
    draft = await store.adopt(KEY, 3)
    assert await other.drafts("") == []
    with pytest.raises(StoreError, match="being written by somebody else"):
        await other.adopt(KEY, 3)
    intruder = await grow(other, KEY, (b"x",))
    with pytest.raises(StoreError, match="being written by somebody else"):
        await intruder.commit()
    await other.close()
    assert await draft.read() == b"one"


async def test_closing_keeps_what_is_not_over(store: DiskStore, root: Path) -> None:
    draft = await grow(store, KEY, (b"abc",))
    await store.close()
    with pytest.raises(StoreError, match="over"):
        draft.append((b"d",))
    with pytest.raises(StoreError, match="closed"):
        await draft.commit()
    other = DiskStore.open(f"file:{root}")
    assert await other.drafts("") == [StoredObject(KEY, 3)]
    await other.close()


async def test_what_comes_once_the_store_is_closing_is_told_and_spoils_nothing(store: DiskStore, root: Path) -> None:
    draft = await grow(store, KEY, (b"abc",))
    assert await draft.read() == b"abc"
    await store._ahead.close()
    await store._writers.close()
    with pytest.raises(StoreError, match="closed"):
        draft.append((b"def",))
    await store.close()
    assert (root / ".spool" / KEY).read_bytes() == b"abcdef"


async def test_a_discarded_draft_leaves_nothing(store: DiskStore, root: Path) -> None:
    untouched, written, over = store.draft("a/b"), await grow(store, "c/d/e", (b"x",)), await grow(store, "f", (b"y",))
    await over.commit()
    for draft in (untouched, written, over):
        draft.discard()
        draft.discard()
    with pytest.raises(StoreError, match="over"):
        written.append((b"z",))
    await store.close()
    assert files(root) == ["f"]
    assert folders(root) == [".drafts"]


async def test_folders_of_drafts_go_with_the_objects(store: DiskStore, root: Path) -> None:
    draft = await grow(store, KEY, (b"x",))
    await draft.commit()
    assert (root / ".spool/tn/bc/v0").is_dir()
    await store.delete([KEY])
    assert folders(root) == [".drafts"]
    draft = await grow(store, KEY, (b"x",))
    await draft.commit()
    await store.close()
    await DiskStore.open(f"file:{root}").close()
    assert folders(root) == [".drafts", "tn"]


async def test_a_folder_that_is_removed_meanwhile_is_made_again(
    store: DiskStore, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, removed = os.open, list[bool]()

    def racing(path: Any, *rest: Any, **options: Any) -> int:
        if str(path).endswith(KEY) and (root / ".spool/tn/bc/v0").exists() and len(removed) < 3:
            (root / ".spool/tn/bc/v0").rmdir()
            removed.append(True)
        return real(path, *rest, **options)

    monkeypatch.setattr(os, "open", racing)
    draft = await grow(store, KEY, (b"x",))
    await draft.commit()
    assert await store.get(KEY) == b"x"
    monkeypatch.setattr(growing, "FOLDER_ATTEMPTS", 0)
    with pytest.raises(StoreError, match="vanishes as often as it is made"):
        await store.draft("a/b").commit()


async def test_appends_of_many_drafts_keep_their_order(store: DiskStore) -> None:
    """Commits and reads run beside the lane, and must write first what was appended before them."""

    async def one(number: int) -> None:
        draft = store.draft(f"s{number}/x")
        wanted = b""
        for step in range(60):
            chunk = f"{number}:{step};".encode()
            draft.append((chunk,))
            wanted += chunk
            if step % 7 == number % 7:
                assert await draft.read() == wanted
        await draft.commit()
        assert await store.get(f"s{number}/x") == wanted

    await asyncio.gather(*map(one, range(20)))


async def test_one_write_takes_all_that_came_meanwhile(store: DiskStore, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on, real = threading.Event(), threading.Event(), os.writev
    sizes: list[int] = []

    def slow(handle: int, chunks: Sequence[bytes]) -> int:
        begun.set()
        assert go_on.wait(PATIENCE_S)
        sizes.append(len(chunks))
        return real(handle, chunks)

    monkeypatch.setattr(os, "writev", slow)
    draft = await grow(store, KEY, (b"first",))
    assert await asyncio.to_thread(begun.wait, PATIENCE_S)
    for _ in range(10):
        draft.append((b"x", b"y"))
    go_on.set()
    await draft.commit()
    assert sizes == [1, 20]
    assert await store.get(KEY) == b"first" + 10 * b"xy"


async def test_a_draft_that_outruns_the_disk_is_given_up_and_its_object_can_be_put(
    store: DiskStore, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on, real = threading.Event(), os.writev
    monkeypatch.setattr(os, "writev", lambda *arguments: (go_on.wait(PATIENCE_S), real(*arguments))[1])
    monkeypatch.setattr(growing, "MAX_WAITING_BYTES", 1000)
    draft, other = await grow(store, KEY, (b"x" * 900,)), store.draft("other")
    for _ in range(4):
        draft.append((b"x" * 900,))
    other.append((b"slow",))
    go_on.set()
    with pytest.raises(StoreError, match="does not keep up"):
        await draft.commit()
    with pytest.raises(StoreError, match="does not keep up"):
        await draft.commit()
    draft.discard()
    await other.commit()
    await store.put(KEY, (b"whole",))
    assert (await store.get(KEY), await store.get("other")) == (b"whole", b"slow")
    await store.close()
    assert files(root) == ["other", KEY]


@pytest.mark.parametrize("call", ["writev", "fdatasync", "replace"])
async def test_nothing_is_left_of_a_draft_that_fails(
    store: DiskStore, root: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, call, fail)
    draft = await grow(store, KEY, (b"abc",))
    draft.append((b"def",))
    with pytest.raises(StoreError, match="is full"):
        await draft.commit()
    assert files(root) == []
    monkeypatch.undo()
    with pytest.raises(StoreError):
        await draft.commit()
    await store.put(KEY, (b"abcdef",))
    assert await store.get(KEY) == b"abcdef"


async def test_what_is_no_bytes_spoils_its_draft_alone(store: DiskStore, root: Path) -> None:
    draft, other = await grow(store, KEY, ("text",)), await grow(store, "other", (b"x",))  # type: ignore[arg-type]  # that is the mistake
    with pytest.raises(StoreError, match="TypeError"):
        await draft.read()
    await other.commit()
    assert files(root) == ["other"]


async def test_a_full_disk_is_told_at_the_commit_and_has_room_again(small_disk: Path) -> None:
    store = DiskStore.open(f"file:{small_disk}/objects")
    draft = await grow(store, KEY, *[(b"x" * 300_000,)] * 5)
    with pytest.raises(StoreError, match="The disk that holds the objects is full; free some space"):
        await draft.commit()
    await store.put("other", (b"x" * 800_000,))
    await store.close()
    assert files(small_disk / "objects") == ["other"]


@pytest.mark.parametrize("key", ["../a", ".spool/a", "a//b"])
async def test_bad_keys_are_refused(store: DiskStore, key: str) -> None:
    with pytest.raises(ValueError, match="is not a key"):
        store.draft(key)
    with pytest.raises(ValueError, match="is not a key"):
        await store.adopt(key, 0)
    with pytest.raises(ValueError, match="is not the beginning of a key"):
        await store.drafts("/")
