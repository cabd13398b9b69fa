"""JSON bodies and queries in, as pydantic values; refusals name the field. quart-schema learns of them for OpenAPI.

quart-schema's own validation is not used: it decodes with `json` (a deep nesting ends in RecursionError, so in 500) and
coerces types, so that more is accepted than the OpenAPI document says.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from quart import request
from quart_schema import document_querystring, document_request

from origin.errors import Problem
from origin.web.problems import invalid_body

View = Callable[..., Awaitable[Any]]
Model = TypeVar("Model", bound=BaseModel)


def takes(model: type[BaseModel]) -> Callable[[View], View]:
    """Give the view its JSON body as `body`."""

    def decorate(view: View) -> View:
        @wraps(view)
        async def wrapper(*args: Any, **kwargs: Any) -> Any:
            return await view(*args, body=await read_body(model), **kwargs)

        return document_request(model)(wrapper)

    return decorate


def asks(model: type[BaseModel]) -> Callable[[View], View]:
    """Give the view its query as `query`."""

    def decorate(view: View) -> View:
        @wraps(view)
        async def wrapper(*args: Any, **kwargs: Any) -> Any:
            return await view(*args, query=_read_query(model), **kwargs)

        return document_querystring(model)(wrapper)

    return decorate


async def read_body(model: type[Model]) -> Model:
    """Read the body of the current request. Raises `Problem`: `unsupported_media`, `invalid_body`."""
    if not request.is_json:
        raise Problem("unsupported_media", "Send JSON, with Content-Type: application/json.")
    data = await request.get_data(as_text=False)
    try:
        return model.model_validate_json(data, strict=True)
    except ValidationError as error:
        raise invalid_body(error) from None


def _read_query(model: type[Model]) -> Model:
    try:
        return model.model_validate_strings(request.args.to_dict())
    except ValidationError as error:
        problem = invalid_body(error)
        raise Problem("bad_request", problem.detail.replace("The field", "The query parameter")) from None
