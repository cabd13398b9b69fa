"""A reader over an endpoint that is made up: answers that no real one gives, and closing at any moment."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from origin.stores.protocol import ObjectMissing, StoreError
from origin.stores.s3_client import Patience, make_client
from origin.stores.s3_place import S3Place
from origin.stores.s3_reader import S3Reader
from tests.support import s3
from tests.support.faulty_proxy import Fault, FaultyProxy, faulty_proxy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_s3 import S3Client

PATIENCE_S = 30.0
PLACE = S3Place(s3.BUCKET, "reader/")
BODY = bytes(range(256)) * 40


@pytest.fixture(scope="module")
def proxy() -> Iterator[FaultyProxy]:
    with faulty_proxy(s3.moto().url) as proxy:
        yield proxy


@pytest.fixture
def client(proxy: FaultyProxy) -> Iterator[S3Client]:
    client = make_client(S3Place(s3.BUCKET, endpoint=proxy.url), Patience(tries=1), 4)
    client.put_object(Bucket=s3.BUCKET, Key="reader/a", Body=BODY)
    proxy.then()
    yield client
    client.close()


@pytest.mark.parametrize(
    ("start", "end", "asked"),
    [
        (0, None, ["GET -"]),
        (5, None, ["GET bytes=5-"]),
        (0, 7, ["GET bytes=0-6"]),
        (5, 7, ["GET bytes=5-6"]),
        (5, 5, ["HEAD -"]),
        (9, 5, ["HEAD -"]),
        (10**9, None, ["GET bytes=1000000000-"]),
    ],
)
def test_only_what_is_wanted_is_asked_for_and_once(
    client: S3Client, proxy: FaultyProxy, start: int, end: int | None, asked: list[str]
) -> None:
    reader = S3Reader(client, PLACE, "a", start, end)
    pieces = []
    while piece := reader.read(1000):
        pieces.append(piece)
    assert b"".join(pieces) == BODY[start:end]
    assert all(len(piece) == 1000 for piece in pieces[:-1])
    assert reader.read() == reader.read(5) == b""
    assert [f"{method} {headers.get('Range', '-')}" for method, _, headers in proxy.seen] == asked


@pytest.mark.parametrize(("start", "end"), [(0, None), (5, 7), (0, 0)])
def test_what_is_not_there_is_missing(client: S3Client, start: int, end: int | None) -> None:
    with pytest.raises(ObjectMissing):
        S3Reader(client, PLACE, "b", start, end).read(10)


def test_a_missing_bucket_is_not_a_missing_object(client: S3Client) -> None:
    with pytest.raises(StoreError, match="nothing like the bucket other") as caught:
        S3Reader(client, S3Place("other"), "a").read()
    assert not isinstance(caught.value, ObjectMissing)


def test_a_closed_reader_reads_no_more(client: S3Client) -> None:
    reader = S3Reader(client, PLACE, "a")
    assert len(reader.read(10)) == 10
    reader.close()
    reader.close()
    with pytest.raises(StoreError, match="not read any more"):
        reader.read(10)


def test_closing_cuts_a_read_short(client: S3Client, proxy: FaultyProxy) -> None:
    reader = S3Reader(client, PLACE, "a")
    proxy.then(Fault(trickle=True))
    assert len(reader.read(1)) == 1
    failed = threading.Event()

    def read() -> None:
        with pytest.raises(StoreError):
            reader.read()
        failed.set()

    thread = threading.Thread(target=read)
    thread.start()
    while reader._lock.acquire(blocking=False):  # until the thread has it
        reader._lock.release()
    reader.close()
    assert failed.wait(PATIENCE_S)
    thread.join()
    assert reader._body is None


def test_closing_while_it_is_opened_leaves_no_connection(client: S3Client) -> None:
    reader = S3Reader(client, PLACE, "a")
    client.meta.events.register("before-send.s3.GetObject", lambda **_: reader.close())
    with pytest.raises(StoreError, match="not read any more"):
        reader.read()
    assert reader._body is None
