from __future__ import annotations

from itertools import pairwise
from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from origin.vod.demux.film import MediaError
from origin.vod.demux.isobmff.boxes import MAX_CHILDREN, Box, boxes, children, contents, cut_off, fields, name, need


def box(kind: bytes, body: bytes = b"") -> bytes:
    return pack(">I4s", 8 + len(body), kind) + body


def test_sizes_have_32_or_64_bits_or_reach_to_the_end() -> None:
    data = box(b"free", b"ab") + pack(">I4sQ", 1, b"wide", 18) + b"cd" + pack(">I4s", 0, b"mdat") + b"efg"
    assert list(boxes(memoryview(data))) == [
        Box(b"free", 0, 8, 10),
        Box(b"wide", 10, 26, 28),
        Box(b"mdat", 28, 36, 39),
    ]


@pytest.mark.parametrize(
    "data", [pack(">I4s", 7, b"free"), pack(">I4sQ", 1, b"free", 15), pack(">I4sI", 1, b"free", 1)]
)
def test_a_size_that_is_none(data: bytes) -> None:
    with pytest.raises(MediaError, match="free box"):
        list(boxes(memoryview(data)))


def test_a_few_bytes_at_the_end_are_no_box() -> None:
    assert [kind for kind, _ in contents(memoryview(box(b"name", b"x") + bytes(4)), "udta")] == [b"name"]


def test_a_box_that_does_not_fit() -> None:
    with pytest.raises(MediaError, match="its name box is larger than its udta box"):
        children(memoryview(box(b"name", b"xyz")[:-1]), "udta")


def test_too_many_boxes() -> None:
    with pytest.raises(MediaError, match="too many boxes"):
        children(memoryview(box(b"free") * (MAX_CHILDREN + 1)), "moov")


def test_the_first_of_a_type_is_found() -> None:
    found = children(memoryview(box(b"tkhd", b"1") + box(b"mdia", b"2") + box(b"tkhd", b"3")), "trak")
    assert bytes(need(found, b"tkhd")) == b"1"
    with pytest.raises(MediaError, match="there is no edts box"):
        need(found, b"edts")


def test_numbers_out_of_a_box() -> None:
    assert fields(memoryview(b"\0\0\0\1\0\2\0\3"), ">HH", 4, "stsd") == (2, 3)
    with pytest.raises(MediaError, match="stsd box is cut short"):
        fields(memoryview(bytes(7)), ">II", 0, "stsd")


def test_types_can_stand_in_sentences() -> None:
    assert name(b"\xa9nam") == "?nam"
    assert name(b"rap ") == "rap"
    assert "after 12 bytes" in str(cut_off(12))


@given(st.binary(max_size=64))
def test_anything_is_boxes_or_damaged(data: bytes) -> None:
    try:
        found = list(boxes(memoryview(data)))
    except MediaError:
        return
    assert all(each.start < each.at <= each.end for each in found)
    assert all(before.end == after.start for before, after in pairwise(found))
