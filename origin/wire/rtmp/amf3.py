"""AMF3 values, as far as commands may hold them after AMF0's switch marker 0x11 (Adobe AMF 3, January 2013).

Reading only, and only so that a client of Flash's later kind is understood: vectors, dictionaries and externalizable
objects, which need code of the sender's to be read, are a ProtocolError. Tables of references live for one value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

from origin.wire.reader import ProtocolError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from origin.wire.reader import Cursor

Value: TypeAlias = "float | bool | str | bytes | list[Value] | dict[str, Value] | None"

_T = TypeVar("_T")
_SIGN_29: Final = 1 << 28
_U29_BYTES: Final = 4


@dataclass(frozen=True, slots=True)
class _Traits:
    dynamic: bool
    names: tuple[str, ...]


def decode_value(cursor: Cursor, max_values: int, max_depth: int) -> Value:
    """One AMF3 value at the cursor."""
    return _Reader(cursor, max_values, max_depth).value(0)


class _Reader:
    def __init__(self, cursor: Cursor, max_values: int, max_depth: int) -> None:
        self._cursor = cursor
        self._budget = max_values
        self._max_depth = max_depth
        self._strings: list[str] = []
        self._traits: list[_Traits] = []

    def value(self, depth: int) -> Value:
        self._spend(1)
        if depth > self._max_depth:
            raise ProtocolError("an AMF message nests too deep", "amf")
        marker = self._cursor.uint(1)
        read = _READERS.get(marker)
        if read is None:
            raise ProtocolError(f"AMF3 marker {marker} is not supported", "amf")
        return read(self, depth + 1)

    def _spend(self, count: int) -> None:
        self._budget -= count
        if self._budget < 0:
            raise ProtocolError("an AMF message holds too many values", "amf")

    def _u29(self) -> int:
        """1.3.1: seven bits a byte, eight in the fourth."""
        value = 0
        for place in range(_U29_BYTES):
            byte = self._cursor.uint(1)
            if place == _U29_BYTES - 1:
                return value << 8 | byte
            value = value << 7 | byte & 0x7F
            if byte < 0x80:  # noqa: PLR2004 - the top bit says that more follows
                break
        return value

    def nothing(self, _: int) -> None:
        return None

    def false(self, _: int) -> bool:
        return False

    def true(self, _: int) -> bool:
        return True

    def integer(self, _: int) -> float:
        return float((self._u29() ^ _SIGN_29) - _SIGN_29)

    def double(self, _: int) -> float:
        return self._cursor.double()

    def string(self, _: int) -> str:
        return self._text()

    def _text(self) -> str:
        head = self._u29()
        if not head & 1:
            return self._known(self._strings, head >> 1)
        text = self._cursor.take(head >> 1).decode("utf-8", "replace")
        if text:
            self._strings.append(text)
        return text

    def _known(self, table: list[_T], index: int) -> _T:
        if index >= len(table):
            raise ProtocolError("an AMF3 reference points nowhere", "amf")
        return table[index]

    def date(self, _: int) -> float | None:
        return self._cursor.double() if self._u29() & 1 else None

    def blob(self, _: int) -> bytes | None:
        head = self._u29()
        return self._cursor.take(head >> 1) if head & 1 else None

    def array(self, depth: int) -> Value:
        head = self._u29()
        if not head & 1:
            return None  # a reference to an earlier object: it could be a ring
        self._spend(head >> 1)
        named = self._pairs(depth)
        dense = [self.value(depth) for _ in range(head >> 1)]
        return {**named, **{str(index): value for index, value in enumerate(dense)}} if named else dense

    def object(self, depth: int) -> dict[str, Value] | None:
        head = self._u29()
        if not head & 1:
            return None
        traits = self._read_traits(head)
        found = {name: self.value(depth) for name in traits.names}
        return found | self._pairs(depth) if traits.dynamic else found

    def _read_traits(self, head: int) -> _Traits:
        if not head & 2:
            return self._known(self._traits, head >> 2)
        if head & 4:
            raise ProtocolError("externalizable AMF3 objects are not supported", "amf")
        self._text()  # the class name
        self._spend(head >> 4)
        traits = _Traits(bool(head & 8), tuple(self._text() for _ in range(head >> 4)))
        self._traits.append(traits)
        return traits

    def _pairs(self, depth: int) -> dict[str, Value]:
        found = {}
        while name := self._text():
            found[name] = self.value(depth)
        return found


_READERS: Final[Mapping[int, Callable[[_Reader, int], Value]]] = {
    0x00: _Reader.nothing,
    0x01: _Reader.nothing,
    0x02: _Reader.false,
    0x03: _Reader.true,
    0x04: _Reader.integer,
    0x05: _Reader.double,
    0x06: _Reader.string,
    0x07: _Reader.blob,
    0x08: _Reader.date,
    0x09: _Reader.array,
    0x0A: _Reader.object,
    0x0B: _Reader.blob,
    0x0C: _Reader.blob,
}
