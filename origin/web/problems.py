"""Errors as HTTP tells them: RFC 9457 documents, all made from the one table in `origin.errors`.

Views raise `Problem`; what Quart, Werkzeug and pydantic raise is translated here, once, so that a client meets one
form only. The document has `type` (a stable URN of the code), `title`, `status`, `detail`, `code` and `request_id`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import structlog
from quart import Quart, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from origin.errors import Problem

if TYPE_CHECKING:
    from pydantic import ValidationError

CONTENT_TYPE: Final = "application/problem+json"
REQUEST_ID: Final = "headwater.request_id"
"""Where the guard leaves the request's id in the ASGI scope."""

_log = structlog.get_logger(__name__)

# What Werkzeug raises, by status. Whatever is not here is a plain bad request.
_FOREIGN: Final = {
    404: ("not_found", "Nothing answers at this address; /openapi.json lists what there is."),
    413: ("body_too_large", "Send a smaller body."),
    415: ("unsupported_media", "Send JSON, with Content-Type: application/json."),
    416: ("range_not_satisfiable", "Ask for a range within the content."),
    408: ("request_timeout", "Send the request without long pauses."),
}


def document(problem: Problem, request_id: str) -> bytes:
    """The body of an `application/problem+json` answer."""
    return json.dumps(
        {
            "type": f"urn:headwater:problem:{problem.code}",
            "title": problem.title,
            "status": problem.status,
            "detail": problem.detail,
            "code": problem.code,
            "request_id": request_id,
        },
    ).encode()


def response(problem: Problem) -> Response:
    """The answer, for the request that is being served."""
    answer = Response(document(problem, request_id()), problem.status, content_type=CONTENT_TYPE)
    answer.headers["Cache-Control"] = "no-store"
    for name, value in problem.headers:
        answer.headers[name] = value
    return answer


def request_id() -> str:
    """The id of the request that is being served."""
    return str(request.scope.get(REQUEST_ID, ""))


def invalid_body(error: ValidationError) -> Problem:
    """The first thing that is wrong with a body or a query, with the field's name."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    field = str(first["loc"][0]) if first["loc"] else ""
    return Problem("invalid_body", _sentence(field, first["type"], first["msg"]))


def install(app: Quart) -> None:
    """Make every failure of `app` a problem document."""
    app.register_error_handler(Problem, _ours)
    app.register_error_handler(HTTPException, _foreign)
    app.register_error_handler(Exception, _unforeseen)


def _sentence(field: str, kind: str, message: str) -> str:
    if not field:
        return f"The body is not the JSON object that was expected: {message}."
    if kind == "extra_forbidden":
        return f"There is no field {field!r} here; leave it out or check its spelling."
    if kind == "missing":
        return f"The field {field!r} is missing."
    if kind == "string_pattern_mismatch":
        return f"The field {field!r} holds characters that are not taken, such as line ends; leave them out."
    return f"The field {field!r} does not fit: {message[:1].lower()}{message[1:]}."


async def _ours(problem: Problem) -> Response:
    return response(problem)


async def _foreign(error: HTTPException) -> Any:
    status = error.code or 500
    if isinstance(error, MethodNotAllowed):
        allow = ", ".join(sorted(error.valid_methods or ()))
        return response(Problem("method_not_allowed", f"Use one of: {allow}.", (("Allow", allow),)))
    if status >= 500:  # noqa: PLR2004 - the class of server errors (RFC 9110 15.6)
        return await _unforeseen(error)
    if status < 400:  # noqa: PLR2004 - a redirect is no error
        return error.get_response()
    code, sentence = _FOREIGN.get(status, ("bad_request", "The request is malformed."))
    return response(Problem(code, sentence))


async def _unforeseen(error: Exception) -> Response:
    _log.error("unforeseen error", exc_info=error)
    return response(Problem("internal", "Try again; if it stays so, give the operator the request_id."))
