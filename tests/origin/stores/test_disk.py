from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from origin.stores import disk
from origin.stores.disk import DiskStore
from origin.stores.protocol import CHUNK_BYTES, ObjectMissing, StoreError
from tests.origin.stores.tree import files, folders, watched

PATIENCE_S = 30.0

CROWDED = """
import asyncio, resource, sys
from origin.stores.disk import DiskStore
from origin.stores.protocol import StoreError
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
async def main():
    store = DiskStore.open("file:" + sys.argv[1])
    await store.put("a/small", (b"x" * 1000,))
    try:
        await store.put("b/large", (b"x" * 60_000, b"y" * 60_000))
    except StoreError as error:
        print(error.detail)
    await store.put("a/next", (b"x" * 1000,))
    await store.close()
asyncio.run(main())
"""


@pytest.mark.parametrize("form", ["file:{}", "file://{}"])
async def test_a_key_is_a_path_below_the_folder(tmp_path: Path, form: str) -> None:
    store = DiskStore.open(form.format(tmp_path / "objects"))
    await store.put("tn/bc/v0/1-7.m4s", (b"abc",))
    await store.close()
    assert (tmp_path / "objects/tn/bc/v0/1-7.m4s").read_bytes() == b"abc"
    assert files(tmp_path / "objects") == ["tn/bc/v0/1-7.m4s"]


async def test_a_path_may_be_relative_and_stays_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    store = DiskStore.open("file:data/objects")
    monkeypatch.chdir("/")
    await store.put("a", (b"",))
    await store.close()
    assert (tmp_path / "data/objects/a").exists()


async def test_empty_folders_go_with_their_last_object(store: DiskStore, root: Path) -> None:
    for key in ("tn/bc/v0/1", "tn/bc/v0/2", "tn/bc/a0/1", "tn/bd/1"):
        await store.put(key, (b"",))
    await store.delete(["tn/bc/v0/1", "tn/bc/a0/1"])
    assert folders(root / "tn/bc") == ["v0"]
    await store.delete(["tn/bc/v0/2", "tn/bd/1"])
    assert folders(root) == [".drafts"]


