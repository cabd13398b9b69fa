"""What an S3 endpoint can do, found out at start by doing it: endpoints that speak S3 differ in what they pass over.

Some take a conditional write for a plain one, some take what arrives damaged. Neither shows before it does harm.
"""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from origin.stores.protocol import StoreError
from origin.stores.s3_client import md5
from origin.stores.s3_errors import of_code, status_of, told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_s3 import S3Client

    from origin.stores.s3_place import S3Place

FOLDER: Final = ".probe/"
"""No key begins with a dot, so no key leads in here."""
_BODY: Final = b"Headwater was here."
_REFUSALS: Final = range(400, 500)


@dataclass(frozen=True, slots=True)
class Abilities:
    """What may be relied upon."""

    conditional_writes: bool
    """Whether `If-None-Match: *` keeps an object from being replaced."""
    refuses_damage: bool
    """Whether a body that is not what its signature says is refused."""
    refuses_damage_by_md5: bool
    """Whether it is if Content-MD5 is sent as well."""


def probe(client: S3Client, place: S3Place) -> Abilities:
    """Write, read, list and delete an object of our own, and try the rest. Blocks.

    Raises `StoreError` if one of the four cannot be done.
    """
    key = f"{place.prefix}{FOLDER}{secrets.token_hex(8)}"
    with told(place):
        client.put_object(Bucket=place.bucket, Key=key, Body=_BODY)
        try:
            _read_back(client, place, key)
            return Abilities(
                conditional_writes=_refuses(client, place, key, IfNoneMatch="*"),
                refuses_damage=_refuses_damage(client, place, key),
                refuses_damage_by_md5=_refuses_damage(client, place, key, ContentMD5=md5(_BODY)),
            )
        finally:
            _delete(client, place, key)


def _read_back(client: S3Client, place: S3Place, key: str) -> None:
    body = client.get_object(Bucket=place.bucket, Key=key)["Body"].read()
    listed = client.list_objects_v2(Bucket=place.bucket, Prefix=key, MaxKeys=2).get("Contents", [])
    if body != _BODY or [entry["Key"] for entry in listed] != [key]:
        raise StoreError(f"What was just written to {place} is not found there, or is something else.")


def _refuses(client: S3Client, place: S3Place, key: str, **options: Any) -> bool:
    try:
        client.put_object(Bucket=place.bucket, Key=key, Body=_BODY, **options)
    except ClientError as error:
        # 501 is a refusal too, but of the whole idea.
        return status_of(error) in _REFUSALS
    return False


def _refuses_damage(client: S3Client, place: S3Place, key: str, **options: Any) -> bool:
    with _damaged(client):
        return _refuses(client, place, key, **options)


@contextmanager
def _damaged(client: S3Client) -> Iterator[None]:
    """Change what is put after it was signed, as a bad network would."""

    def damage(request: Any, **_: Any) -> None:
        request.body = _BODY.swapcase()

    client.meta.events.register("before-send.s3.PutObject", damage)
    try:
        yield
    finally:
        client.meta.events.unregister("before-send.s3.PutObject", damage)


def _delete(client: S3Client, place: S3Place, key: str) -> None:
    answer = client.delete_objects(Bucket=place.bucket, Delete={"Objects": [{"Key": key}], "Quiet": True})
    for failed in answer.get("Errors", []):
        raise StoreError(of_code(failed.get("Code", ""), place))
