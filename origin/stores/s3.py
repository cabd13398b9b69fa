"""A store in a bucket: `s3://bucket/prefix?endpoint=…&region=…`, on AWS or whatever else speaks S3.

boto3 blocks, so calls run in threads of the store's own, writes apart from reads. It repeats what fails for a moment;
that is safe, as a key gets the same content each time (manifests apart, of which the last counts). A `put` is one
request, which S3 carries out whole or not at all, and makes durable before it answers. What an endpoint cannot do is
found out when it is opened (`abilities`). A stream holds one connection and takes no more from it than it is asked for.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

import structlog
from boto3.exceptions import S3UploadFailedError
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

from origin.stores.abilities import Abilities, probe
from origin.stores.headers import cache_control, content_type
from origin.stores.protocol import (
    CHUNK_BYTES,
    StoredObject,
    StoreError,
    checked_key,
    checked_prefix,
    is_key,
)
from origin.stores.s3_client import Patience, make_client, md5
from origin.stores.s3_errors import of_code, status_of, told
from origin.stores.s3_place import S3Place, parse
from origin.stores.s3_reader import NOT_FOUND, S3Reader
from origin.stores.workers import Workers

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Sequence
    from pathlib import Path

    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef

T = TypeVar("T")

WRITE_THREADS: Final = 8
"""60 streams give 60 segments a second, sound and picture; at 100 ms each, eight threads do 80."""
READ_THREADS: Final = 16
"""Viewers of what left memory: at 50 ms for a chunk of 256 KiB, 80 MB/s."""
MAX_WRITES: Final = 256
"""As on a disk: four seconds' backlog of 60 streams."""
MAX_READS: Final = 1_024
"""Three seconds' work for the readers; whoever comes then does better to ask again."""
PAGE: Final = 1_000
"""What S3 lists or deletes at a time."""
MAX_PAGES: Final = 1_000
"""Pages read for one list: a million objects that are none of ours before the first that is."""

_TRANSFER: Final = TransferConfig(multipart_threshold=64 << 20, multipart_chunksize=64 << 20, use_threads=False)
"""Parts of 64 MiB, one at a time: a part that fails is sent again alone, and 10,000 of them are 640 GB. boto3 makes
them larger for what is larger, and reads them from the file as they are signed and sent."""

CLOSE_S: Final = 5.0
"""How long calls may take that are under way at the end. One that hangs takes 42 s, and nobody waits for it any more:
what was to be stored is kept elsewhere by then."""

log = structlog.get_logger(__name__)


