"""Folders as trees of keys: files by order of their keys, reading no more than a page needs; and no empty ones."""

from __future__ import annotations

import os
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING

from origin.stores.protocol import StoredObject

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


def walk(root: Path, prefix: str, after: str, limit: int) -> Sequence[StoredObject]:
    """Give at most `limit` files whose path below `root` begins with `prefix` and comes after `after`."""
    folder, _, _ = prefix.rpartition("/")
    return list(islice(_below(root, f"{folder}/" if folder else "", prefix, after), limit))


def prune(folder: Path, root: Path) -> None:
    """Remove the folder and those above it, but not `root`, as far as they are empty."""
    with suppress(OSError):
        while folder != root:
            folder.rmdir()
            folder = folder.parent


def _below(root: Path, folder: str, prefix: str, after: str) -> Iterator[StoredObject]:
    for name, entry in _entries(root / folder):
        key = folder + name
        if entry.is_dir(follow_symlinks=False):
            if _may_hold(key, prefix, after):
                yield from _below(root, key, prefix, after)
        elif key.startswith(prefix) and key > after:
            try:
                yield StoredObject(key, entry.stat().st_size)
            except FileNotFoundError:  # deleted since the folder was read
                continue


def _may_hold(folder: str, prefix: str, after: str) -> bool:
    """Tell whether keys below `folder`, which ends in a slash, can be wanted."""
    common = min(len(folder), len(prefix))
    return folder[:common] == prefix[:common] and (folder > after or after.startswith(folder))


def _entries(folder: Path) -> list[tuple[str, os.DirEntry[str]]]:
    """Read a folder, sorted as keys are: a folder by its name with the slash, for `a-b` comes before `a/b`."""
    try:
        with os.scandir(folder) as found:
            entries = [entry for entry in found if not entry.name.startswith(".")]
    except (FileNotFoundError, NotADirectoryError):
        return []
    named = [(f"{entry.name}/" if entry.is_dir(follow_symlinks=False) else entry.name, entry) for entry in entries]
    return sorted(named, key=lambda pair: pair[0])
