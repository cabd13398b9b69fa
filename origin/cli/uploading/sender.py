"""Sends one file by tus: asks how far it is, sends the rest, and asks again, until it is an object with its digest."""

from __future__ import annotations

import base64
import hashlib
import mimetypes
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import httpx

from origin.cli.common import Failed, problem_of
from origin.cli.uploading.memory import Identity
from origin.cli.uploading.patience import SpentError
from origin.wire import tus

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from origin.cli.common import Client
    from origin.cli.uploading.memory import Memory
    from origin.cli.uploading.patience import Patience
    from origin.cli.uploading.progress import Watcher

CHUNK_BYTES: Final = 256 * 1024
SEALING_S: Final = 1.0
"""Between two looks at an upload that is being made an object."""
_GONE: Final = (404, 410)
_LATER: Final = (408, 409, 423, 429)
"""Another request of ours that is still under way, a slow line, too much to do: like what servers' own faults are."""
_VERSION: Final = {"Tus-Resumable": tus.VERSION.decode()}


class _AgainError(Exception):
    """It did not work this time. `after_s` is how long the server wants to be left alone."""

    def __init__(self, reason: str, after_s: float = 0.0) -> None:
        super().__init__(reason)
        self.after_s = after_s


class _GoneError(Exception):
    """The server does not know the upload any more."""


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a file."""

    upload_id: str
    object_id: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class _Told:
    """How far an upload is; `object_id` and `digest` at its end."""

    offset: int
    object_id: str | None
    digest: str | None


class Sender:
    """Of one file. `send` may be called once."""

    def __init__(  # noqa: PLR0913 - what it works with
        self, client: Client, memory: Memory, patience: Patience, watcher: Watcher, path: Path, *, package: bool
    ) -> None:
        self._client = client
        self._memory = memory
        self._patience = patience
        self._watcher = watcher
        self._file = Identity.of(path)
        self._name = path.name
        self._purpose = "package" if package else ""
        self._creation = secrets.token_hex(16)
        self._furthest = 0

    def send(self) -> Done:
        """Send it, with as many tries as it needs. Raises `Failed`."""
        while True:
            try:
                return self._go_on()
            except _GoneError:
                self._memory.forget(self._file, self._purpose)
                self._creation = secrets.token_hex(16)
                self._wait("the server does not know the upload any more; it begins anew", 0.0)
            except _AgainError as again:
                self._wait(str(again), again.after_s)

    def _wait(self, reason: str, after_s: float) -> None:
        self._check_unchanged()
        self._watcher.say(reason)
        try:
            self._patience.pause(after_s)
        except SpentError:
            raise Failed(f"{self._file.path}: {reason}. Start the command again to go on.") from None

    def _go_on(self) -> Done:
        upload_id = self._memory.find(self._file, self._purpose) or self._create()
        while True:
            told = self._look(upload_id)
            if told.offset > self._furthest:
                self._furthest = told.offset
                self._patience.refill()
            self._watcher.at(told.offset)
            if told.object_id:
                return self._finish(upload_id, told)
            if told.offset < self._file.size:
                self._append(upload_id, told.offset)
            else:
                self._patience.refill()
                self._patience.pause(SEALING_S)

    def _create(self) -> str:
        kind = mimetypes.guess_type(self._name)[0]
        pairs = {"filename": self._name, **({"filetype": kind} if kind else {})}
        pairs |= {"package": "1"} if self._purpose else {}
        headers = {"Upload-Length": str(self._file.size), "Upload-Metadata": tus.write_metadata(pairs)}
        answer = self._ask("POST", "/v1/uploads", headers | {"Idempotency-Key": self._creation})
        # The server's own name for itself may not be the one by which it is reached from here.
        upload_id = str(answer.headers.get("Location", "")).rpartition("/")[2]
        if not upload_id.startswith("up_"):
            raise Failed("The server did not say where the upload is; is it a Headwater?")
        self._memory.keep(self._file, self._purpose, upload_id)
        return upload_id

    def _look(self, upload_id: str) -> _Told:
        headers = self._ask("HEAD", f"/v1/uploads/{upload_id}", {}).headers
        try:
            offset = int(headers["Upload-Offset"])
        except (KeyError, ValueError):
            raise Failed("The server did not say how far the upload is; is it a Headwater?") from None
        where = headers.get("Content-Location")
        return _Told(offset, where.rpartition("/")[2] if where else None, headers.get("Repr-Digest"))

    def _append(self, upload_id: str, offset: int) -> None:
        headers = {
            "Upload-Offset": str(offset),
            "Content-Type": tus.CONTENT_TYPE.decode(),
            "Content-Length": str(self._file.size - offset),
        }
        self._ask("PATCH", f"/v1/uploads/{upload_id}", headers, self._bytes(offset))

    def _bytes(self, offset: int) -> Iterator[bytes]:
        with self._file.path.open("rb", buffering=0) as file:
            file.seek(offset)
            left = self._file.size - offset
            while left and (chunk := file.read(min(CHUNK_BYTES, left))):
                left -= len(chunk)
                yield chunk
                self._watcher.at(self._file.size - left)
        if left:
            raise self._changed()

    def _ask(
        self, method: str, path: str, headers: dict[str, str], content: Iterator[bytes] | None = None
    ) -> httpx.Response:
        try:
            answer = self._client.send(method, path, headers=_VERSION | headers, content=content)
        except httpx.TransportError as error:
            raise _AgainError(f"the server does not answer ({str(error) or type(error).__name__})") from error
        except OSError as error:
            raise Failed(f"{self._file.path} cannot be read: {error.strerror}.") from error
        if answer.status_code in _GONE and method != "POST":
            raise _GoneError
        if answer.is_server_error or answer.status_code in _LATER:
            raise _AgainError(f"the server answers {answer.status_code}", _after(answer))
        if answer.is_error:
            raise Failed(problem_of(answer))
        return answer

    def _finish(self, upload_id: str, told: _Told) -> Done:
        """See that what the server has is what the file holds."""
        digest = self._digest()
        self._check_unchanged()
        expected = f"sha-256=:{base64.b64encode(digest).decode()}:"
        if told.digest != expected:
            self._memory.forget(self._file, self._purpose)
            raise Failed(f"{self._file.path}: the server has other bytes than the file; delete {told.object_id} there.")
        self._memory.forget(self._file, self._purpose)
        return Done(upload_id, str(told.object_id), self._file.size, digest.hex())

    def _digest(self) -> bytes:
        digest = hashlib.sha256()
        try:
            with self._file.path.open("rb", buffering=0) as file:
                while chunk := file.read(4 * CHUNK_BYTES):
                    digest.update(chunk)
        except OSError as error:
            raise Failed(f"{self._file.path} cannot be read: {error.strerror}.") from error
        return digest.digest()

    def _check_unchanged(self) -> None:
        try:
            same = Identity.of(self._file.path) == self._file
        except OSError:
            same = False
        if not same:
            raise self._changed()

    def _changed(self) -> Failed:
        return Failed(f"{self._file.path} was changed while it was being uploaded; upload it again.")


def _after(answer: httpx.Response) -> float:
    said = answer.headers.get("Retry-After", "")
    return float(said) if said.isascii() and said.isdigit() else 0.0
