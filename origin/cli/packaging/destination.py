"""Where a package goes: into a folder beside its place first, and into its place when it is whole.

What is there already is replaced only if it is a package as this command makes them, with nothing beside what that
lists: so a mistyped path costs nobody their files.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from origin.catalog.ids import new_id
from packager import inventory, signing
from packager.inventory import InventoryError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_ID: Final = re.compile(r"as_[a-z0-9]+")
_MODE: Final = 0o755


class NotOurs(Exception):  # noqa: N818 - says what it is
    """The folder holds something that this command has not made; the text is a sentence."""


def check(out: Path) -> None:
    """Raise NotOurs unless `out` is nothing, an empty folder, or a package with nothing beside."""
    if out.is_symlink():
        raise NotOurs(f"{out} is a link; name the folder itself.")
    if not out.exists() or not any(out.iterdir()):
        return
    listed = _listed(out)
    for path in out.rglob("*"):
        name = path.relative_to(out).as_posix()
        if path.is_symlink() or (not path.is_dir() and name not in listed):
            raise NotOurs(f"{out} holds {name!r}, which is not part of a package; choose another folder.")


def package_id(out: Path, random: Callable[[int], bytes]) -> str:
    """The id of the package: the folder's name if it is one, since `verify` expects it there."""
    return out.name if _ID.fullmatch(out.name) else new_id("as_", random)


@contextmanager
def draft(out: Path) -> Iterator[Path]:
    """An empty folder beside `out`, which goes away with all that is left in it."""
    out.absolute().parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{out.name[:100]}.", dir=out.absolute().parent))
    try:
        folder.chmod(_MODE)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def put_in_place(folder: Path, out: Path) -> None:
    """Let the draft be `out`, in place of the package that is there, if there is still nothing else."""
    check(out)
    if out.exists():
        old = folder.with_name(f"{folder.name}.old")
        out.rename(old)
        folder.rename(out)
        shutil.rmtree(old)
    else:
        folder.rename(out)
    parent = os.open(out.absolute().parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(parent)
    finally:
        os.close(parent)


def _listed(out: Path) -> set[str]:
    try:
        with (out / inventory.NAME).open("rb") as file:
            found = inventory.read(file.read(inventory.MAX_BYTES + 1))
    except (OSError, InventoryError):
        raise NotOurs(f"{out} is not empty, and no package; choose another folder.") from None
    return {file.name for file in found.files} | {inventory.NAME, inventory.NAME + signing.SUFFIX}
