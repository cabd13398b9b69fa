"""Reads back what the fMP4 writer wrote, by the field, with nothing of the writer's own."""

from __future__ import annotations

from dataclasses import dataclass
from struct import unpack_from
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Row:
    """A sample as a player sees it."""

    dts: int
    pts: int
    duration: int
    key: bool
    data: bytes


@dataclass(frozen=True)
class Fragment:
    """One moof and its mdat."""

    number: int
    rows: tuple[Row, ...]

    @property
    def start(self) -> int:
        return self.rows[0].dts

    @property
    def end(self) -> int:
        return self.rows[-1].dts + self.rows[-1].duration


def boxes(data: bytes) -> Iterator[tuple[bytes, int, bytes]]:
    """Kind, offset and payload of each box; the sizes must add up."""
    at = 0
    while at < len(data):
        size, kind = unpack_from(">I4s", data, at)
        assert 8 <= size <= len(data) - at
        yield kind, at, data[at + 8 : at + size]
        at += size


def find(data: bytes, *path: bytes) -> bytes:
    """The payload of a box by its path."""
    for kind, _, payload in boxes(data):
        if kind == path[0]:
            return find(payload, *path[1:]) if path[1:] else payload
    raise AssertionError(f"no {path[0]!r}")


def fragments(data: bytes) -> list[Fragment]:
    """All fragments of a part or a segment, which holds nothing else but a reference time before the first of them."""
    found = list(boxes(data))
    if found and found[0][0] == b"prft":
        del found[0]
    assert [kind for kind, _, _ in found] == [b"moof", b"mdat"] * (len(found) // 2)
    return [_fragment(data, at, payload) for kind, at, payload in found if kind == b"moof"]


def _fragment(data: bytes, base: int, moof: bytes) -> Fragment:
    number = unpack_from(">I", find(moof, b"mfhd"), 4)[0]
    tfhd_flags, track, default = unpack_from(">III", find(moof, b"traf", b"tfhd"))
    assert (tfhd_flags, track) == (0x020020, 1)
    version, dts = unpack_from(">IQ", find(moof, b"traf", b"tfdt"))
    assert version == 1 << 24
    trun = find(moof, b"traf", b"trun")
    flags, count, offset = unpack_from(">IIi", trun)
    assert flags >> 24 == 1
    rows, position, at = [], base + offset, 12
    for _ in range(count):
        duration, size = unpack_from(">II", trun, at)
        sample_flags, cts = unpack_from(">Ii", trun, at + 8) if flags & 0xC00 else (default, 0)
        at += 16 if flags & 0xC00 else 8
        key = sample_flags & 0x10000 == 0
        rows.append(Row(dts, dts + cts, duration, key, data[position : position + size]))
        dts, position = dts + duration, position + size
    assert at == len(trun)
    return Fragment(number, tuple(rows))
