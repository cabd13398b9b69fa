"""Looks for what peers must not send, and keeps the smallest of each kind: `python -m tests.vectors.find_rtmp SECONDS`.

A kind is an error's reason and its sentence, numbers and names aside. What is found is kept as
tests/vectors/rtmp/malformed/<kind>.bin with the error beside it (`.error`); a vector that is there already stays as it
is. An exception that is no ProtocolError, and an error that depends on where the reads are cut, end the search.

    handshake | commands, media, chunks and mutations of recorded publishers → session, FLV reader → error → smallest
"""

from __future__ import annotations

import re
import sys
import time
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from origin.wire.rtmp import amf0
from tests.support.rtmp_client import CONNECT, CREATE, FOLDER, HELLO, PUBLISH, VECTORS, command, fault, message

if TYPE_CHECKING:
    from collections.abc import Iterator

MALFORMED = FOLDER / "malformed"
ROUND = 2_000
"""Examples between two looks at the clock."""
SEARCH = settings(
    deadline=None,
    database=None,
    max_examples=ROUND,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)

WORDS = st.sampled_from(["connect", "createStream", "publish", "play", "FCPublish", "FCUnpublish", "deleteStream", "x"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.sampled_from(["", "live", "sk_x"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["app", "a"]), inner, max_size=2),
    max_leaves=8,
)
COMMANDS = st.sampled_from([CONNECT, CREATE, PUBLISH]) | st.builds(command, WORDS, st.just(1.0), VALUES, VALUES)
HEADERS = st.sampled_from(
    [
        bytes.fromhex(head)
        for head in ("1700000000", "1701000000", "af00", "af01", "9068766331", "9061763031", "9076703039")
    ]
    + [bytes.fromhex(head) for head in ("906d703461", "904f707573", "9668766331", "9f", "86", "70", "95")]
)
RECORDS = st.sampled_from(
    [bytes.fromhex("014d0028ffe00000"), bytes.fromhex("1190"), b"OpusHead\x01\x02", b"\x81\x05\x0c\x00"]
)
MEDIA = st.builds(lambda head, body: head + body, HEADERS | st.binary(max_size=6), RECORDS | st.binary(max_size=24))
AMF = st.builds(lambda values, more: amf0.encode(values) + more, st.lists(VALUES, max_size=3), st.binary(max_size=16))
AMF3 = st.builds(lambda more: amf0.encode(["x", 1.0]) + b"\x11" + more, st.binary(max_size=24))
DEEP = st.builds(lambda depth: amf0.encode(["x"]) + b"\x0a\x00\x00\x00\x01" * depth, st.integers(1, 40))
TYPES = st.sampled_from([1, 2, 4, 5, 15, 17, 18, 20, 22]) | st.integers(0, 255)
TIMES = st.sampled_from([0, 40, 0xFFFFFE, 0xFFFFFF, 0xFFFF_FFFF])
MESSAGES = st.builds(
    lambda kind, body, time, chunks: message(kind, body, time=time, chunks=chunks),
    TYPES,
    AMF | AMF3 | DEEP | st.binary(max_size=40),
    TIMES,
    st.integers(2, 40),
)
TAGS = st.builds(message, st.sampled_from([8, 9, 9, 18]), MEDIA | AMF)
HEADS = st.builds(
    lambda basic, field, size, kind: bytes((basic,)) + field + size.to_bytes(3, "big") + bytes((kind, 1, 0, 0, 0)),
    st.integers(0, 255),
    st.sampled_from([bytes(3), b"\xff\xff\xff"]),
    st.sampled_from([0, 1, 200, 0xFFFF, 0x10001, 0xFFFFFF]),
    TYPES,
)
MANY = st.builds(lambda piece, count: piece * count, COMMANDS | MESSAGES, st.integers(2, 120))
STREAMS = st.builds(
    lambda count: b"".join(message(8, b"x", chunks=number) for number in range(4, 4 + count)), st.integers(2, 40)
)
HALVES = st.builds(
    lambda size, count: b"".join(message(9, bytes(size), chunks=number)[:-1] for number in range(4, 4 + count)),
    st.sampled_from([100, 40_000]),
    st.integers(1, 2),
)
PIECES = COMMANDS | MESSAGES | TAGS | HEADS | MANY | STREAMS | HALVES | st.binary(max_size=30)
WAYS_IN = st.sampled_from([b"", HELLO, HELLO + CONNECT, HELLO + CONNECT + CREATE + PUBLISH])


@st.composite
def mutations(draw: st.DrawFn) -> bytes:
    """A recorded publisher with pieces overwritten, cut out, doubled or swapped."""
    data = bytearray(VECTORS[draw(st.sampled_from(sorted(VECTORS)))][:7_000])
    for _ in range(draw(st.integers(1, 4))):
        at, size = draw(st.integers(len(HELLO), len(data))), draw(st.integers(0, 40))
        data[at : at + size] = draw(st.binary(max_size=12)) if draw(st.booleans()) else data[at : at + size] * 2
    return bytes(data)


MADE = st.builds(lambda way, pieces: way + b"".join(pieces), WAYS_IN, st.lists(PIECES, min_size=1, max_size=6))
SENT = MADE | mutations()


def kind(error: str) -> str:
    """The file's name: the error without what differs from case to case."""
    words = re.sub(r"[^a-z]+", "-", re.sub(r"\d+", "n", error.lower()))
    return words.strip("-")[:80]


def cut(data: bytes) -> tuple[bytes, str]:
    """What is needed of `data`, byte by byte, to end in an error, and that error."""
    taken = 0

    def each() -> Iterator[bytes]:
        nonlocal taken
        for taken in range(1, len(data) + 1):
            yield data[taken - 1 : taken]

    error = fault(each())
    return data[:taken], error


def kept() -> set[str]:
    """The kinds that are vectors already."""
    return {path.stem for path in MALFORMED.glob("*.bin")}


def search(passed_over: set[str]) -> dict[str, bytes]:
    """One round; gives the shortest example of each kind that is new."""
    new: dict[str, bytes] = {}
    known = kept() | passed_over

    @SEARCH
    @given(SENT)
    def look(data: bytes) -> None:
        error = fault([data])
        name = kind(error)
        if error and name not in known and len(data) < len(new.get(name, bytes(1 << 20))):
            new[name] = data

    look()
    return new


def smallest(data: bytes, name: str) -> bytes:
    """`data` without what is not needed for the error, however it is cut."""

    def fits(shorter: bytes) -> bool:
        return kind(fault([shorter])) == name and cut(shorter) == (shorter, fault([shorter]))

    before = b""
    while data != before:
        before, size = data, len(data) // 2
        while size:
            for at in range(len(data), -1, -size):
                shorter = data[:at] + data[at + size :]
                data = shorter if len(shorter) < len(data) and fits(shorter) else data
            size //= 2
    return data


def keep(data: bytes) -> str:
    """Write down the kind that an example is; gives its error, or "" where that depends on how the data are cut."""
    needed, error = cut(data)
    if not error or fault([needed]) != error:
        return ""
    path = MALFORMED / f"{kind(error)}.bin"
    if not path.exists():
        vector = smallest(needed, kind(error))
        path.write_bytes(vector)
        path.with_suffix(".error").write_text(fault([vector]) + "\n")
    return error


def main(seconds: float) -> None:
    """Search for so long."""
    MALFORMED.mkdir(exist_ok=True)
    passed_over: set[str] = set()
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for name, data in search(passed_over).items():
            passed_over.add(name)
            sys.stdout.write(keep(data) or f"passed over, for it depends on how it is cut: {name}")
            sys.stdout.write("\n")


if __name__ == "__main__":
    main(float(sys.argv[1]))
