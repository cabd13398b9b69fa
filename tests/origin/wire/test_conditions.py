from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from origin.wire.conditions import accepts_gzip, none_matches, weak_etag


@pytest.mark.parametrize(
    ("field", "wanted"),
    [
        (b"", False),
        (b"gzip", True),
        (b"GZIP", True),
        (b"x-gzip", True),
        (b"gzip, deflate, br, zstd", True),
        (b"br;q=1.0,\tgzip;q=0.8 , *;q=0.1", True),
        (b"gzip;q=0", False),
        (b"gzip; Q=0.000", False),
        (b"gzip ;q=0.001", True),
        (b"gzip;q=1.000", True),
        (b"br", False),
        (b"*", True),
        (b"*;q=0", False),
        (b"*;q=0, gzip", True),
        (b"gzip;q=0, *", False),
        (b"identity", False),
        (b"identity;q=0, gzip;q=0", False),
        (b"identity;q=0", False),
        (b"identity;q=0.5, gzip;q=0.4", False),
        (b"identity;q=0.5, gzip;q=0.5", True),
        (b"identity;q=0, *;q=0.1", True),
        (b"gzip;q=0.5, *;q=0.8", False),
        (b"gzip;q=2", False),
        (b"gzip;q=-1", False),
        (b"gzip;q=0.0001", False),
        (b"gzip;q=", False),
        (b"gzipped", False),
        (b"not-gzip", False),
        (b",,gzip,", True),
    ],
)
def test_who_gets_gzip(field: bytes, wanted: bool) -> None:  # noqa: FBT001 - a column of the table
    assert accepts_gzip(field) is wanted


@pytest.mark.parametrize("etag", [b'"a,b"', b'W/"a,b"'])
@pytest.mark.parametrize(
    ("field", "matches"),
    [
        (b"*", True),
        (b" * ", True),
        (b'"a,b"', True),
        (b'W/"a,b"', True),
        (b'"x", W/"a,b" , "y"', True),
        (b'"x","a,b"', True),
        (b'"x"', False),
        (b'"a,b', False),
        (b"a,b", False),
        (b'"xa,b"', False),
        (b'"A,B"', False),
        (b'"*"', False),
        (b'"x", *', False),
        (b"", False),
    ],
)
def test_what_is_there_is_named(etag: bytes, field: bytes, matches: bool) -> None:  # noqa: FBT001 - a column of the table
    assert none_matches(field, etag) is matches


def test_a_tag_is_weak_and_its_text_s_own() -> None:
    assert weak_etag(b"#EXTM3U") == weak_etag(b"#EXTM3U") != weak_etag(b"#EXTM3U\n")
    assert none_matches(weak_etag(b"#EXTM3U"), weak_etag(b"#EXTM3U"))


@given(st.binary(max_size=100))
def test_any_bytes_have_an_answer(field: bytes) -> None:
    assert accepts_gzip(field) in {True, False}
    assert none_matches(field, b'W/"0123456789abcdef"') is (field.strip() == b"*")
