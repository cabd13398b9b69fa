"""What a folder holds, and what is done to it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest


def files(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def folders(root: Path) -> list[str]:
    return sorted(path.name for path in root.iterdir() if path.is_dir())


def watched(monkeypatch: pytest.MonkeyPatch, root: Path) -> list[str]:
    """Note each call that writes, flushes or moves below `root`, with its paths, until the patch is undone."""
    calls: list[str] = []

    def name_of(what: Any) -> str:
        path = Path(f"/proc/self/fd/{what}").readlink() if isinstance(what, int) else Path(what)
        relative = path.relative_to(root)
        return ".drafts" if relative.parts[:1] == (".drafts",) else str(relative)

    def spy(name: str) -> None:
        real = getattr(os, name)

        def call(what: Any, *rest: Any, **options: Any) -> Any:
            names = [name_of(item) for item in (what, *rest) if isinstance(item, int | Path) and name != "mkdir"]
            result = real(what, *rest, **options)
            calls.append(" ".join([name, *(names or [name_of(what)])]))
            return result

        monkeypatch.setattr(os, name, call)

    for name in ("writev", "fdatasync", "replace", "mkdir", "fsync"):
        spy(name)
    return calls
