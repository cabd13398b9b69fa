from __future__ import annotations

from struct import pack

import pytest

from origin.vod.demux.film import MediaError, NotUnderstoodError
from origin.vod.demux.isobmff.boxes import children
from origin.vod.demux.isobmff.headers import (
    TrackHeader,
    handler,
    is_elsewhere,
    language,
    media_header,
    movie_timescale,
    rotation,
    track_header,
    track_name,
)

ONE = 1 << 16
MATRIX = (ONE, 0, 0, 0, ONE, 0, 0, 0, 1 << 30)
NARROW = bytes(4) + pack(">III", 0, 0, 1000)
WIDE = b"\1" + bytes(3) + pack(">QQI", 0, 0, 1000)


def box(kind: bytes, body: bytes) -> bytes:
    return pack(">I4s", 8 + len(body), kind) + body


@pytest.mark.parametrize("head", [NARROW + bytes(4), WIDE + bytes(8)])
def test_the_clock_of_the_movie(head: bytes) -> None:
    assert movie_timescale(memoryview(head + bytes(16) + pack(">9i", *MATRIX))) == 1000


def test_a_movie_that_is_turned_or_stands_still() -> None:
    with pytest.raises(NotUnderstoodError):
        movie_timescale(memoryview(NARROW + bytes(20) + pack(">9i", 0, ONE, 0, -ONE, *MATRIX[4:])))
    with pytest.raises(MediaError, match="stands still"):
        movie_timescale(memoryview(bytes(36) + pack(">9i", *MATRIX)))


@pytest.mark.parametrize("head", [NARROW + bytes(24), WIDE + bytes(28)])
def test_a_tracks_number_and_matrix(head: bytes) -> None:
    assert track_header(memoryview(head + pack(">9i", *MATRIX))) == TrackHeader(1000, MATRIX)


@pytest.mark.parametrize(
    ("turned", "degrees"), [((1, 0, 0, 1), 0), ((0, 1, -1, 0), 90), ((-1, 0, 0, -1), 180), ((0, -1, 1, 0), 270)]
)
def test_quarters_of_a_turn(turned: tuple[int, ...], degrees: int) -> None:
    a, b, c, d = (value * ONE for value in turned)
    assert rotation((a, b, 0, c, d, 0, 0, 0, 1 << 30)) == degrees


@pytest.mark.parametrize("turned", [(-1, 0, 0, 1), (2, 0, 0, 2), (0.5, 0, 0, 0.5), (0, 0, 0, 0)])
def test_no_quarter(turned: tuple[float, ...]) -> None:
    a, b, c, d = (int(value * ONE) for value in turned)
    with pytest.raises(NotUnderstoodError):
        rotation((a, b, 0, c, d, 0, 0, 0, 1 << 30))


@pytest.mark.parametrize("head", [NARROW + bytes(4), WIDE + bytes(8)])
def test_clock_and_language_of_a_track(head: bytes) -> None:
    assert media_header(memoryview(head + b"\x10\xb5\0\0")) == (1000, "deu")


def test_headers_that_are_none() -> None:
    with pytest.raises(MediaError, match="stands still"):
        media_header(memoryview(bytes(24)))
    with pytest.raises(MediaError, match="cut short"):
        media_header(memoryview(b""))
    with pytest.raises(NotUnderstoodError):
        media_header(memoryview(b"\2" + bytes(40)))


@pytest.mark.parametrize(("code", "said"), [(0, "eng"), (2, "ger"), (500, "und"), (0x7FFF, "und"), (0x55C4, "und")])
def test_languages(code: int, said: str) -> None:
    assert language(code) == said


def hdlr(name: bytes) -> memoryview:
    return memoryview(bytes(8) + b"soun" + bytes(12) + name)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (b"SoundHandler\0", ""),
        (b"Core Media Audio\0", ""),
        (b"Director's comments\0", "Director's comments"),
        (b"\x08Comments", "Comments"),
        (b"\x0cSoundHandler", ""),
        (b"Kommentar \xc3\xa4\xff\n\0rest", "Kommentar ä"),
        (b"", ""),
    ],
)
def test_names_of_handlers(written: bytes, read: str) -> None:
    assert handler(hdlr(written)) == (b"soun", read)


def test_a_handler_without_type() -> None:
    with pytest.raises(MediaError, match="hdlr box is cut short"):
        handler(memoryview(bytes(11)))


def test_user_data_has_the_better_name() -> None:
    trak = children(memoryview(box(b"udta", box(b"name", b"English") + bytes(4))), "trak")
    assert track_name(trak, "of handler") == "English"
    assert track_name({}, "of handler") == "of handler"


@pytest.mark.parametrize(("flags", "elsewhere"), [(1, False), (0, True)])
def test_samples_in_another_file(flags: int, elsewhere: bool) -> None:  # noqa: FBT001 - a column of the table above
    dref = bytes(4) + pack(">I", 1) + box(b"url ", pack(">I", flags))
    assert is_elsewhere(children(memoryview(box(b"dinf", box(b"dref", dref))), "minf")) is elsewhere
    assert not is_elsewhere({})
