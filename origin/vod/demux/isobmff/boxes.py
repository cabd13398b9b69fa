"""Boxes: size, type, content (ISO/IEC 14496-12, 4.2).

No function calls itself: whoever wants what is inside a box asks for it by name, so a file cannot nest deeper than
what is looked for.
"""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from origin.vod.demux.film import MediaError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Children = Mapping[bytes, memoryview]

MAX_CHILDREN: Final = 4_096
"""In one box that is not the file itself. Real ones have a dozen, a movie of many languages a hundred."""
_SPACE, _DELETE = 0x20, 0x7F
_HEAD: Final = Struct(">I4s")
_LARGE: Final = Struct(">Q")
_FORMATS: Final = {form: Struct(form) for form in (">I", ">Q", ">H", ">HH", ">III", ">II", ">9i")}


class Box(NamedTuple):
    """Type, and where it begins, its content begins, and it ends; `end` is what it says, not what there is."""

    kind: bytes
    start: int
    at: int
    end: int


def boxes(data: memoryview, start: int = 0) -> Iterator[Box]:
    """The boxes that `data` holds from `start` on. Fewer than eight bytes at the end are none (QuickTime's `udta`).

    Only the last one may end beyond `data`. Raises MediaError for a size that is none.
    """
    length = len(data)
    while start + _HEAD.size <= length:
        size, kind = _HEAD.unpack_from(data, start)
        at = start + _HEAD.size
        if size == 1:
            if at + _LARGE.size > length:
                raise MediaError(f"The file is damaged: its {name(kind)} box has no size.")
            (size,) = _LARGE.unpack_from(data, at)
            at += _LARGE.size
        end = start + size if size else length
        if end < at:
            raise MediaError(f"The file is damaged: its {name(kind)} box is smaller than its own head.")
        yield Box(kind, start, at, end)
        start = end


def contents(data: memoryview, where: str, most: int = MAX_CHILDREN) -> Iterator[tuple[bytes, memoryview]]:
    """Type and content of each box inside of a box. Raises MediaError for one that does not fit, and for too many."""
    for count, box in enumerate(boxes(data)):
        if box.end > len(data) or count == most:
            what = f"its {name(box.kind)} box is larger than" if box.end > len(data) else "there are too many boxes in"
            raise MediaError(f"The file is damaged: {what} its {where} box.")
        yield box.kind, data[box.at : box.end]


def children(data: memoryview, where: str) -> Children:
    """The first box of each type inside of a box."""
    found: dict[bytes, memoryview] = {}
    for kind, content in contents(data, where):
        found.setdefault(kind, content)
    return found


def need(found: Children, kind: bytes) -> memoryview:
    """Give a box that must be there. Raises MediaError."""
    if kind not in found:
        raise MediaError(f"The file is damaged: there is no {name(kind)} box where there must be one.")
    return found[kind]


def fields(data: memoryview, form: str, at: int, where: str) -> tuple[Any, ...]:
    """Numbers out of a box. Raises MediaError where it is too short."""
    struct = _FORMATS[form]
    if at + struct.size > len(data):
        raise cut_short(where)
    return struct.unpack_from(data, at)


def cut_short(where: str) -> MediaError:
    """A box is shorter than what it must hold."""
    return MediaError(f"The file is damaged: its {where} box is cut short.")


def cut_off(length: int) -> MediaError:
    """The file ends before what it says is in it."""
    return MediaError(f"The file is cut off: it ends after {length} bytes, and more belong to it.")


def name(kind: bytes) -> str:
    """A type as text that can stand in a sentence."""
    return "".join(chr(byte) if _SPACE <= byte < _DELETE else "?" for byte in kind).strip()
