from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from botocore import exceptions as boto
from botocore.parsers import ResponseParserError
from urllib3.exceptions import ProtocolError

from origin.stores.protocol import ObjectMissing, StoreError
from origin.stores.s3_errors import code_of, sentence, status_of, told
from origin.stores.s3_place import S3Place

if TYPE_CHECKING:
    from botocore.exceptions import _ClientErrorResponseTypeDef

PLACE = S3Place("media", endpoint="http://127.0.0.1:9000")


def answer(code: str, status: int) -> boto.ClientError:
    response: _ClientErrorResponseTypeDef = {
        "Error": {"Code": code, "Message": "The key AKSECRET is wrong"},
        "ResponseMetadata": {
            "HTTPStatusCode": status,
            "RequestId": "r",
            "HostId": "h",
            "HTTPHeaders": {},
            "RetryAttempts": 0,
        },
    }
    return boto.ClientError(response, "PutObject")


@pytest.mark.parametrize(
    ("error", "begins"),
    [
        (answer("NoSuchBucket", 404), "There is nothing like the bucket media at http://127.0.0.1:9000; create it"),
        (answer("AccessDenied", 403), "These credentials may not do this in the bucket media at"),
        (answer("403", 403), "These credentials may not do this"),
        (answer("InvalidAccessKeyId", 403), "The credentials are not known to"),
        (answer("SlowDown", 503), "Too many requests go to"),
        (answer("XMinioStorageFull", 507), "There is no room left in"),
        (answer("BadDigest", 400), "What was sent to the bucket media at http://127.0.0.1:9000 arrived damaged"),
        (answer("Strange", 418), "The answer of the bucket media at http://127.0.0.1:9000 was Strange (HTTP 418)."),
        (
            answer("<b>{place}\n", 400),
            "The answer of the bucket media at http://127.0.0.1:9000 was something unreadable",
        ),
        (boto.NoCredentialsError(), "There are no usable credentials for"),
        (boto.ProfileNotFound(profile="x"), "There are no usable credentials for"),
        (boto.SSLError(endpoint_url="x", error=OSError()), "The TLS certificate of"),
        (boto.EndpointConnectionError(endpoint_url="x"), "No connection can be made to"),
        (boto.ReadTimeoutError(endpoint_url="x", error=None), "No answer came in time from"),
        (boto.ConnectionClosedError(endpoint_url="x"), "The connection to"),
        (ProtocolError("x"), "The connection to"),
        (ConnectionResetError(), "The connection to"),
        (ResponseParserError("<html>"), "What the bucket media at http://127.0.0.1:9000 answers is not S3"),
        (boto.DataNotFoundError(data_path="x"), "The client failed at the bucket media at"),
    ],
)
def test_what_fails_is_told_in_a_sentence_for_the_operator(error: Exception, begins: str) -> None:
    with pytest.raises(StoreError) as caught, told(PLACE):
        raise error
    assert caught.value.detail == sentence(error, PLACE)
    assert caught.value.detail.startswith(begins)
    assert caught.value.__cause__ is error
    assert "AKSECRET" not in str(caught.value)


def test_other_errors_pass() -> None:
    with pytest.raises(ObjectMissing), told(PLACE):
        raise ObjectMissing("a")
    with pytest.raises(ZeroDivisionError), told(PLACE):
        raise ZeroDivisionError


def test_an_answer_without_a_body_has_its_status_alone() -> None:
    assert (code_of(answer("NoSuchKey", 404)), status_of(answer("NoSuchKey", 404))) == ("NoSuchKey", 404)
    bare = boto.ClientError({}, "HeadObject")
    assert (code_of(bare), status_of(bare)) == ("", 0)
