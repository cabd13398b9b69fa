"""What goes over the line: signatures, checksums and addresses, as an endpoint sees them."""

from __future__ import annotations

import base64
import hashlib
import logging
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from origin.stores.protocol import StoreError
from origin.stores.s3_client import Patience, make_client, md5
from origin.stores.s3_place import S3Place
from tests.support import s3
from tests.support.faulty_proxy import FaultyProxy, faulty_proxy

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def proxy() -> Iterator[FaultyProxy]:
    with faulty_proxy(s3.moto().url) as proxy:
        yield proxy


def place_of(proxy: FaultyProxy) -> S3Place:
    return S3Place(s3.BUCKET, endpoint=proxy.url)


def test_bodies_are_signed_and_come_without_checksums_that_few_know(proxy: FaultyProxy) -> None:
    with closing(make_client(place_of(proxy), Patience(), 1)) as client:
        client.put_object(Bucket=s3.BUCKET, Key="client/a", Body=b"abc")
    method, path, headers = proxy.seen[-1]
    assert (method, path) == ("PUT", f"/{s3.BUCKET}/client/a")
    assert headers["X-Amz-Content-SHA256"] == hashlib.sha256(b"abc").hexdigest()
    assert "/us-east-1/s3/aws4_request" in headers["Authorization"]
    assert [name for name in headers if name.lower().startswith(("x-amz-checksum", "x-amz-trailer", "expect"))] == []
    assert s3.SECRET_KEY not in str(headers)


def test_deletions_bear_the_checksum_that_older_endpoints_ask_for(proxy: FaultyProxy) -> None:
    with closing(make_client(place_of(proxy), Patience(), 1)) as client:
        client.delete_objects(Bucket=s3.BUCKET, Delete={"Objects": [{"Key": "client/b"}]})
    _, _, headers = proxy.seen[-1]
    assert len(base64.b64decode(headers["Content-MD5"])) == 16
    assert "content-md5" in headers["Authorization"]


def test_the_region_comes_from_the_url_or_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-3")
    for place, region in [(S3Place("b"), "eu-west-3"), (S3Place("b", region="eu-central-1"), "eu-central-1")]:
        with closing(make_client(place, Patience(), 1)) as client:
            assert client.meta.region_name == region
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    with closing(make_client(S3Place("b"), Patience(), 1)) as client:
        assert client.meta.region_name == "us-east-1"


def test_a_client_that_cannot_be_made_is_told() -> None:
    with pytest.raises(StoreError, match="cannot be used for the bucket b at http://a_b c"):
        make_client(S3Place("b", endpoint="http://a_b c"), Patience(), 1)


def test_a_library_that_warns_of_each_connection_is_quiet() -> None:
    make_client(S3Place("b"), Patience(), 1).close()
    assert logging.getLogger("urllib3.connectionpool").level == logging.ERROR


def test_the_checksum_is_that_of_the_standard() -> None:
    assert md5(b"") == "1B2M2Y8AsgTpgAmY7PhCfg=="
