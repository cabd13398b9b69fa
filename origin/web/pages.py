"""The web pages, as the build left them in `player_demo/dist`: read once at start, served from memory.

A request names a file by a key of the table, never by a path, so there is nothing to climb out of. A server without
the pages (`pip install .` alone) is whole in everything else and says what builds them.
"""

from __future__ import annotations

import mimetypes
import re
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Final

from quart import Blueprint, Response, current_app, redirect, request
from quart_schema import hide

import player_demo
from origin.errors import Problem
from origin.web.access import access
from origin.web.services import services

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

DIST: Final = Path(player_demo.__file__).parent / "dist"
EXTENSION: Final = "headwater-pages"
MAX_FILE_BYTES: Final = 8 << 20
"""The largest, Swagger UI's script, has about 1.5 MB."""
_HASHED: Final = re.compile(r"assets/.*-[A-Z0-9]{8}\.\w+(\.LEGAL\.txt)?", re.ASCII)
_FOR_EVER: Final = "public, max-age=31536000, immutable"
_TYPES: Final = {
    ".js": "text/javascript; charset=utf-8",
    ".map": "application/json",
    ".txt": "text/plain; charset=utf-8",
}
"""What systems' tables differ about."""

blueprint = Blueprint("pages", __name__)


@dataclass(frozen=True, slots=True)
class File:
    """One built file."""

    body: bytes
    content_type: str
    etag: str
    immutable: bool


def load(dist: Path = DIST) -> dict[str, File]:
    """Read all files below `dist`, by their path from there. Empty if nothing was built."""
    paths = [path for path in sorted(dist.rglob("*")) if path.is_file() and path.stat().st_size <= MAX_FILE_BYTES]
    return {(name := path.relative_to(dist).as_posix()): _file(name, path.read_bytes()) for path in paths}


@blueprint.get("/")
@hide
async def library() -> Response:
    """Show the library to who has a session, to others how to get one."""
    session = await access().session(request)
    answer = _page("library.html") if session else sign_in_page()
    answer.headers["Vary"] = "Cookie"
    return answer


def built() -> bool:
    """Whether there are pages to show."""
    return bool(current_app.extensions[EXTENSION])


def sign_in_page() -> Response:
    """Tell a browser without a session how to get one."""
    return _page("signin.html", status=401)


@blueprint.get("/watch/<playback_id>")
@hide
async def watch(playback_id: str) -> Response:  # noqa: ARG001 - the page reads it from its own address
    """Show the player; the token is in the fragment, which the server never sees."""
    return _page("watch.html")


@blueprint.get("/docs")
@hide
async def docs() -> Response:
    """Show the API's documentation."""
    # Swagger UI sets styles on its elements; its script comes from here.
    return _page("docs/index.html", style="'self' 'unsafe-inline'")


@blueprint.get("/docs/")
@hide
async def docs_folder() -> AnyResponse:
    """Lead to the page's one address."""
    return redirect("/docs", 308)


@blueprint.get("/assets/<path:name>")
@hide
async def asset(name: str) -> Response:
    """Serve a script, style or picture."""
    return _serve(f"assets/{name}")


def _page(name: str, style: str = "'self'", status: int = 200) -> Response:
    answer = _serve(name, status)
    answer.headers["Content-Security-Policy"] = _policy(style)
    answer.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    return answer


def _serve(name: str, status: int = 200) -> Response:
    files: dict[str, File] = current_app.extensions[EXTENSION]
    file = files.get(name)
    if file is None and not files:
        raise Problem("not_found", "The pages were not built; `make assets` builds them.")
    if file is None:
        raise Problem("not_found", "There is no such file.")
    known = status == HTTPStatus.OK and request.if_none_match.contains(
        file.etag
    )  # RFC 9110 13.2.1: only where 200 was due
    answer = Response(b"" if known else file.body, 304 if known else status, content_type=file.content_type)
    answer.set_etag(file.etag)
    answer.headers["Cache-Control"] = _FOR_EVER if file.immutable else "no-cache"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def _policy(style: str) -> str:
    """Allow our own files and nothing else. hls.js needs blob: for its worker and the media source."""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            f"style-src {style}",
            "img-src 'self' data:",
            "media-src 'self' blob:",
            "connect-src 'self'",
            "worker-src 'self' blob:",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            *(["upgrade-insecure-requests"] if services().links.secure else []),
        )
    )


def _file(name: str, body: bytes) -> File:
    suffix = Path(name).suffix
    guessed = _TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    content_type = f"{guessed}; charset=utf-8" if guessed in ("text/html", "text/css") else guessed
    return File(body, content_type, sha256(body).hexdigest()[:32], _HASHED.fullmatch(name) is not None)
