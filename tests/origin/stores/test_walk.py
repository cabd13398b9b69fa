from __future__ import annotations

import os
from contextlib import nullcontext
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from origin.stores.protocol import StoredObject
from origin.stores.walk import prune, walk

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

KEY = st.lists(st.text("ab-0", min_size=1, max_size=2), min_size=1, max_size=3).map("/".join)
ANYWHERE = st.just("") | KEY | KEY.map("{}/".format)


def make(root: Path, *keys: str) -> None:
    for key in keys:
        path = root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(key.encode())


def keys(root: Path, prefix: str = "", after: str = "", limit: int = 100) -> list[str]:
    return [entry.key for entry in walk(root, prefix, after, limit)]


def test_files_come_in_the_order_of_their_keys_with_their_sizes(tmp_path: Path) -> None:
    make(tmp_path, "b0", "b/c", "b-c", "a")
    assert walk(tmp_path, "", "", 100) == [
        StoredObject("a", 1),
        StoredObject("b-c", 3),
        StoredObject("b/c", 3),
        StoredObject("b0", 2),
    ]


@given(st.sets(KEY, max_size=12), ANYWHERE, ANYWHERE, st.integers(0, 5))
def test_a_page_is_what_sorting_all_would_give(
    tmp_path_factory: pytest.TempPathFactory, names: set[str], prefix: str, after: str, limit: int
) -> None:
    root = tmp_path_factory.mktemp("walk")
    whole = {name for name in names if not any(other.startswith(f"{name}/") for other in names)}
    make(root, *whole)
    wanted = sorted(name for name in whole if name.startswith(prefix) and name > after)
    assert keys(root, prefix, after, limit) == wanted[:limit]


def test_hidden_files_and_folders_are_not_seen(tmp_path: Path) -> None:
    make(tmp_path, ".drafts/x", "a/.hidden", "a/b")
    assert keys(tmp_path) == ["a/b"]


def test_links_are_not_followed_into_other_folders(tmp_path: Path) -> None:
    make(tmp_path, "in/a", "out/b")
    (tmp_path / "in" / "link").symlink_to(tmp_path / "out")
    assert "in/link/b" not in keys(tmp_path)


def test_what_is_not_there_or_is_a_file_holds_nothing(tmp_path: Path) -> None:
    make(tmp_path, "a")
    assert keys(tmp_path, "b/") == keys(tmp_path, "a/") == keys(tmp_path / "a") == []


def test_no_more_folders_are_read_than_the_page_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, *(f"{folder}/{name}" for folder in "abcd" for name in "xy"))
    read: list[str] = []
    real = os.scandir

    def spy(folder: Path) -> object:
        read.append(folder.name)
        return real(folder)

    monkeypatch.setattr(os, "scandir", spy)
    assert keys(tmp_path, after="b/x", limit=2) == ["b/y", "c/x"]
    assert read == [tmp_path.name, "b", "c"]
    read.clear()
    assert keys(tmp_path, prefix="d/") == ["d/x", "d/y"]
    assert read == ["d"]


def test_a_file_that_vanishes_meanwhile_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "a", "b", "c")
    with os.scandir(tmp_path) as found:
        entries = list(found)
    (tmp_path / "b").unlink()
    monkeypatch.setattr(os, "scandir", lambda _: nullcontext(entries))
    assert keys(tmp_path) == ["a", "c"]


def test_empty_folders_are_removed_up_to_the_first_that_is_not(tmp_path: Path) -> None:
    make(tmp_path, "a/b/c/d", "a/e")
    (tmp_path / "a/b/c/d").unlink()
    prune(tmp_path / "a/b/c", tmp_path)
    assert keys(tmp_path) == ["a/e"]
    assert not (tmp_path / "a/b").exists()
    (tmp_path / "a/e").unlink()
    prune(tmp_path / "a", tmp_path)
    prune(tmp_path / "a", tmp_path)
    assert list(tmp_path.iterdir()) == []
