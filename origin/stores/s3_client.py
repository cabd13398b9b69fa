"""Makes the client of an S3 store: which signatures, checksums, times and tries, and what is counted.

Every body is signed with its SHA-256, also over TLS, so that a conforming endpoint refuses what arrives damaged, at
half the price of an MD5. Checksums of newer kinds are left out where S3 itself does not require them: many endpoints
that speak S3 know none, and some of them fail at the trailer in which they come.
"""

from __future__ import annotations

import base64
import hashlib
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import boto3
from botocore.config import Config

from origin.observe import metrics
from origin.stores.protocol import StoreError
from origin.stores.s3_errors import told

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from origin.stores.s3_place import S3Place

OPERATIONS: Final = {
    "PutObject": "put",
    "CreateMultipartUpload": "put",
    "UploadPart": "put",
    "CompleteMultipartUpload": "put",
    "GetObject": "get",
    "HeadObject": "head",
    "ListObjectsV2": "list",
    "DeleteObjects": "delete",
}
"""As `headwater_store_requests_total` names them."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for an endpoint, in seconds, and how often to ask."""

    connect_s: float = 3.0
    """One lost SYN is repeated after a second, two after three."""
    read_s: float = 10.0
    """Between two bytes. S3 answers within a second; ten times that is a fault."""
    tries: int = 3
    """With pauses of up to 1 and 2 s in between (botocore's standard mode), so a call that fails takes 42 s at most,
    unless bytes trickle."""
    call_s: float = 60.0
    """For a call in all, as its caller sees it."""


def make_client(place: S3Place, patience: Patience, connections: int) -> S3Client:
    """Make a client that keeps at most `connections` open between calls. Sends nothing yet."""
    # It would warn of each connection beyond those kept, and slow readers hold theirs for long.
    logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)
    config = Config(
        signature_version="s3v4",
        connect_timeout=patience.connect_s,
        read_timeout=patience.read_s,
        retries={"mode": "standard", "total_max_attempts": patience.tries},
        max_pool_connections=connections,
        tcp_keepalive=True,
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        # A bucket's name before the host's needs DNS and certificates to play along, which few but AWS arrange.
        s3={"addressing_style": "path" if place.endpoint else "auto", "payload_signing_enabled": True},
    )
    try:
        with told(place):
            session = boto3.session.Session(region_name=place.region)
            region = session.region_name or "us-east-1"  # where AWS looks first; others ignore it
            client = session.client("s3", region_name=region, endpoint_url=place.endpoint, config=config)
    except ValueError as error:
        raise StoreError(f"This endpoint or region cannot be used for {place}.") from error
    client.meta.events.register("before-send.s3", _count)
    client.meta.events.register("before-sign.s3.DeleteObjects", _add_md5)
    client.meta.events.register("before-sign.s3.PutObject", _send_at_once)
    return client


def _count(event_name: str, **_: Any) -> None:
    """Count what goes out: each try costs money of its own."""
    operation = event_name.rpartition(".")[2]
    metrics.store_requests.labels(OPERATIONS.get(operation, "other")).inc()


def _add_md5(request: Any, **_: Any) -> None:
    """Deletions needed this checksum before S3 took others, and endpoints that have not followed still ask for it."""
    request.headers["Content-MD5"] = md5(request.body)


def _send_at_once(request: Any, **_: Any) -> None:
    """Send the body without asking for leave (Expect: 100-continue), which costs a round trip for each segment."""
    del request.headers["Expect"]


def md5(body: bytes) -> str:
    """The value of Content-MD5 (RFC 1864)."""
    return base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