async def test_a_file_is_moved_into_its_place_and_both_folders_are_flushed(
    store: DiskStore, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = root / ".drafts" / "file"
    file.write_bytes(b"content")
    inode = file.stat().st_ino
    calls = watched(monkeypatch, root)
    await store.take("a/b", file)
    monkeypatch.undo()
    assert calls == ["mkdir a", "fsync .", "replace .drafts a/b", "fsync a", "fsync .drafts"]
    assert (root / "a/b").stat().st_ino == inode


async def test_a_file_of_another_file_system_is_copied(store: DiskStore, root: Path, small_disk: Path) -> None:
    file = small_disk / "file"
    file.write_bytes(b"content" * 1000)
    await store.take("a/b", file)
    assert (root / "a/b").read_bytes() == b"content" * 1000
    assert not file.exists()
    assert files(root) == ["a/b"]


async def test_content_is_flushed_before_its_name_and_the_name_before_the_answer(
    store: DiskStore, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = watched(monkeypatch, root)
    await store.put("a/b/c", (b"one", b"two"))
    monkeypatch.undo()
    assert calls == [
        "writev .drafts",
        "fdatasync .drafts",
        "mkdir a",
        "fsync .",
        "mkdir a/b",
        "fsync a",
        "replace .drafts a/b/c",
        "fsync a/b",
    ]


def test_a_limit_on_files_is_told_and_leaves_nothing(root: Path) -> None:
    done = subprocess.run([sys.executable, "-c", CROWDED, str(root)], check=True, capture_output=True, text=True)
    assert done.stdout == "The object is larger than the file system, or a limit of this process, allows.\n"
    assert files(root) == ["a/next", "a/small"]
    assert folders(root) == [".drafts", "a"]


async def test_a_full_disk_is_told_leaves_nothing_and_passes(small_disk: Path) -> None:
    store = DiskStore.open(f"file:{small_disk}/objects")
    await store.put("a/first", (b"x" * 400_000,))
    with pytest.raises(StoreError, match="The disk that holds the objects is full; free some space"):
        await store.put("a/second", (b"x" * 400_000, b"x" * 400_000))
    assert files(small_disk / "objects") == ["a/first"]
    assert await store.get("a/first") == b"x" * 400_000
    await store.delete(["a/first"])
    await store.put("a/second", (b"x" * 400_000, b"x" * 400_000))
    assert await store.size("a/second") == 800_000
    await store.close()


async def test_closing_leaves_only_objects(store: DiskStore, root: Path) -> None:
    await store.put("a", (b"",))
    await store.close()
    assert folders(root / ".drafts") == []


async def test_a_key_that_is_the_folder_of_another_is_a_store_error(store: DiskStore, root: Path) -> None:
    await store.put("a/b", (b"x",))
    for key in ("a", "a/b/c"):
        with pytest.raises(StoreError, match="The disk that holds the objects failed"):
            await store.put(key, (b"y",))
    assert files(root) == ["a/b"]


async def test_a_folder_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="failed: "):
        DiskStore.open(f"file:{tmp_path}/file/objects")


async def test_a_folder_that_vanishes_again_and_again_is_told(
    store: DiskStore, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DiskStore, "_make_folder", lambda *_: None)
    with pytest.raises(StoreError, match="vanishes as often as it is made"):
        await store.put("a/b", (b"x",))
    assert files(root) == []


def open_handles(root: Path) -> list[str]:
    links = []
    for link in Path("/proc/self/fd").iterdir():
        try:
            links.append(os.readlink(link))  # noqa: PTH115 - the text, also of what is no path
        except FileNotFoundError:
            continue
    return [link for link in links if link.startswith(str(root)) and ".drafts" not in link]


async def test_a_stream_that_is_left_closes_its_file(store: DiskStore, root: Path) -> None:
    await store.put("a", (bytes(4 * CHUNK_BYTES),))
    stream = store.stream("a")
    await anext(stream)
    assert len(open_handles(root)) == 1
    await stream.aclose()  # type: ignore[attr-defined]  # the protocol promises an iterator; this one is a generator
    await store.close()
    assert open_handles(root) == []


async def test_a_stream_that_outlives_its_store_is_told_and_closes_its_file(store: DiskStore, root: Path) -> None:
    await store.put("a", (bytes(4 * CHUNK_BYTES),))
    stream = store.stream("a")
    await anext(stream)
    await store.close()
    with pytest.raises(StoreError, match="closed"):
        await anext(stream)
    assert open_handles(root) == []


async def test_a_stream_that_is_cancelled_while_its_file_is_opened_closes_it(
    store: DiskStore, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()
    real = disk._open

    def slow(*arguments: Any) -> Any:
        begun.set()
        assert go_on.wait(PATIENCE_S)
        return real(*arguments)

    monkeypatch.setattr(disk, "_open", slow)
    await store.put("a", (b"x",))
    reading = asyncio.ensure_future(anext(store.stream("a")))
    assert await asyncio.to_thread(begun.wait, PATIENCE_S)
    reading.cancel()
    await asyncio.wait([reading])
    go_on.set()
    await store.close()
    assert open_handles(root) == []


async def test_a_crowd_of_reads_does_not_hold_up_writes(store: DiskStore, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = threading.Event()
    monkeypatch.setattr(disk, "_size", lambda _: go_on.wait(PATIENCE_S))
    crowd = [asyncio.ensure_future(store.size("a")) for _ in range(50)]
    await asyncio.sleep(0)
    await store.put("a", (b"x",))
    assert not any(read.done() for read in crowd)
    go_on.set()
    await asyncio.wait(crowd)


async def test_pieces_of_objects_are_put_together(tmp_path: Path) -> None:
    store = DiskStore(tmp_path)
    await store.put("a/b", (b"0123456789",))
    await store.put("a/c", (b"abcdef",))
    assert await store.gather([("a/b", 2, 4), b"--", ("a/c", 0, 1), ("a/b", 9, 20), ("a/c", 6, 7)]) == b"23--a9"
    assert await store.gather([]) == b""
    with pytest.raises(ObjectMissing):
        await store.gather([("a/b", 0, 1), ("a/d", 0, 1)])
    with pytest.raises(ValueError, match="key"):
        await store.gather([("../etc", 0, 1)])
    assert _handles_into(tmp_path / "a") == []
    await store.close()


def _handles_into(folder: Path) -> list[str]:
    """What this process holds open below `folder`."""
    found = []
    for handle in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # the one by which they are listed
            found.append(str(handle.readlink()))
    return [path for path in found if path.startswith(str(folder))]