class S3Store:
    """`s3://…`; `ObjectStore` tells what the methods do."""

    def __init__(self, place: S3Place, client: S3Client, abilities: Abilities, patience: Patience) -> None:
        self.abilities = abilities
        self._place = place
        self._client = client
        self._patience = patience
        self._writers = Workers("s3-writer", WRITE_THREADS, MAX_WRITES)
        self._readers = Workers("s3-reader", READ_THREADS, MAX_READS)

    @classmethod
    def open(cls, url: str, patience: Patience | None = None) -> S3Store:
        """Connect and probe. Blocks, for some ten requests."""
        place, patience = parse(url), patience or Patience()
        client = make_client(place, patience, connections=WRITE_THREADS + READ_THREADS)
        try:
            abilities = probe(client, place)
        except BaseException:
            client.close()
            raise
        log.info("store_probed", bucket=place.bucket, endpoint=place.endpoint or "AWS", abilities=abilities)
        return cls(place, client, abilities, patience)

    async def put(self, key: str, body: Sequence[bytes]) -> None:  # noqa: D102 - as ObjectStore
        await self._run(self._writers, partial(self._put, checked_key(key), tuple(body)))

    async def take(self, key: str, path: Path) -> None:  # noqa: D102 - as Adopting
        await self._writers.run(partial(self._take, checked_key(key), path))

    async def get(self, key: str) -> bytes:  # noqa: D102 - as ObjectStore
        reader = S3Reader(self._client, self._place, checked_key(key))
        try:
            return await self._run(self._readers, reader.read)
        finally:
            reader.close()

    async def stream(  # noqa: D102 - as ObjectStore
        self, key: str, start: int = 0, end: int | None = None
    ) -> AsyncIterator[bytes]:
        reader = S3Reader(self._client, self._place, checked_key(key), start, end)
        read = partial(reader.read, CHUNK_BYTES)
        try:
            while chunk := await self._run(self._readers, read):
                yield chunk
        finally:
            reader.close()

    async def size(self, key: str) -> int | None:  # noqa: D102 - as ObjectStore
        return await self._run(self._readers, partial(self._size, checked_key(key)))

    async def delete(self, keys: Collection[str]) -> None:  # noqa: D102 - as ObjectStore
        checked: list[ObjectIdentifierTypeDef] = [{"Key": self._place.prefix + checked_key(key)} for key in keys]
        for at in range(0, max(1, len(checked)), PAGE):  # once for none, too, so that a closed store says so
            await self._run(self._writers, partial(self._delete, checked[at : at + PAGE]))

    async def list(  # noqa: D102 - as ObjectStore
        self, prefix: str, after: str | None, limit: int
    ) -> Sequence[StoredObject]:
        return await self._run(self._readers, partial(self._list, checked_prefix(prefix), after or "", limit))

    async def close(self) -> None:  # noqa: D102 - as ObjectStore
        ended = await asyncio.gather(self._writers.close(CLOSE_S), self._readers.close(CLOSE_S))
        if not all(ended):
            log.warning("store_hangs", bucket=self._place.bucket, endpoint=self._place.endpoint or "AWS")
        self._client.close()

    async def _run(self, workers: Workers, work: Callable[[], T]) -> T:
        try:
            async with asyncio.timeout(self._patience.call_s):
                return await workers.run(work)
        except TimeoutError:
            raise StoreError(f"No answer came in time from {self._place}.") from None

    def _put(self, key: str, body: Sequence[bytes]) -> None:
        whole = b"".join(body)
        checksum: dict[str, Any] = {} if self.abilities.refuses_damage else {"ContentMD5": md5(whole)}
        with told(self._place):
            self._client.put_object(
                Bucket=self._place.bucket,
                Key=self._place.prefix + key,
                Body=whole,
                ContentType=content_type(key),
                CacheControl=cache_control(key),
                **checksum,
            )

    def _take(self, key: str, path: Path) -> None:
        """Send a file in parts, read from the disk as they go. One that breaks off is aborted, and leaves no object."""
        headers = {"ContentType": content_type(key), "CacheControl": cache_control(key)}
        with told(self._place):
            try:
                self._client.upload_file(
                    str(path), self._place.bucket, self._place.prefix + key, ExtraArgs=headers, Config=_TRANSFER
                )
            except S3UploadFailedError as error:
                raise error.__context__ or error from None

    def _size(self, key: str) -> int | None:
        with told(self._place):
            try:
                head = self._client.head_object(Bucket=self._place.bucket, Key=self._place.prefix + key)
            except ClientError as error:
                if status_of(error) == NOT_FOUND:
                    return None
                raise
            return head["ContentLength"]

    def _delete(self, keys: Sequence[ObjectIdentifierTypeDef]) -> None:
        if not keys:
            return
        with told(self._place):
            answer = self._client.delete_objects(Bucket=self._place.bucket, Delete={"Objects": keys, "Quiet": True})
        failed = [entry for entry in answer.get("Errors", []) if entry.get("Code") != "NoSuchKey"]
        if failed:
            reason = of_code(failed[0].get("Code", ""), self._place)
            raise StoreError(f"{len(failed)} of {len(keys)} objects could not be deleted. {reason}")

    def _list(self, prefix: str, after: str, limit: int) -> Sequence[StoredObject]:
        found: list[StoredObject] = []
        for _ in range(MAX_PAGES):
            wanted = min(PAGE, limit - len(found))
            if wanted <= 0:
                return found
            page, after, more = self._page(prefix, after, wanted)
            found += page
            if not more:
                return found
        raise StoreError(f"Too much that is not Headwater's lies in {self._place}; give it a prefix of its own.")

    def _page(self, prefix: str, after: str, limit: int) -> tuple[Sequence[StoredObject], str, bool]:
        """At most `limit` objects, the key after which the next page begins, and whether there is one."""
        place = self._place
        start: dict[str, Any] = {"StartAfter": place.prefix + after} if after else {}
        with told(place):
            answer = self._client.list_objects_v2(
                Bucket=place.bucket, Prefix=place.prefix + prefix, MaxKeys=limit, **start
            )
        entries = [(entry["Key"].removeprefix(place.prefix), entry["Size"]) for entry in answer.get("Contents", [])]
        ours = [StoredObject(key, size) for key, size in entries if is_key(key)]
        return ours, entries[-1][0] if entries else after, bool(entries) and answer.get("IsTruncated", False)
