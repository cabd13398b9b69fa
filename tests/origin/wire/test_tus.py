from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from origin.errors import Problem
from origin.wire import tus

if TYPE_CHECKING:
    from collections.abc import Callable

Headers = list[tuple[bytes, bytes]]
MOST = 1000
CREATION: Headers = [(b"upload-length", b"5"), (b"upload-metadata", b"filename YS50eHQ=,filetype dGV4dC9wbGFpbg==")]


def refused(work: Callable[[], object]) -> tuple[int, str]:
    with pytest.raises(Problem) as caught:
        work()
    return caught.value.status, caught.value.detail


def test_a_creation_is_read() -> None:
    made = tus.read_creation(CREATION, MOST)
    assert (made.length, made.metadata) == (5, {"filename": "a.txt", "filetype": "text/plain"})
    assert made.said == CREATION[1][1].decode()
    assert tus.read_creation([(b"upload-length", b"0")], MOST) == tus.Creation(0, {}, "")


@pytest.mark.parametrize("said", [b"", b"-1", b"1.5", b" 1", b"+1", b"0x10", b"1" * 19, b"\xd9\xa1", b"1,1", b"nan"])
def test_lengths_that_are_none(said: bytes) -> None:
    for headers, read in (
        ([(b"upload-length", said)], lambda given: tus.read_creation(given, MOST)),
        ([(b"upload-offset", said)], tus.read_offset),
        ([(b"content-length", said)], tus.declared_length),
    ):
        assert refused(lambda read=read, headers=headers: read(headers))[0] == 400  # type: ignore[misc]  # bound now


def test_what_is_missing_or_there_twice() -> None:
    assert "Upload-Length is missing" in refused(lambda: tus.read_creation([], MOST))[1]
    assert "Upload-Offset is missing" in refused(lambda: tus.read_offset([]))[1]
    assert "once" in refused(lambda: tus.read_offset([(b"upload-offset", b"1"), (b"upload-offset", b"2")]))[1]
    assert tus.declared_length([]) is None
    assert tus.declared_length([(b"content-length", b"7")]) == 7


def test_too_much_is_413() -> None:
    assert refused(lambda: tus.read_creation([(b"upload-length", b"1001")], MOST))[0] == 413
    assert tus.read_creation([(b"upload-length", b"1000")], MOST).length == 1000


@pytest.mark.parametrize(
    "said",
    [
        b",",
        b"a,",
        b"a YQ",
        b"a YQ= =",
        b"a  YQ==",
        b"a YQ==,a YQ==",
        b"a Y-_=",
        b"a YQ==\n",
        b"a /w==",
        b"\xc3\xa4 YQ==",
        b"k" * 65 + b" YQ==",
        b"a " + base64.b64encode(b"x" * 100_000),
        b",".join(b"k%d YQ==" % number for number in range(33)),
    ],
)
def test_metadata_that_is_none(said: bytes) -> None:
    assert refused(lambda: tus.read_metadata(said))[0] == 400


def test_metadata_may_be_empty_or_without_values() -> None:
    assert tus.read_metadata(b"") == tus.read_metadata(b"  ") == {}
    assert tus.read_metadata(b"is_confidential,name ZQ==") == {"is_confidential": "", "name": "e"}
    assert tus.read_metadata(b"a YQ==, b YQ==") == {"a": "a", "b": "a"}


@given(st.dictionaries(st.from_regex(r"\A[a-z_-]{1,20}\Z"), st.text(max_size=50), max_size=8))
def test_metadata_is_read_as_it_was_written(pairs: dict[str, str]) -> None:
    pairs = {key: value for key, value in pairs.items() if value.isprintable()}
    assert tus.read_metadata(tus.write_metadata(pairs).encode()) == pairs


@given(st.binary(max_size=60))
def test_whatever_stands_there_is_metadata_or_a_bad_request(said: bytes) -> None:
    code = ""
    try:
        tus.read_metadata(said)
    except Problem as problem:
        code = problem.code
    assert code in {"", "bad_request"}


def test_the_version_must_be_ours() -> None:
    tus.check_version([(b"tus-resumable", b"1.0.0")])
    for headers in ([], [(b"tus-resumable", b"0.2.2")], [(b"tus-resumable", b"1.0.0 ")]):
        with pytest.raises(Problem) as caught:
            tus.check_version(headers)
        assert (caught.value.status, caught.value.headers) == (412, (("Tus-Version", "1.0.0"),))


@pytest.mark.parametrize("name", [b"upload-defer-length", b"upload-concat", b"upload-checksum"])
def test_what_is_not_offered_is_refused(name: bytes) -> None:
    tus.check_extensions([(b"upload-length", b"1")])
    assert "is not offered" in refused(lambda: tus.check_extensions([(name, b"1")]))[1]


def test_the_method_that_counts() -> None:
    assert tus.effective_method("POST", []) == "POST"
    assert tus.effective_method("POST", [(b"x-http-method-override", b"PATCH")]) == "PATCH"
    assert refused(lambda: tus.effective_method("POST", [(b"x-http-method-override", b"TRACE")]))[0] == 400


def test_bytes_come_as_their_own_type() -> None:
    good = [(b"content-type", b"application/offset+octet-stream")]
    tus.check_content_type(good)
    assert tus.has_bytes([(b"content-type", b"Application/Offset+Octet-Stream; x=y")])
    for headers in ([], [(b"content-type", b"text/plain")]):
        assert refused(lambda headers=headers: tus.check_content_type(headers))[0] == 415  # type: ignore[misc]  # bound now


def test_what_is_told() -> None:
    told = dict(tus.options(MOST))
    assert told[b"tus-max-size"] == b"1000"
    assert told[b"tus-extension"] == b"creation,creation-with-upload,expiration,termination"
    assert dict(tus.progress(offset=1, length=2, expires_at=None)) == {b"upload-offset": b"1", b"upload-length": b"2"}
    until = dict(tus.progress(offset=1, length=2, expires_at=784_111_777.5))[b"upload-expires"]
    assert until == b"Sun, 06 Nov 1994 08:49:37 GMT"
