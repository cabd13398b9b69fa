from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from origin.errors import Problem
from origin.web.representation import cut, is_known, select
from origin.wire.ranges import ByteRange

if TYPE_CHECKING:
    from origin.web.asgi import Scope

ETAG = b'"v0-1-7.m4s"'


def asked(**headers: bytes) -> Scope:
    return {"headers": [(name.replace("_", "-").encode(), value) for name, value in headers.items()]}


def test_all_is_sent_where_nothing_else_is_asked_for() -> None:
    status, span, headers = select(asked(), ETAG, 1000, [(b"x", b"y")])
    assert (status, span) == (200, ByteRange(0, 1000))
    told = dict(headers)
    assert (told[b"x"], told[b"etag"], told[b"accept-ranges"]) == (b"y", ETAG, b"bytes")
    assert told[b"content-length"] == b"1000"


@pytest.mark.parametrize(
    ("field", "span"),
    [(b"bytes=0-99", ByteRange(0, 100)), (b"bytes=-10", ByteRange(990, 1000)), (b"bytes=900-", ByteRange(900, 1000))],
)
def test_a_range_is_cut_out(field: bytes, span: ByteRange) -> None:
    status, found, headers = select(asked(range=field, if_range=ETAG), ETAG, 1000, ())
    assert (status, found) == (206, span)
    assert dict(headers)[b"content-range"] == b"bytes %d-%d/1000" % (span.start, span.end - 1)
    assert dict(headers)[b"content-length"] == b"%d" % (span.end - span.start)


def test_a_range_of_something_else_gives_the_whole() -> None:
    assert select(asked(range=b"bytes=0-99", if_range=b'"other"'), ETAG, 1000, ())[:2] == (200, ByteRange(0, 1000))


def test_a_head_has_no_ranges() -> None:
    scope = {**asked(range=b"bytes=1000-"), "method": "HEAD"}
    assert select(scope, ETAG, 1000, ())[:2] == (200, ByteRange(0, 1000))


def test_a_range_outside_is_refused_with_the_size() -> None:
    with pytest.raises(Problem) as refused:
        select(asked(range=b"bytes=1000-"), ETAG, 1000, ())
    assert refused.value.code == "range_not_satisfiable"
    assert dict(refused.value.headers)["content-range"] == "bytes */1000"


@pytest.mark.parametrize("field", [ETAG, b"*", b'"other", ' + ETAG, b"W/" + ETAG])
def test_what_the_client_has_is_not_sent_again(field: bytes) -> None:
    scope = asked(if_none_match=field, range=b"bytes=0-99")
    assert is_known(scope, ETAG)
    assert select(scope, ETAG, 1000, ())[0] == 304
    assert not is_known(asked(if_none_match=b'"other"'), ETAG)
    assert not is_known(asked(), ETAG)


def test_the_bytes_of_a_span_come_out_of_any_pieces() -> None:
    assert cut((b"abc", b"def"), ByteRange(2, 5)) == b"cde"
    assert cut((b"abcdef",), ByteRange(0, 6)) == b"abcdef"
    assert cut((b"abc",), ByteRange(1, 1)) == b""
