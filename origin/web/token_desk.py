"""Tokens with a memory: the signing keys and the revocations of the catalog around the pure core `cdn.token`.

`mint` and `verify` never wait: keys and revocations are held in memory, and `refresh` brings them up to date, at start,
when another process says so on the bus, when a token names a key that is not known or seems not to be valid yet, and
every `REFRESH_S` in any case, because a bus may lose messages and `headwater keys rotate` writes to the catalog alone.
Verified signatures are remembered (an Ed25519 check costs about 100 µs); times, address and revocation are checked each
time.

A `jti` begins with its tenant's id, so that a tenant can revoke its own tokens and nobody else's.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections import OrderedDict
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from cdn import token as tokens
from cdn.token import Claims, SigningKey, TokenError
from origin.bus.protocol import BusError
from origin.catalog import revocations, signing_keys
from origin.catalog.clock import moment
from origin.catalog.ids import new_id
from origin.catalog.sealing import unseal
from origin.errors import Problem
from origin.observe import metrics

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from origin.bus.protocol import Bus
    from origin.catalog.database import Catalog
    from origin.catalog.signing_keys import SigningKeyRow

TOPIC: Final = "revocations"
PLAY_TTL_S: Final = 6 * 3600
MAX_TTL_S: Final = 7 * 86400
"""Bounds how long a revocation must be remembered."""
REFRESH_S: Final = 30.0
LEAST_REFRESH_S: Final = 1.0
"""Strangers can name keys that do not exist as often as they like; this bounds what it costs."""
ACTIVATION_S: Final = 2 * REFRESH_S
"""A new key signs only when every node has surely heard of it, so that no node refuses a fresh token: one look at the
catalog, and as much again for clocks that differ (`tokens.LEEWAY_S`)."""
MAX_REMEMBERED: Final = 8192
"""Verified tokens, about 1.5 KB each: 12 MB, and more viewers than one process serves."""
MAX_REVOKED: Final = 100_000
"""About 20 MB in each process. Whoever needs more wants a shorter life of tokens, or a key rotation."""
_JTI: Final = re.compile(r"tn_[a-z0-9_]{1,64}(?:\.(?:st|as)_[a-z0-9]{1,64})?\.[0-9a-f]{20}", re.ASCII)
_ROOMS: Final = {"play": "play", "download": "dl", "publish": "live"}
"""Where addresses begin, by scope."""
_A_DAY: Final = (("Retry-After", "86400"),)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token is to open: `scope` play, download or publish, `sub` the playback, object or stream id."""

    scope: str
    sub: str
    tenant_id: str
    ip: str | None = None

    @property
    def path(self) -> str:
        """The address prefix without a token. A publisher has no address of its own; the RTMP one names the room."""
        return f"/{_ROOMS[self.scope]}/{self.sub}/"


@dataclass(frozen=True, slots=True)
class Minted:
    """A new token. `expires_at` is unix seconds, None for one that does not expire."""

    token: str
    jti: str
    expires_at: int | None


@dataclass(frozen=True, slots=True)
class _Keys:
    """Public keys by `kid`, those for tokens and those for manifests, and the key that signs both."""

    public: dict[str, Ed25519PublicKey]
    manifests: dict[str, Ed25519PublicKey]
    signer: SigningKey


@dataclass(frozen=True, slots=True)
class _Found:
    """What the catalog says."""

    keys: list[SigningKeyRow]
    public_halves: dict[str, bytes]
    revoked: dict[str, float | None]
    moment: float


def new_jti(tenant_id: str, random: Callable[[int], bytes]) -> str:
    """Name a token."""
    return f"{tenant_id}.{random(10).hex()}"


def new_public_jti(tenant_id: str, subject: str, random: Callable[[int], bytes]) -> str:
    """Name the token of a public stream or asset; the name tells which."""
    return f"{tenant_id}.{subject}.{random(10).hex()}"


def subject_of(jti: str) -> str | None:
    """The stream or asset whose public token this names; None for any other token."""
    parts = jti.split(".")
    return parts[1] if len(parts) == 3 else None  # noqa: PLR2004 - the form that `new_public_jti` gives


