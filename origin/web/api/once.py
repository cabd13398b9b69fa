"""`Idempotency-Key`: a POST that is repeated is done once and answered the same (draft-ietf-httpapi-idempotency-key).

The answer is kept with the change in one transaction, sealed under the server's secret, because it may hold a stream
key or a token: nothing in the database alone gives them away. The key is kept as a hash together with who sent it, so
that two clients of a tenant never meet; a fingerprint of the request tells a repetition from a mistake.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Generic, TypeVar, cast

from pydantic import BaseModel
from quart import request

from origin.catalog import idempotency
from origin.catalog.sealing import seal, unseal
from origin.errors import Problem
from origin.web.access import principal
from origin.web.services import Services, services

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sqlalchemy import Connection

Model = TypeVar("Model", bound=BaseModel)

MAX_KEY_CHARS: Final = 255
KEPT_S: Final = 86_400.0
"""As long as clients retry."""


@dataclass(frozen=True, slots=True)
class _Repeatable(Generic[Model]):
    """A request with an Idempotency-Key. Its methods run in the catalog's threads, so all they need is here."""

    given: Services
    model: type[Model]
    tenant_id: str
    key: str
    fingerprint: str

    @property
    def _purpose(self) -> str:
        return f"answer {self.tenant_id} {self.key}"

    def find(self, conn: Connection) -> Model | None:
        """What was answered before. Raises `idempotency_mismatch` if that was another request."""
        kept = idempotency.find(conn, self.tenant_id, self.key)
        if kept is None or kept.created_at <= self.given.clock() - KEPT_S:
            return None
        if kept.fingerprint != self.fingerprint:
            raise Problem("idempotency_mismatch", "This Idempotency-Key was sent with another request; make a new key.")
        return self.model.model_validate_json(unseal(self.given.secret, self._purpose, kept.sealed_body))

    def keep(self, conn: Connection, answer: Model, status: int) -> None:
        """Store the answer, and forget those that are too old."""
        now = self.given.clock()
        idempotency.purge(conn, now - KEPT_S)
        plain = answer.model_dump_json(exclude_unset=True).encode()
        sealed = seal(self.given.secret, self._purpose, plain, self.given.random)
        idempotency.store(conn, idempotency.Answer(self.tenant_id, self.key, self.fingerprint, status, sealed, now))


async def once(model: type[Model], status: int, work: Callable[[Connection], Model]) -> Model:
    """Do `work` in one transaction and keep its answer, or find the answer that was kept."""
    this = await _repeatable(model)
    if this is None:
        return await services().catalog.write(work)

    def transaction(conn: Connection) -> Model:
        kept = this.find(conn)
        if kept is None:
            kept = work(conn)
            this.keep(conn, kept, status)
        return kept

    return await services().catalog.write(transaction)


async def once_outside(model: type[Model], status: int, work: Callable[[], Awaitable[Model]]) -> Model:
    """As `once`, for work that is no transaction and does no harm if it is done again after a crash."""
    this = await _repeatable(model)
    if this is None:
        return await work()
    kept = await services().catalog.read(this.find)
    if kept is None:
        answer = kept = await work()
        await services().catalog.write(lambda conn: this.keep(conn, answer, status))
    return kept


async def _repeatable(model: type[Model]) -> _Repeatable[Model] | None:
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not 0 < len(key) <= MAX_KEY_CHARS:
        raise Problem("bad_request", f"Send an Idempotency-Key of 1 to {MAX_KEY_CHARS} characters.")
    who = principal()
    body = cast("bytes", await request.get_data(as_text=False))
    fingerprint = _hash(request.method, request.path, hashlib.sha256(body).hexdigest())
    return _Repeatable(services(), model, who.tenant_id, _hash(who.who, key), fingerprint)


def _hash(*parts: str) -> str:
    """One hash of several texts, none of which can pretend to be a piece of its neighbour."""
    return hashlib.sha256("\0".join(hashlib.sha256(part.encode()).hexdigest() for part in parts).encode()).hexdigest()
