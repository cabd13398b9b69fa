"""One sample entry for runs whose decoders are configured differently.

MP4 can have a sample entry for each, but browsers take the first and play the rest with it. So a publisher that came
back with another picture size is joined as broadcasters do it: parameter sets stand in the stream, before every key
frame (`avc3`, `hev1`: ISO/IEC 14496-15, 5.4.2.1.2 and 8.3.2). AV1 and VP9 streams carry them anyway. Sound has no such
way.
"""

from __future__ import annotations

from struct import error as struct_error
from struct import unpack_from
from typing import TYPE_CHECKING, Final

from packager.mp4.errors import BadSegmentError, CannotJoinError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from packager.mp4.description import Description

_CONFIG_AT: Final = 86
"""Of the configuration box in a visual sample entry (ISO/IEC 14496-12, 12.1.3.2), which it ends with."""
_AVCC_LENGTH_AT: Final = 4
_AVCC_SETS_AT: Final = 5
_HVCC_LENGTH_AT: Final = 21
_HVCC_ARRAYS_AT: Final = 22
_LENGTH: Final = 0x03
"""lengthSizeMinusOne."""
_COMPLETE: Final = 0x80
"""array_completeness: all sets are here and none in the stream, which hev1 does not promise."""
_HEVC_SETS: Final = frozenset({32, 33, 34})


def unite(descriptions: Iterable[Description]) -> tuple[bytes, dict[Description, bytes]]:
    """The sample entry for all of these, and what must stand before every key frame of each; b"" for nothing.

    Raises:
        CannotJoinError: no one sample entry does for all.
        BadSegmentError: a decoder configuration is damaged.
    """
    each = list(dict.fromkeys(descriptions))
    first = each[0]
    if all((one.entry, one.timescale) == (first.entry, first.timescale) for one in each):
        return first.entry, dict.fromkeys(each, b"")
    join = _JOINS.get(first.codec)
    if join is None or any((one.codec, one.timescale) != (first.codec, first.timescale) for one in each):
        raise CannotJoinError(f"its {first.kind.value} changed to another format on the way")
    try:
        entries, sets = zip(*(join(one.entry) for one in each), strict=True)
    except (IndexError, struct_error) as error:
        raise BadSegmentError("a decoder configuration is damaged") from error
    return entries[0], dict(zip(each, sets, strict=True))


def _avc(entry: bytes) -> tuple[bytes, bytes]:
    config = entry[_CONFIG_AT + 8 :]
    at, units = _AVCC_SETS_AT, b""
    for mask in (0x1F, 0xFF):  # the number of sequence parameter sets has five bits, that of picture sets eight
        count = config[at] & mask
        for unit in _units(config, at + 1, count):
            units += _prefixed(unit, config[_AVCC_LENGTH_AT])
            at += 2 + len(unit)
        at += 1
    return _renamed(entry, b"avc3"), units


def _hevc(entry: bytes) -> tuple[bytes, bytes]:
    config = bytearray(entry[_CONFIG_AT + 8 :])
    at, units = _HVCC_ARRAYS_AT + 1, b""
    for _ in range(config[_HVCC_ARRAYS_AT]):
        kind, (count,) = config[at] & 0x3F, unpack_from(">H", config, at + 1)
        config[at] &= ~_COMPLETE
        at += 3
        for unit in _units(bytes(config), at, count):
            units += _prefixed(unit, config[_HVCC_LENGTH_AT]) if kind in _HEVC_SETS else b""
            at += 2 + len(unit)
    return _renamed(entry[: _CONFIG_AT + 8] + config, b"hev1"), units


def _av1(entry: bytes) -> tuple[bytes, bytes]:
    """The configOBUs of av1C are a sequence header, or nothing where the stream has it (AV1-ISOBMFF 2.3.4)."""
    return entry, entry[_CONFIG_AT + 8 + 4 :]


def _vp9(entry: bytes) -> tuple[bytes, bytes]:
    """Key frames tell their size by themselves."""
    return entry, b""


def _units(config: bytes, at: int, count: int) -> Iterator[bytes]:
    for _ in range(count):
        (size,) = unpack_from(">H", config, at)
        unit = config[at + 2 : at + 2 + size]
        if len(unit) < size:
            raise IndexError
        yield unit
        at += 2 + size


def _prefixed(unit: bytes, length: int) -> bytes:
    """A unit as samples have it. All of a stream's prefixes are of one size, which four bytes always is here."""
    if length & _LENGTH != _LENGTH:
        raise CannotJoinError("its pictures changed, and their units have short lengths")
    return len(unit).to_bytes(4, "big") + unit


def _renamed(entry: bytes, kind: bytes) -> bytes:
    return entry[:4] + kind + entry[8:]


_JOINS: Final[dict[bytes, Callable[[bytes], tuple[bytes, bytes]]]] = {
    b"avc1": _avc,
    b"hvc1": _hevc,
    b"av01": _av1,
    b"vp09": _vp9,
}
