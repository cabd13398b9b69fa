from __future__ import annotations

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.pictures import PNG, SIGNATURE, chunk, header, hostile, odd, png
from transcoder.slate.limits import PictureError
from transcoder.slate.png import check

OWN = {name: data for name, (kind, data) in hostile().items() if kind == PNG}


def kinds(data: bytes) -> list[bytes]:
    found, at = [], 8
    while at < len(data):
        found.append(data[at + 4 : at + 8])
        at += 12 + int.from_bytes(data[at : at + 4], "big")
    return found


def test_a_plain_one_stays_as_it_is() -> None:
    picture = check(png())
    assert (picture.codec, picture.width, picture.height, picture.data) == ("png", 64, 48, png())


@pytest.mark.parametrize("name", [name for name, (kind, _) in odd().items() if kind == PNG])
def test_what_is_not_needed_goes(name: str) -> None:
    assert set(kinds(check(odd()[name][1]).data)) == {b"IHDR", b"IDAT", b"IEND"}


@pytest.mark.parametrize(("depth", "colour", "bits"), [(1, 0, 1), (4, 3, 4), (16, 2, 48), (8, 4, 16), (8, 6, 32)])
def test_every_kind_of_pixels_is_counted(depth: int, colour: int, bits: int) -> None:
    lines = (b"\0" + bytes(-(-65 * bits // 8))) * 47
    palette = chunk(b"PLTE", bytes(3)) if colour == 3 else b""
    body = header(65, 47, depth, colour) + palette + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND")
    assert check(SIGNATURE + body).width == 65
    short = header(65, 47, depth, colour) + palette + chunk(b"IDAT", zlib.compress(lines[:-1])) + chunk(b"IEND")
    with pytest.raises(PictureError, match="whole"):
        check(SIGNATURE + short)


def test_an_interlaced_one_has_seven_passes() -> None:
    sizes = [(3, 2), (2, 2), (5, 1), (4, 3), (9, 3), (8, 6), (17, 5)]  # of 17 by 11, by hand
    lines = b"".join((b"\0" + bytes(3 * wide)) * high for wide, high in sizes)
    with pytest.raises(PictureError, match="pixels"):
        check(SIGNATURE + header(17, 11, interlace=1) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND"))
    wide, high = 17, 17
    sizes = [(3, 3), (2, 3), (5, 2), (4, 5), (9, 4), (8, 9), (17, 8)]
    lines = b"".join((b"\0" + bytes(3 * across)) * down for across, down in sizes)
    body = header(wide, high, interlace=1) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND")
    assert check(SIGNATURE + body).height == 17


def test_pixels_may_come_in_pieces() -> None:
    coded = zlib.compress((b"\0" + bytes(64 * 3)) * 48)
    pieces = [chunk(b"IDAT", coded[at : at + 5]) for at in range(0, len(coded), 5)]
    assert check(SIGNATURE + header(64, 48) + b"".join(pieces) + chunk(b"IEND")).width == 64


@pytest.mark.parametrize("name", OWN)
def test_what_would_hurt_is_refused(name: str) -> None:
    with pytest.raises(PictureError) as caught:
        check(OWN[name])
    assert str(caught.value).endswith(".")


@given(st.integers(0, len(png()) - 1), st.binary(min_size=1, max_size=6))
def test_damage_is_refused_or_does_not_matter(at: int, damage: bytes) -> None:
    data = png()[:at] + damage + png()[at + len(damage) :]
    try:
        assert check(data).data == data
    except PictureError:
        return


@given(st.binary(max_size=200))
def test_anything_may_come_behind_the_signature(data: bytes) -> None:
    with pytest.raises(PictureError):
        check(SIGNATURE + data)


def test_a_bomb_is_not_inflated_further_than_its_size() -> None:
    bomb = zlib.compress(bytes(1 << 28), 9)
    with pytest.raises(PictureError, match="more than its header"):
        check(SIGNATURE + header(64, 48) + chunk(b"IDAT", bomb) + chunk(b"IEND"))
