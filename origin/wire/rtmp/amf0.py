"""AMF0, in which RTMP writes its commands and metadata (Adobe AMF 0, December 2007).

Numbers become floats, objects and ECMA arrays dicts, strict arrays lists, undefined and references None; a date is its
number of milliseconds. Nesting and the number of values are bounded: a few bytes can promise four thousand million.
The dicts stay inside wire: `messages` and `flv` read what they know out of them.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final, TypeAlias

from origin.wire.reader import Cursor, ProtocolError
from origin.wire.rtmp import amf3

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Value: TypeAlias = "float | bool | str | bytes | list[Value] | dict[str, Value] | None"

MAX_DEPTH: Final = 16
"""Objects in objects. Metadata of encoders seen nests 2 deep, Enhanced RTMP's maps 3."""
MAX_VALUES: Final = 20_000
"""Values in one message. Metadata copied from an FLV file may list every key frame's time and place: 5 h, two each."""

_END: Final = 9


def decode(data: bytes, max_values: int = MAX_VALUES) -> list[Value]:
    """All values in `data`, one after the other."""
    reader = _Reader(data, max_values)
    values = []
    while reader.cursor.left:
        values.append(reader.value(0))
    return values


class _Reader:
    def __init__(self, data: bytes, max_values: int) -> None:
        self.cursor = Cursor(data)
        self._left = max_values

    def value(self, depth: int) -> Value:
        self._left -= 1
        if depth > MAX_DEPTH or self._left < 0:
            raise ProtocolError("an AMF message nests too deep or holds too many values", "amf")
        marker = self.cursor.uint(1)
        read = _READERS.get(marker)
        if read is None:
            raise ProtocolError(f"AMF0 marker {marker} is unknown", "amf")
        return read(self, depth + 1)

    def number(self, _: int) -> float:
        return self.cursor.double()

    def boolean(self, _: int) -> bool:
        return self.cursor.uint(1) != 0

    def nothing(self, _: int) -> None:
        return None

    def reference(self, _: int) -> None:
        self.cursor.take(2)

    def string(self, _: int) -> str:
        return self._text(2)

    def long_string(self, _: int) -> str:
        return self._text(4)

    def _text(self, prefix: int) -> str:
        return self.cursor.take(self.cursor.uint(prefix)).decode("utf-8", "replace")

    def date(self, _: int) -> float:
        moment = self.cursor.double()
        self.cursor.take(2)  # time zone: "should not be filled in"
        return moment

    def object(self, depth: int) -> dict[str, Value]:
        found: dict[str, Value] = {}
        while True:
            name = self._text(2)
            if not name and self.cursor.data[self.cursor.at : self.cursor.at + 1] == bytes((_END,)):
                self.cursor.take(1)
                return found
            found[name] = self.value(depth)

    def ecma_array(self, depth: int) -> dict[str, Value]:
        self.cursor.take(4)  # a count that encoders get wrong; the end marker decides
        return self.object(depth)

    def strict_array(self, depth: int) -> list[Value]:
        return [self.value(depth) for _ in range(self.cursor.uint(4))]

    def typed_object(self, depth: int) -> dict[str, Value]:
        self._text(2)
        return self.object(depth)

    def switched(self, depth: int) -> Value:
        return amf3.decode_value(self.cursor, self._left, MAX_DEPTH - depth)


_READERS: Final[Mapping[int, Callable[[_Reader, int], Value]]] = {
    0x00: _Reader.number,
    0x01: _Reader.boolean,
    0x02: _Reader.string,
    0x03: _Reader.object,
    0x05: _Reader.nothing,
    0x06: _Reader.nothing,
    0x07: _Reader.reference,
    0x08: _Reader.ecma_array,
    0x0A: _Reader.strict_array,
    0x0B: _Reader.date,
    0x0C: _Reader.long_string,
    0x0D: _Reader.nothing,
    0x0F: _Reader.long_string,
    0x10: _Reader.typed_object,
    0x11: _Reader.switched,
}


def encode(values: Sequence[Value]) -> bytes:
    """The values in AMF0; strings must be shorter than 64 KiB."""
    return b"".join(map(_encode, values))


def _encode(value: Value) -> bytes:
    match value:
        case None:
            return b"\x05"
        case bool():
            return bytes((1, value))
        case int() | float():
            return b"\x00" + struct.pack(">d", value)
        case str():
            return b"\x02" + _name(value)
        case list():
            return b"\x0a" + len(value).to_bytes(4, "big") + encode(value)
        case dict():
            return b"\x03" + b"".join(_name(k) + _encode(v) for k, v in value.items()) + b"\x00\x00\x09"
        case _:
            raise TypeError(f"AMF0 has no form for {type(value).__name__}")


def _name(text: str) -> bytes:
    raw = text.encode()
    return len(raw).to_bytes(2, "big") + raw