def owns(tenant_id: str, jti: str) -> bool:
    """Is this the name of one of the tenant's tokens?"""
    return _JTI.fullmatch(jti) is not None and jti.split(".", maxsplit=1)[0] == tenant_id


class TokenDesk:
    """Mints, verifies and revokes. Made by `open`; `run` keeps it up to date until cancelled."""

    def __init__(
        self, catalog: Catalog, bus: Bus, secret: bytes, *, clock: Callable[[], float], random: Callable[[int], bytes]
    ) -> None:
        self._catalog = catalog
        self._bus = bus
        self._secret = secret
        self._clock = clock
        self._ahead_s = 0.0
        self._random = random
        self._keys: _Keys
        self._revoked: dict[str, float | None] = {}
        self._verified: OrderedDict[str, Claims] = OrderedDict()
        self._announced = 0
        self._unknown = asyncio.Event()

    @classmethod
    async def open(
        cls, catalog: Catalog, bus: Bus, secret: bytes, *, clock: Callable[[], float], random: Callable[[int], bytes]
    ) -> TokenDesk:
        """Read keys and revocations; `origin.catalog.bootstrap` has made the first key."""
        desk = cls(catalog, bus, secret, clock=clock, random=random)
        await desk.refresh()
        return desk

    def _now(self) -> float:
        """Unix seconds by the clock that nodes share: one that is wrong by an hour neither refuses nor mints badly."""
        return self._clock() - self._ahead_s

    @property
    def public_keys(self) -> dict[str, Ed25519PublicKey]:
        """Keys that tokens may be signed with now, by `kid`."""
        return self._keys.public

    @property
    def manifest_keys(self) -> dict[str, Ed25519PublicKey]:
        """Every key that manifests may ever have been signed with, by `kid`: those retired, too."""
        return self._keys.manifests

    def signer(self) -> SigningKey:
        """The key to sign with now."""
        return self._keys.signer

    def mint(self, grant: Grant, ttl_s: float = PLAY_TTL_S) -> Minted:
        """Sign a token that lives `ttl_s` seconds, at most `MAX_TTL_S`."""
        now = int(self._now())
        return self._sign(self._claims(grant, new_jti(grant.tenant_id, self._random), now, now + int(ttl_s)))

    def mint_public(self, grant: Grant, jti: str, since: float) -> Minted:
        """The token of a public stream: does not expire, and comes out the same each time while the key is the same."""
        return self._sign(replace(self._claims(grant, jti, int(since), None), sid="public"))

    def verify(self, token: str, *, scope: str, path: str | None, ip: str | None) -> Claims:
        """`cdn.token.verify` with our keys and revocations. Raises `Problem` with the contract's code."""
        try:
            claims = self._read(token)
            tokens.check(claims, now=self._now(), revoked=self._revoked, scope=scope, path=path, ip=ip)
        except TokenError as error:
            if isinstance(error, tokens.TokenKeyUnknown | tokens.TokenTooEarly):
                self._unknown.set()
            metrics.tokens_refused.labels(error.code).inc()
            raise Problem(error.code, str(error)) from None
        return claims

    async def revoke(self, jti: str, tenant_id: str, *, forever: bool = False) -> None:
        """Refuse a token from now on, here and in every other process; returns when the catalog knows."""
        await self._catalog.write(lambda conn: self.note_revoked(conn, jti, tenant_id, forever=forever))
        await self.announce(jti)

    def note_revoked(self, conn: Connection, jti: str, tenant_id: str, *, forever: bool = False) -> None:
        """The catalog's part of `revoke`, for use in a larger transaction; `announce` must follow the commit."""
        if len(self._revoked) >= MAX_REVOKED:
            raise Problem("rate_limited", "Too many tokens are revoked; wait until some expire.", _A_DAY)
        now = self._now()
        until = None if forever else now + MAX_TTL_S + tokens.LEEWAY_S
        revocations.add(conn, jti, tenant_id, until, now)

    async def announce(self, *jtis: str) -> None:
        """Tell this process and the others that tokens were revoked."""
        self._announced += len(jtis)
        until = self._now() + MAX_TTL_S + tokens.LEEWAY_S
        for jti in jtis:
            self._revoked.setdefault(jti, until)
            await self._tell(jti)

    async def _tell(self, jti: str) -> None:
        """A bus that fails only delays the others: they look at the catalog every `REFRESH_S`."""
        try:
            await self._bus.publish(TOPIC, {"jti": jti})
        except BusError as error:
            _log.warning("a revocation could not be announced", jti=jti, detail=error.detail)

    async def refresh(self) -> None:
        """Read keys and revocations from the catalog."""
        now, announced = self._clock(), -1
        while announced != self._announced:
            # What is announced while we read may be missing from what we read.
            announced = self._announced
            found = await self._catalog.read(partial(_read, now=now))
        self._ahead_s = now - found.moment
        self._take_keys(found, found.moment)
        self._revoked = found.revoked

    async def run(self) -> None:
        """Listen to the other processes, and look at the catalog from time to time. Ends when cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._listen())
            group.create_task(self._look())

    async def _listen(self) -> None:
        """Each message, and each sign that some were lost, is a reason to look."""
        while True:
            try:
                async with self._bus.subscribe(TOPIC) as subscription:
                    async for _ in subscription:
                        await self._try_refresh()
            except BusError as error:
                _log.warning("revocations cannot be listened to", detail=error.detail)
            await asyncio.sleep(REFRESH_S)

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LEAST_REFRESH_S)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(REFRESH_S - LEAST_REFRESH_S):
                    await self._unknown.wait()
            self._unknown.clear()
            await self._try_refresh()

    async def _try_refresh(self) -> None:
        """A catalog that fails for a while leaves us with what we know."""
        try:
            await self.refresh()
        except Problem as problem:
            _log.warning("keys and revocations cannot be read", problem=str(problem))
        except Exception:  # noqa: BLE001 - whatever it was, the next try comes by itself
            _log.exception("keys and revocations cannot be read")

    def _take_keys(self, found: _Found, now: float) -> None:
        rows = found.keys
        signing = [row for row in rows if row.retired_at is None] or rows
        newest = next((row for row in signing if row.created_at <= now - ACTIVATION_S), signing[-1])
        public = {row.kid: Ed25519PublicKey.from_public_bytes(row.public) for row in rows}
        manifests = {kid: Ed25519PublicKey.from_public_bytes(half) for kid, half in found.public_halves.items()}
        known = getattr(self, "_keys", None)
        if known is None or known.public.keys() != public.keys() or known.signer.kid != newest.kid:
            self._keys = _Keys(public, manifests, _unsealed(newest, self._secret))
            self._verified.clear()

    def _claims(self, grant: Grant, jti: str, now: int, until: int | None) -> Claims:
        return Claims(
            scope=grant.scope,
            sub=grant.sub,
            path=grant.path,
            iat=now,
            nbf=now,
            exp=until if until is None else min(until, now + MAX_TTL_S),
            jti=jti,
            sid=new_id("se_", self._random),
            tn=grant.tenant_id,
            ip=grant.ip,
        )

    def _sign(self, claims: Claims) -> Minted:
        return Minted(tokens.sign(claims, self._keys.signer), claims.jti, claims.exp)

    def _read(self, token: str) -> Claims:
        claims = self._verified.pop(token, None) or tokens.read(token, self._keys.public)
        self._verified[token] = claims
        if len(self._verified) > MAX_REMEMBERED:
            self._verified.popitem(last=False)
        return claims


def _read(conn: Connection, now: float) -> _Found:
    then = moment(conn, now)
    keys, halves = signing_keys.active(conn, then), signing_keys.public_halves(conn)
    return _Found(keys, halves, revocations.active(conn, then), then)


def _unsealed(row: SigningKeyRow, secret: bytes) -> SigningKey:
    return SigningKey(row.kid, Ed25519PrivateKey.from_private_bytes(unseal(secret, row.kid, row.sealed_private)))
