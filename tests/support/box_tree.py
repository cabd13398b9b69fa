"""MP4 files as trees of boxes, to be changed here and there and written again."""

from __future__ import annotations

from dataclasses import dataclass, field
from struct import pack, unpack_from
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

CONTAINERS = {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"mvex", b"moof", b"traf", b"dinf"}


@dataclass
class Node:
    """A box; `inside` where it holds others, else `body`."""

    kind: bytes
    body: bytes = b""
    inside: list[Node] = field(default_factory=list)

    def find(self, *path: bytes) -> Node:
        """The first box along a path."""
        return next(node for node in self.inside if node.kind == path[0]).find(*path[1:]) if path else self

    def every(self, kind: bytes) -> list[Node]:
        return [node for node in self.inside if node.kind == kind]

    def remove(self, kind: bytes) -> None:
        self.inside = [node for node in self.inside if node.kind != kind]

    def write(self) -> bytes:
        body = b"".join(node.write() for node in self.inside) if self.kind in CONTAINERS else self.body
        return pack(">I4s", 8 + len(body), self.kind) + body


def read(data: bytes) -> Node:
    """The file as a box of no kind."""
    return Node(b"", inside=_read(data))


def _read(data: bytes) -> list[Node]:
    nodes, at = [], 0
    while at < len(data):
        size, kind = unpack_from(">I4s", data, at)
        body = data[at + 8 : at + size]
        nodes.append(Node(kind, b"" if kind in CONTAINERS else body, _read(body) if kind in CONTAINERS else []))
        at += size
    return nodes


def write(file: Node) -> bytes:
    return b"".join(node.write() for node in file.inside)


def changed(data: bytes, change: Callable[[Node], None]) -> bytes:
    """The file with its tree changed. Offsets stay: moov must stand at the end where that grows or shrinks."""
    tree = read(data)
    change(tree)
    return write(tree)


def traks(file: Node, handler: bytes = b"") -> list[Node]:
    """All tracks, or those of a handler's type."""
    found = file.find(b"moov").every(b"trak")
    return [trak for trak in found if handler in (b"", trak.find(b"mdia", b"hdlr").body[8:12])]


def table(rows: Iterable[Iterable[int]], form: str, head: int = 0) -> bytes:
    """A full box's content: version and flags, number of rows, rows."""
    written = [pack(form, *row) for row in rows]
    return pack(">II", head, len(written)) + b"".join(written)


def edit(file: Node, rows: Iterable[tuple[int, int]], handler: bytes = b"vide", rate: int = 1 << 16) -> None:
    """Give tracks this edit list: durations in ticks of the movie, times in those of the track."""
    elst = Node(b"elst", table([(duration, time, rate) for duration, time in rows], ">Iii"))
    for trak in traks(file, handler):
        trak.remove(b"edts")
        trak.inside.append(Node(b"edts", inside=[elst]))
