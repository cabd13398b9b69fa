"""`package.json`: every object of a broadcast or asset, with its size and SHA-256.

It is JSON for whoever reads it, and has only one form, to the byte: a line for the package, one for each file in the
order of their names, one to close. So it is read line by line in bounded memory, no two readers can understand it
differently (repeated members, order, numbers), and nothing that a JSON parser would have to unfold gets to one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from operator import attrgetter
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

NAME: Final = "package.json"
FORMAT: Final = "headwater-package/1"
MAX_FILES: Final = 1_250_000
"""Two weeks of two renditions in segments of 2 s are 1,209,600."""
MAX_BYTES: Final = 160 << 20
"""So many lines of 125 bytes; ours have some 120."""
MAX_NAME_CHARACTERS: Final = 480
"""With tenant and id before it, what every store takes as a key."""

_HEAD: Final = re.compile(
    rb'\{"format":"([^"\\]{1,64})","id":"([A-Za-z0-9_]{1,64})","created":(0|[1-9]\d{0,11}),'
    rb'"complete":(true|false),"files":\['
)
_FILE: Final = re.compile(rb'\{"name":"([^"\\]+)","size":(0|[1-9]\d{0,14}),"sha256":"([0-9a-f]{64})"\}')
_NAME: Final = re.compile(r"(?!\.)[A-Za-z0-9._-]{1,200}(?:/(?!\.)[A-Za-z0-9._-]{1,200})*")
_TAIL: Final = b"]}"


class InventoryError(ValueError):
    """This is no package.json of ours; the sentence says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Stored:
    """One object that is in the store: its name within the package, bytes, and SHA-256 in hex."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Inventory:
    """What a package consists of, without `package.json` itself and its signature.

    `created` is in unix seconds. `complete` is False while the broadcast still goes on: there will be more files, and
    some of these will go.
    """

    id: str
    created: int
    complete: bool
    files: tuple[Stored, ...]


def write(inventory: Inventory) -> bytes:
    """Give the one form of it. Raises InventoryError for what `read` would not take."""
    files = sorted(inventory.files, key=attrgetter("name"))
    if len(files) > MAX_FILES:
        raise InventoryError(f"A package has at most {MAX_FILES:,} files.")
    for file in files:
        _checked(file.name)
    _check_order(files)
    complete = "true" if inventory.complete else "false"
    head = f'{{"format":"{FORMAT}","id":"{inventory.id}","created":{inventory.created},"complete":{complete},"files":['
    rows = (f'{{"name":"{file.name}","size":{file.size},"sha256":"{file.sha256}"}}' for file in files)
    return "\n".join([head, *([",\n".join(rows)] if files else []), "]}", ""]).encode()


def read(document: bytes) -> Inventory:
    """Take it apart. Raises InventoryError with a sentence."""
    if len(document) > MAX_BYTES:
        raise InventoryError(f"It is longer than {MAX_BYTES >> 20} MiB.")
    lines = _lines(document)
    head = _HEAD.fullmatch(next(lines))
    if head is None or head[1] != FORMAT.encode():
        raise InventoryError(f"It is not in the form {FORMAT}.")
    files = tuple(_files(lines))
    _check_order(files)
    return Inventory(head[2].decode(), int(head[3]), head[4] == b"true", files)


def _files(lines: Iterator[bytes]) -> Iterator[Stored]:
    """The files up to the line that closes the list, which must be the last one."""
    expected = True
    for number, line in enumerate(lines):
        if line == _TAIL and not (number and expected):
            if next(lines, None) != b"" or next(lines, None) is not None:
                raise InventoryError("Something follows after its end.")
            return
        if number >= MAX_FILES:
            raise InventoryError(f"It lists more than {MAX_FILES:,} files.")
        found = _FILE.fullmatch(line.removesuffix(b",")) if expected else None
        if found is None:
            raise InventoryError(f"Its line {number + 2} is not in the form {FORMAT}.")
        expected = line.endswith(b",")
        yield Stored(_checked(found[1].decode("ascii", "replace")), int(found[2]), found[3].decode())
    raise InventoryError("Its end is missing.")


def _lines(document: bytes) -> Iterator[bytes]:
    start = 0
    while (end := document.find(b"\n", start)) >= 0:
        yield document[start:end]
        start = end + 1
    yield document[start:]


def _checked(name: str) -> str:
    """A name that stays within its folder, on every system."""
    if len(name) > MAX_NAME_CHARACTERS or not _NAME.fullmatch(name):
        raise InventoryError(f"It lists a file by a name that is not allowed: {name[:80]!r}.")
    return name


def _check_order(files: Iterable[Stored]) -> None:
    for before, after in pairwise(files):
        if before.name >= after.name:
            raise InventoryError(f"Its files are not in order, or one is listed twice: {after.name}.")
