"""Where an S3 store lies, as its URL says: `s3://bucket/prefix?endpoint=https://host:port&region=name`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from origin.stores.protocol import StoreError, checked_prefix

FORM: Final = "s3://bucket/prefix?endpoint=https://host:port&region=name"
_BUCKET: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,254}")
_REGION: Final = re.compile(r"[A-Za-z0-9-]{1,64}")
_CREDENTIALS: Final = (
    "Keep credentials out of URLs, which end up in logs: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile."
)


@dataclass(frozen=True, slots=True)
class S3Place:
    """A bucket, and what its keys begin with. As text: what a sentence for the operator calls it."""

    bucket: str
    prefix: str = ""
    """Before each key: empty, or ends in a slash."""
    endpoint: str | None = None
    """None: AWS, or what AWS_ENDPOINT_URL says."""
    region: str | None = None
    """None: what the environment or the profile says."""

    def __str__(self) -> str:
        return f"the bucket {self.bucket} at {self.endpoint or 'AWS'}"


def parse(url: str) -> S3Place:
    """Read the URL. Raises `StoreError` with a sentence that quotes nothing in which a secret may be."""
    if "@" in unquote(url):
        raise StoreError(_CREDENTIALS)
    parts = _split(url)
    if parts is None or not _BUCKET.fullmatch(parts.netloc) or parts.fragment:
        raise StoreError(f"Write {FORM}; endpoint and region may be left out.")
    given = dict(parse_qsl(parts.query, keep_blank_values=True))
    if unknown := given.keys() - {"endpoint", "region"}:
        raise StoreError(f"An s3: URL takes endpoint and region, and nothing called {', '.join(sorted(unknown))}.")
    region = given.get("region")
    if region is not None and not _REGION.fullmatch(region):
        raise StoreError("The region of an s3: URL is a name such as eu-central-1.")
    return S3Place(parts.netloc, _prefix(parts.path), _endpoint(given.get("endpoint")), region)


def _prefix(path: str) -> str:
    prefix = path.strip("/")
    try:
        return checked_prefix(f"{prefix}/") if prefix else ""
    except ValueError:
        raise StoreError(
            "The prefix of an s3: URL is made of names with letters, digits, dots, hyphens and underscores."
        ) from None


def _endpoint(url: str | None) -> str | None:
    if url is None:
        return None
    parts = _split(url)
    if not (parts and parts.scheme in ("http", "https") and parts.hostname) or parts.query or parts.fragment:
        raise StoreError("The endpoint of an s3: URL is an address such as https://s3.example.org:9000.")
    return url.rstrip("/")


def _split(url: str) -> SplitResult | None:
    """The parts of a URL; None if it is none, as for a port that is no number, or brackets that do not match."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    return None if port == 0 else parts
