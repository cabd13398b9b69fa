"""Parts as they are written are read back from their heads alone; anything else is refused."""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.sample import Sample
from media.track import Kind
from packager.fmp4 import write_part, write_prft
from packager.mp4 import BadSegmentError, walk
from packager.mp4.fragment import HEAD_BYTES, MAX_HEAD_BYTES, Fragment
from tests.packager.mp4.recording import drive, read

if TYPE_CHECKING:
    from collections.abc import Generator

    from packager.mp4 import Span

Rows = list[tuple[int, int, bool, bytes]]
ROWS = st.tuples(st.integers(1, 9000), st.integers(0, 9000), st.booleans(), st.binary(max_size=40))
PARTS = st.lists(ROWS, min_size=1, max_size=300)


def part(rows: Rows, start: int = 0) -> bytes:
    times = list(accumulate((row[0] for row in rows), initial=start))
    samples = [
        Sample(Kind.VIDEO, at, at + offset, ticks, key, data)
        for at, (ticks, offset, key, data) in zip(times, rows, strict=False)
    ]
    return b"".join(write_part(7, times, samples))


def told(parts: list[Fragment], data: bytes) -> list[Rows]:
    """The rows again, with the bytes that each part points at."""
    found = []
    for each in parts:
        places = list(accumulate(each.sizes, initial=each.at))
        assert places[-1] == each.end
        offsets = each.offsets or [0] * len(each.sizes)
        keys = [number in each.keys for number in range(len(each.sizes))]
        bodies = [data[at:end] for at, end in pairwise(places)]
        found.append(list(zip(each.durations, offsets, keys, bodies, strict=True)))
    return found


@given(st.lists(PARTS, min_size=1, max_size=4), st.integers(0, 1 << 40), st.booleans())
def test_what_is_written_is_read_back(parts: list[Rows], start: int, dated: bool) -> None:  # noqa: FBT001 - Hypothesis gives it
    data = write_prft(0, 1.5e9) * dated + b"".join(part(rows, start) for rows in parts)
    found = read(data)
    assert told(found, data) == parts
    assert [each.start for each in found] == [start] * len(parts)


def test_only_heads_are_asked_for() -> None:
    data = part([(3000, 0, True, bytes(500_000))]) * 3
    spans: list[Span] = []

    def watched() -> Generator[Span, bytes, list[Fragment]]:
        walking, sent = walk(len(data)), None
        while True:
            try:
                spans.append(walking.send(sent))  # type: ignore[arg-type]  # None begins it
            except StopIteration as done:
                return list(done.value)
            sent = yield spans[-1]

    assert len(drive(watched(), data)) == len(spans) == 3
    assert sum(span.end - span.start for span in spans) <= 3 * HEAD_BYTES


SOUND = part([(1024, 0, True, b"sound")] * 5)
PICTURES = write_prft(0, 0) + part([(3000, 3000, True, b"key"), (3000, 0, False, b"p")]) + SOUND


@pytest.mark.parametrize("size", range(len(PICTURES)))
def test_a_segment_that_is_cut_off_is_refused(size: int) -> None:
    """But not where a part ends: that is a shorter segment, which only its inventory could tell."""
    whole_parts = {len(PICTURES) - len(SOUND)}
    if size in whole_parts:
        assert len(read(PICTURES[:size])) == 1
    else:
        with pytest.raises(BadSegmentError):
            read(PICTURES[:size])


@pytest.mark.parametrize("at", range(32, len(PICTURES) - len(SOUND) - 4))
def test_a_byte_that_is_not_written_is_refused(at: int) -> None:
    """Every byte of a head but those of the values: number, times, and flags that may be others."""
    damaged = bytearray(PICTURES)
    damaged[at] ^= 0x80
    try:
        found = told(read(bytes(damaged)), bytes(damaged))
    except BadSegmentError:
        return
    same = told(read(PICTURES), PICTURES)
    assert [len(each) for each in found] == [len(each) for each in same]
    assert [[row[3] for row in each] for each in found] == [[row[3] for row in each] for each in same]


@given(st.binary(max_size=200), st.integers(0, len(PICTURES)))
def test_any_bytes_are_read_or_refused(data: bytes, at: int) -> None:
    try:
        read(PICTURES[:at] + data)
    except BadSegmentError:
        return


@pytest.mark.parametrize("kind", [b"free", b"sidx", b"styp", b"moov", b"mdat"])
def test_boxes_of_others_are_refused(kind: bytes) -> None:
    with pytest.raises(BadSegmentError, match="box"):
        read((16).to_bytes(4, "big") + kind + bytes(8) + SOUND)


def test_numbers_that_promise_too_much_are_refused() -> None:
    huge = bytearray(SOUND)
    huge[:4] = (MAX_HEAD_BYTES + 1).to_bytes(4, "big")
    with pytest.raises(BadSegmentError):
        read(bytes(huge))
    count = bytearray(SOUND)
    count[84:88] = b"\xff\xff\xff\xff"
    with pytest.raises(BadSegmentError):
        read(bytes(count))
    with pytest.raises(BadSegmentError, match="larger"):
        next(walk(1 << 32))


def test_bytes_that_do_not_come_are_missed() -> None:
    walking = walk(len(SOUND))
    next(walking)
    with pytest.raises(BadSegmentError):
        walking.send(b"")
