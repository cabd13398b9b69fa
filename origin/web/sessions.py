"""Signing in with a one-time link: `GET /signin/<code>` gives the browser a session cookie and sends it to `/`.

The catalog keeps hashes of code and cookie. The cookie is HttpOnly and SameSite=Strict, and Secure where the site is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from quart import Blueprint, Response, request
from quart_schema import hide

from origin.catalog import sessions
from origin.catalog.ids import new_id, secret_hash
from origin.errors import Problem
from origin.web import pages
from origin.web.access import COOKIE, access
from origin.web.services import Links, services

if TYPE_CHECKING:
    from collections.abc import Callable

    from origin.catalog.database import Catalog

LINK_TTL_S: Final = 3600.0
"""Long enough to copy it from a terminal, short enough that an old terminal is worth nothing."""
SESSION_TTL_S: Final = 7 * 86400.0
_CODE: Final = re.compile(r"si_[a-z2-7]{32}", re.ASCII)

blueprint = Blueprint("signin", __name__)


async def make_link(
    catalog: Catalog, links: Links, tenant_id: str, *, clock: Callable[[], float], random: Callable[[int], bytes]
) -> str:
    """Make a link that signs one browser in as the tenant's administrator, once."""
    code = new_id("si_", random)
    now = clock()
    await catalog.write(lambda conn: sessions.create_link(conn, secret_hash(code), tenant_id, now, LINK_TTL_S))
    return f"{links.base}/signin/{code}"


@blueprint.get("/signin/<code>")
@hide
async def sign_in(code: str) -> Response:
    """Redeem the code; not for HEAD, by which programs only look where a link leads."""
    if request.method == "HEAD":
        raise Problem("method_not_allowed", "A sign-in link is opened with GET.", (("Allow", "GET"),))
    access().check_failures(request)
    cookie = new_id("se_", services().random)
    if not _CODE.fullmatch(code) or not await _redeem(code, cookie):
        access().spend_failure(request)
        if pages.built() and "text/html" in request.headers.get("Accept", ""):
            return pages.sign_in_page()
        raise Problem("unauthorized", "This sign-in link was used already, is too old or damaged; make a new one.")
    answer = Response("", 303, {"Location": "/", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})
    secure = services().links.secure
    answer.set_cookie(
        COOKIE, cookie, max_age=int(SESSION_TTL_S), path="/", secure=secure, httponly=True, samesite="Strict"
    )
    return answer


async def _redeem(code: str, cookie: str) -> bool:
    now = services().clock()
    return await services().catalog.write(
        lambda conn: sessions.redeem_link(conn, secret_hash(code), secret_hash(cookie), now, SESSION_TTL_S)
    )
