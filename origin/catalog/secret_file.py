"""Files that hold a secret: written whole or not at all, readable by their owner only.

`<data_dir>/secret` is made once, and replaced by `headwater keys reseal` alone; of two processes that make it at once,
one wins and both use its.
"""

from __future__ import annotations

import base64
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from origin.catalog.errors import CatalogError
from origin.config import SECRET_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from origin.config import Settings

NAME: Final = "secret"
_MAX_BYTES: Final = 1_024
"""32 bytes are 45 characters of base64 with the line's end; whatever is longer is not ours."""


def load(settings: Settings) -> bytes:
    """Give the 32 bytes from the settings or the file. Raises `catalog_failed` with what to do."""
    if settings.secret is not None:
        return settings.secret
    return read(settings.data_dir / NAME)


def read(path: Path) -> bytes:
    """Give the 32 bytes that a file holds as base64. Raises `catalog_failed` with what to do."""
    try:
        with path.open("rb") as file:
            secret = base64.b64decode(file.read(_MAX_BYTES).strip(), validate=True)
    except FileNotFoundError:
        raise CatalogError(
            f"{path} is missing; bring it back from a backup, or set `secret` (nodes that share a catalog share it)."
        ) from None
    except OSError as error:
        raise CatalogError(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError:
        secret = b""
    if len(secret) != SECRET_BYTES:
        raise CatalogError(f"{path} does not hold {SECRET_BYTES} bytes as base64; bring it back from a backup.")
    return secret


def load_or_make(settings: Settings, random: Callable[[int], bytes]) -> bytes:
    """As `load`, but make the file if there is neither setting nor file."""
    path = settings.data_dir / NAME
    if settings.secret is None and not path.exists():
        write_private(path, base64.b64encode(random(SECRET_BYTES)) + b"\n", random, replace=False)
    return load(settings)


def replace(settings: Settings, secret: bytes, random: Callable[[int], bytes]) -> bool:
    """Put another secret into the file; False if the settings give it, so that there is no file to change."""
    if settings.secret is not None:
        return False
    write_private(settings.data_dir / NAME, base64.b64encode(secret) + b"\n", random, replace=True)
    return True


def write_private(path: Path, content: bytes, random: Callable[[int], bytes], *, replace: bool) -> bool:
    """Write a file of mode 0600 that appears whole and lasts; False if it was there and `replace` is not wanted."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{random(8).hex()}")
        try:
            _write(draft, content)
            return _publish(draft, path, replace=replace)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise CatalogError(f"{path} cannot be written: {error.strerror}.") from error


def _write(draft: Path, content: bytes) -> None:
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with open(handle, "wb") as file:  # noqa: PTH123 - a handle has no path
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _publish(draft: Path, path: Path, *, replace: bool) -> bool:
    if replace:
        draft.replace(path)
    else:
        with suppress(FileExistsError):
            # Unlike a rename, a link never takes the place of what another process has put there in the meantime.
            path.hardlink_to(draft)
    _flush_folder(path.parent)
    return path.samefile(draft) if draft.exists() else True


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
