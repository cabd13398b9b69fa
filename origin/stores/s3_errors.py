"""What S3 and its client say when they fail, as sentences for the operator: the one place where that is translated.

The sentences name bucket, endpoint and error code. An endpoint's own message is left out: it may quote an access key.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from botocore import exceptions as boto
from botocore.parsers import ResponseParserError
from urllib3.exceptions import HTTPError

from origin.stores.protocol import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from origin.stores.s3_place import S3Place

_REFUSED: Final = "These credentials may not do this in {place}; allow them to put, get, list and delete its objects."
_UNKNOWN: Final = "The credentials are not known to {place}; check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
_BUSY: Final = "Too many requests go to {place}; it asks to slow down."
_FULL: Final = "There is no room left in {place}; free some space or shorten the DVR windows."
_DAMAGED: Final = "What was sent to {place} arrived damaged and was refused; look at the network in between."
_ELSEWHERE: Final = "Another region than the one set holds {place}; set region= in store_url."
_SENTENCES: Final = {
    "NoSuchBucket": "There is nothing like {place}; create it, or correct store_url.",
    "AccessDenied": _REFUSED,
    "AllAccessDisabled": _REFUSED,
    "403": _REFUSED,  # to HEAD, whose answer has no body that could say more
    "InvalidAccessKeyId": _UNKNOWN,
    "InvalidToken": _UNKNOWN,
    "SignatureDoesNotMatch": _UNKNOWN,
    "ExpiredToken": "The credentials for {place} have expired; renew them.",
    "RequestTimeTooSkewed": "The clocks of this machine and of {place} differ too much; set this one right.",
    "SlowDown": _BUSY,
    "TooManyRequests": _BUSY,
    "RequestLimitExceeded": _BUSY,
    "QuotaExceeded": _FULL,
    "InsufficientStorage": _FULL,
    "XMinioStorageFull": _FULL,
    "BadDigest": _DAMAGED,
    "InvalidDigest": _DAMAGED,
    "XAmzContentSHA256Mismatch": _DAMAGED,
    "EntityTooLarge": "The object is larger than {place} takes at once.",
    "PermanentRedirect": _ELSEWHERE,
    "AuthorizationHeaderMalformed": _ELSEWHERE,
    "301": _ELSEWHERE,
}
_NO_CREDENTIALS: Final = (
    "There are no usable credentials for {place}; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE."
)
_CLIENTS: Final[tuple[tuple[tuple[type[Exception], ...], str], ...]] = (
    (
        (
            boto.NoCredentialsError,
            boto.PartialCredentialsError,
            boto.CredentialRetrievalError,
            boto.TokenRetrievalError,
            boto.ProfileNotFound,
            boto.ConfigParseError,
        ),
        _NO_CREDENTIALS,
    ),
    ((boto.SSLError,), "The TLS certificate of {place} cannot be verified; check the endpoint and SSL_CERT_FILE."),
    (
        (boto.EndpointConnectionError, boto.ConnectTimeoutError, boto.ProxyConnectionError),
        "No connection can be made to {place}; check the endpoint, and whether it runs.",
    ),
    ((boto.ReadTimeoutError, TimeoutError), "No answer came in time from {place}."),
    (
        (boto.ConnectionClosedError, boto.ResponseStreamingError, boto.IncompleteReadError, HTTPError, OSError),
        "The connection to {place} broke.",
    ),
    ((ResponseParserError,), "What {place} answers is not S3; check the endpoint."),
)
"""What was never answered, by the exception; the first that fits."""
FOREIGN: Final = (boto.BotoCoreError, boto.ClientError, ResponseParserError, HTTPError, OSError)
"""All that may come out of the client."""
_CODE: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")


@contextmanager
def told(place: S3Place) -> Iterator[None]:
    """Turn what the client raises into a `StoreError`."""
    try:
        yield
    except FOREIGN as error:
        raise StoreError(sentence(error, place)) from error


def sentence(error: Exception, place: S3Place) -> str:
    """What to tell the operator of an exception in `FOREIGN`."""
    if isinstance(error, boto.ClientError):
        return of_code(code_of(error), place, status_of(error))
    found = next((text for kinds, text in _CLIENTS if isinstance(error, kinds)), None)
    return (found or f"The client failed at {{place}}: {type(error).__name__}.").format(place=place)


def of_code(code: str, place: S3Place, status: int | None = None) -> str:
    """What to tell of an error code, which an answer as a whole or one of its keys bears."""
    shown = code if _CODE.fullmatch(code) else "something unreadable"
    answered = f" (HTTP {status})" if status else ""
    return _SENTENCES.get(code, f"The answer of {{place}} was {shown}{answered}.").format(place=place)


def code_of(error: boto.ClientError) -> str:
    """The code of an error answer: `NoSuchKey`; of one without a body, the status."""
    return str(error.response.get("Error", {}).get("Code", ""))


def status_of(error: boto.ClientError) -> int:
    """The HTTP status of an error answer; 0 if it is unknown."""
    return error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
