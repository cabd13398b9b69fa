"""Reads one object of an S3 store in order, and goes on where it was when the connection breaks."""

from __future__ import annotations

import re
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from origin.stores.protocol import CHUNK_BYTES, ObjectMissing, StoreError
from origin.stores.s3_errors import FOREIGN, code_of, sentence, status_of, told

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_s3 import S3Client

    from origin.stores.s3_place import S3Place

RESUMES: Final = 3
"""How often to connect again for one object; each of them is tried as often as any call is."""
NOT_FOUND: Final = 404
OUT_OF_RANGE: Final = 416
_RANGE: Final = re.compile(r"bytes (\d+)-\d+/(?:\d+|\*)")


class S3Reader:
    """Bytes `start` to before `end` of an object. Its methods block; one thread at a time reads, any may close."""

    def __init__(self, client: S3Client, place: S3Place, key: str, start: int = 0, end: int | None = None) -> None:
        self._client = client
        self._place = place
        self._key = key
        self._at = start
        self._end = end
        """Once something was read, never beyond the object's end."""
        self._body: Any = None
        self._etag: str | None = None
        self._begun = False
        self._resumes = RESUMES
        self._lock = threading.Lock()
        self._closed = False

    def read(self, size: int | None = None) -> bytes:
        """Give the next bytes, at most `size` (None: all), and none at the end. Raises `ObjectMissing`."""
        try:
            with self._lock:
                return self._read(size)
        finally:
            if self._closed:
                self.close()

    def close(self) -> None:
        """Close the connection if more would come over it; a read that goes on is cut short."""
        self._closed = True
        if self._lock.acquire(blocking=False):
            try:
                self._hang_up()
            finally:
                self._lock.release()
        elif self._body is not None:
            with suppress(*FOREIGN, RuntimeError, ValueError):  # it is done this moment
                self._body._raw_stream.shutdown()  # noqa: SLF001 - closing would wait for the read (urllib3 2.3)

    def _read(self, size: int | None) -> bytes:
        if not self._begun:
            self._open()
        pieces = []
        while wanted := self._wanted(size):
            piece = self._next(wanted)
            pieces.append(piece)
            self._at += len(piece)
            size = None if size is None else size - len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _wanted(self, size: int | None) -> int:
        left = max(0, (self._end or 0) - self._at)
        return left if size is None else min(size, left)

    def _next(self, size: int) -> bytes:
        """Some of the next `size` bytes, over another connection if need be."""
        while not self._closed:
            try:
                with told(self._place):
                    piece: bytes = self._body.read(size)
                if not piece:
                    raise StoreError(f"An answer of {self._place} ended early.")  # noqa: TRY301 - as any that breaks
            except StoreError:
                if self._resumes == 0:
                    raise
                self._resumes -= 1
                self._hang_up()
                self._open()
            else:
                return piece
        raise StoreError(f"{self._key} is not read any more.")

    def _open(self) -> None:
        """Ask for what is left; learn where the object ends, and that it is the one that was begun with."""
        try:
            answer = self._ask()
        except ClientError as error:
            if status_of(error) == NOT_FOUND and code_of(error) != "NoSuchBucket":
                raise ObjectMissing(self._key) from None
            if status_of(error) != OUT_OF_RANGE:
                raise StoreError(sentence(error, self._place)) from error
            self._end = self._at
        except FOREIGN as error:
            raise StoreError(sentence(error, self._place)) from error
        else:
            self._body = answer.get("Body")
            if self._begun and answer.get("ETag") != self._etag:
                raise StoreError(
                    f"{self._key} was replaced when, for a broken connection, it had to be asked for again."
                )
            self._etag = answer.get("ETag")
            self._find_start(answer)
        self._begun = True

    def _ask(self) -> Mapping[str, Any]:
        bucket, key = self._place.bucket, self._place.prefix + self._key
        if self._end is not None and self._end <= self._at:
            return self._client.head_object(Bucket=bucket, Key=key)  # no range is empty (RFC 9110, 14.1.2)
        if self._at == 0 and self._end is None:
            return self._client.get_object(Bucket=bucket, Key=key)
        last = "" if self._end is None else self._end - 1
        return self._client.get_object(Bucket=bucket, Key=key, Range=f"bytes={self._at}-{last}")

    def _find_start(self, answer: Mapping[str, Any]) -> None:
        """Tell from Content-Range where the body begins, whatever the status: rclone sends it with 200.

        Without it the body is the whole object, as from an endpoint that knows no ranges (RFC 9110, 14.2).
        """
        if self._body is None:
            return
        found = _RANGE.fullmatch(answer.get("ContentRange") or "")
        first, length = int(found[1]) if found else 0, answer.get("ContentLength")
        if length is None or first > self._at:
            raise StoreError(f"{self._place} sends another range than it was asked for.")
        self._end = first + length if self._end is None else min(self._end, first + length)
        skip = min(self._at, self._end) - first
        while skip and (skipped := self._skip(skip)):
            skip -= skipped

    def _skip(self, size: int) -> int:
        with told(self._place):
            return len(self._body.read(min(size, CHUNK_BYTES)))

    def _hang_up(self) -> None:
        body, self._body = self._body, None
        if body is not None:
            with suppress(*FOREIGN):
                body.close()
