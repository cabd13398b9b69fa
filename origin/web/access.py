"""Who may do what: API keys by header, people by session cookie; each acts for one tenant.

A bearer key (`hw_…`) is looked up by its hash. A session cookie comes from a one-time link (`origin.web.sessions`) and
gives a tenant's administrator; because browsers send cookies by themselves, a request that changes something must
prove that it comes from our own pages. Wrong credentials cost their network address, see `origin.web.failures`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, cast
from urllib.parse import urlsplit

from quart import current_app, g, request

from origin.catalog import api_keys, sessions, tenants
from origin.catalog.ids import secret_hash
from origin.errors import Problem
from origin.web.failures import Failures
from origin.web.lru import Recent
from origin.web.peer import client_address

if TYPE_CHECKING:
    from collections.abc import Callable

    from quart import Request
    from sqlalchemy import Connection

    from origin.web.services import Services

    _Finder = Callable[[Connection, str], "Principal | None"]

ADMIN: Final = "admin"
COOKIE: Final = "headwater_session"
EXTENSION: Final = "headwater-access"
REMEMBERED: Final = 1024
"""Principals held in memory, below 1 KB each."""
REMEMBERED_S: Final = 10.0
"""How long a deleted key may go on working; against one look-up a request."""
TRUSTED_S: Final = 3600.0
"""How long who has shown good credentials is let past the failures of an address that it shares with others."""
_KEY: Final = re.compile(r"hw_[A-Za-z0-9_-]{16,128}", re.ASCII)
_SESSION: Final = re.compile(r"[A-Za-z0-9_-]{16,128}", re.ASCII)
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_CHALLENGE: Final = (("WWW-Authenticate", 'Bearer realm="headwater"'),)


@dataclass(frozen=True, slots=True)
class Principal:
    """On whose behalf a request is made. `who` names the credential for logs and idempotency, without telling it."""

    tenant_id: str
    role: str
    who: str


class Access:
    """Finds the principal of a request."""

    def __init__(self, given: Services) -> None:
        self._services = given
        self._failures = Failures()
        self._known: Recent[Principal] = Recent(REMEMBERED, REMEMBERED_S)
        self._trusted: Recent[bool] = Recent(REMEMBERED, TRUSTED_S)

    async def require(self, asked: Request) -> Principal:
        """Raise `unauthorized`, `forbidden` or `rate_limited` unless the request shows good credentials."""
        if "Authorization" in asked.headers:
            return await self._for_tenant(await self._by_key(asked), asked.headers.get("Headwater-Tenant"))
        principal = await self.session(asked)
        if principal is None:
            raise _unauthorized("Send an API key as Authorization: Bearer hw_…, or open the sign-in link.")
        if asked.method not in _SAFE:
            self._check_same_origin(asked)
        return await self._for_tenant(principal, asked.headers.get("Headwater-Tenant"))

    async def session(self, asked: Request) -> Principal | None:
        """The principal of the session cookie, None if there is no cookie or it is over."""
        cookie = asked.cookies.get(COOKIE, "")
        if not _SESSION.fullmatch(cookie):
            return None
        hashed = secret_hash(cookie)
        known = self._known.get(hashed, self._services.clock())
        return known or await self._look_up(hashed, asked, self._find_session)

    def spend_failure(self, asked: Request) -> None:
        """Count a wrong credential against the address it came from."""
        self._failures.count(self._address(asked), self._services.clock())

    def check_failures(self, asked: Request) -> None:
        """Raise `rate_limited` if the address has shown too many wrong credentials."""
        self._failures.check(self._address(asked), self._services.clock())

    async def _by_key(self, asked: Request) -> Principal:
        scheme, _, key = asked.headers["Authorization"].partition(" ")
        if scheme.lower() != "bearer" or not _KEY.fullmatch(key.strip()):
            self.check_failures(asked)
            self.spend_failure(asked)
            raise _unauthorized("This is not an API key; send Authorization: Bearer hw_…")
        hashed = secret_hash(key.strip())
        known = self._known.get(hashed, self._services.clock())
        known = known or await self._look_up(hashed, asked, self._find_key)
        if known is None:
            raise _unauthorized("This API key is not known; make a new one or check the spelling.")
        return known

    async def _look_up(self, hashed: str, asked: Request, find: _Finder) -> Principal | None:
        """Ask the catalog. Who was good lately does not pay for the failures of its address."""
        if not self._trusted.get(hashed, self._services.clock()):
            self.check_failures(asked)
        principal = await self._services.catalog.read(lambda conn: find(conn, hashed))
        if principal is None:
            self.spend_failure(asked)
        else:
            self._known.put(hashed, principal, self._services.clock())
            self._trusted.put(hashed, True, self._services.clock())  # noqa: FBT003 - a set that forgets
        return principal

    def _find_key(self, conn: Connection, hashed: str) -> Principal | None:
        row = api_keys.find(conn, hashed)
        return None if row is None else Principal(row.tenant_id, row.role, row.id)

    def _find_session(self, conn: Connection, hashed: str) -> Principal | None:
        row = sessions.find_session(conn, hashed, self._services.clock())
        return None if row is None else Principal(row.tenant_id, ADMIN, f"session {hashed[:16]}")

    async def _for_tenant(self, principal: Principal, wanted: str | None) -> Principal:
        if wanted is None or wanted == principal.tenant_id:
            return principal
        if principal.role != api_keys.PLATFORM_ADMIN:
            raise Problem("forbidden", "Only a platform admin may act for another tenant; leave Headwater-Tenant out.")
        if await self._services.catalog.read(lambda conn: tenants.get(conn, wanted)) is None:
            raise Problem("not_found", "There is no tenant with the id that Headwater-Tenant names.")
        return replace(principal, tenant_id=wanted)

    def _check_same_origin(self, asked: Request) -> None:
        """Refuse what another site makes a browser send (`Origin`, or `Sec-Fetch-Site` where that is left out)."""
        origin = asked.headers.get("Origin")
        site = asked.headers.get("Sec-Fetch-Site")
        if origin is None:
            good = site in ("same-origin", "none")
        else:
            # A proxy may have put its own name into Host; the public address is ours in any case.
            ours = (asked.headers.get("Host"), urlsplit(self._services.links.base).netloc)
            good = site in (None, "same-origin") and urlsplit(origin).netloc in ours
        if not good:
            raise Problem("forbidden", "A session may only be used from this server's own pages; use an API key.")

    def _address(self, asked: Request) -> str:
        headers = ((name.lower().encode(), value.encode("latin-1", "replace")) for name, value in asked.headers)
        peer = (asked.scope.get("client") or (None,))[0]
        return client_address(peer, headers, self._services.settings.trusted_proxies) or "unknown"


def access() -> Access:
    """That of the application that serves the current request."""
    return cast("Access", current_app.extensions[EXTENSION])


async def require_principal() -> None:
    """Run before each view of a blueprint that is not open to everybody."""
    g.principal = await access().require(request)


def principal() -> Principal:
    """On whose behalf the current request is made."""
    return cast("Principal", g.principal)


def _unauthorized(sentence: str) -> Problem:
    return Problem("unauthorized", sentence, _CHALLENGE)
