"""The OpenAPI document: made from the routes by quart-schema, with what it cannot know of itself added here.

That is: errors (one form for all), headers that every route of `/v1` takes, and the paths of delivery and of files
(`descriptions`), which are served by plain ASGI in front of Quart.
"""

from __future__ import annotations

import json
from functools import cached_property
from typing import Any, Final

from quart import Blueprint, Response, current_app
from quart_schema import Info, OpenAPIProvider, QuartSchema, tag

from origin.web import descriptions
from origin.web.api.models import ProblemDocument
from origin.web.problems import CONTENT_TYPE
from transcoder.slate.limits import MEDIA_TYPES

VERSION: Final = "1"
_INFO: Final = Info(
    title="Headwater",
    version=VERSION,
    description="One origin for live, on-demand and large files. Times are unix seconds unless a field says otherwise.",
)
_OPEN: Final = ("/healthz", "/readyz", "/openapi.json", "/.well-known/", "/play/", "/time")
_SCHEMES: Final = {
    "key": {"type": "http", "scheme": "bearer", "description": "An API key: `Authorization: Bearer hw_…`"},
    "session": {"type": "apiKey", "in": "cookie", "name": "headwater_session", "description": "From a sign-in link"},
}

_BYTES: Final = {"/v1/streams/{stream_id}/slate": MEDIA_TYPES}
"""Bodies that may be something else than JSON, by path."""

blueprint = Blueprint("openapi", __name__)


class Provider(OpenAPIProvider):
    """quart-schema's, completed."""

    @cached_property
    def text(self) -> str:
        """The document as it is sent: routes do not change, and 40 ms a request would be a way to stop the server."""
        return json.dumps(self.schema())

    def schema(self) -> dict[str, Any]:
        """Build the document."""
        made: dict[str, Any] = json.loads(json.dumps(super().schema()))
        components = made["components"]
        components["schemas"]["ProblemDocument"] = ProblemDocument.model_json_schema()
        components["securitySchemes"] = _SCHEMES
        made["security"] = [{name: []} for name in _SCHEMES]
        for path, methods in made["paths"].items():
            for method, operation in methods.items():
                _complete(path, method, operation)
        made["paths"] |= _delivery()
        for path, operations in descriptions.paths(_problem()).items():
            made["paths"].setdefault(path, {}).update(operations)
        return made


def install(app: Any) -> None:
    """Teach `app` to describe itself."""
    QuartSchema(
        app,
        openapi_path=None,
        redoc_ui_path=None,
        scalar_ui_path=None,
        swagger_ui_path=None,
        info=_INFO,
        openapi_provider_class=Provider,
        conversion_preference="pydantic",
        pydantic_dump_options={"exclude_unset": True},
    )


@blueprint.get("/openapi.json")
@tag(["operations"])
async def openapi() -> Response:
    """Read this document."""
    text = current_app.extensions["QUART_SCHEMA"].openapi_provider.text
    return Response(text, content_type="application/json", headers={"Cache-Control": "no-cache"})


def _complete(path: str, method: str, operation: dict[str, Any]) -> None:
    operation["responses"] = operation["responses"] or _plain_answer(path, method)
    operation["responses"] |= _ALSO.get((path, method), {})
    operation["responses"]["default"] = _problem()
    if "requestBody" in operation:
        operation["requestBody"]["required"] = True
        operation["requestBody"]["content"] |= {kind: {} for kind in _BYTES.get(path, ())}
    if path.startswith("/v1/"):
        operation["parameters"] += _headers(method)
    if path.startswith(_OPEN):
        operation["security"] = []


def _problem() -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/ProblemDocument"}
    return {"description": "Any error (RFC 9457)", "content": {CONTENT_TYPE: {"schema": schema}}}


def _plain_answer(path: str, method: str) -> dict[str, Any]:
    if method == "delete":
        return {"204": {"description": "Done"}}
    return {"200": {"description": path, "content": {"application/json": {"schema": {"type": "object"}}}}}


def _headers(method: str) -> list[dict[str, Any]]:
    wanted = [("Headwater-Tenant", "For platform admins: the tenant to act for (`tn_…`)", 80)]
    wanted += [("Idempotency-Key", "Repeat a request with the same key, and it is done once", 255)] * (method == "post")
    wanted += [("If-Match", "The ETag that must still be the present one", 80)] * (method in ("put", "patch", "delete"))
    return [_parameter("header", name, text, longest) for name, text, longest in wanted]


def _parameter(place: str, name: str, text: str, longest: int) -> dict[str, Any]:
    schema = {"type": "string", "minLength": 1, "maxLength": longest}
    return {"name": name, "in": place, "required": place == "path", "description": text, "schema": schema}


_ALSO: Final[dict[tuple[str, str], dict[str, Any]]] = {
    ("/v1/assets/{asset_id}", "get"): {
        "307": {
            "description": "With `download`: where the file is",
            "headers": {"Location": {"schema": {"type": "string"}, "description": "An address with a token in it"}},
        }
    },
}
"""Answers beside the one that a route's decorator tells of."""

_PLAYLIST: Final = "Multivariant HLS playlist"
# path, summary, content type, whether blocking reload applies
_DELIVERY: Final[tuple[tuple[str, str, str, bool], ...]] = (
    ("/play/{token}/{playback_id}/index.m3u8", _PLAYLIST, "application/vnd.apple.mpegurl", False),
    ("/play/{token}/{playback_id}/manifest.mpd", "DASH manifest", "application/dash+xml", False),
    ("/play/{token}/{playback_id}/package.json", "What an asset consists of", "application/json", False),
    ("/play/{token}/{playback_id}/{rendition}/index.m3u8", "Media playlist", "application/vnd.apple.mpegurl", True),
    ("/play/{token}/{playback_id}/{rendition}/{file}", "Init segment, segment or part", "video/mp4", False),
    ("/play/{token}/{playback_id}/{rendition}/{period}/{file}", "Segment of a DASH period", "video/mp4", False),
    ("/time", "The time, for players' clocks (http-xsdate)", "text/plain", False),
)
_IN_PATHS: Final = {
    "token": "A delivery token that opens the playback id",
    "playback_id": "The playback id of a stream or an asset (`pb_…`)",
    "rendition": "`v0`, `a0`, …",
    "period": "`period-4`, …",
    "file": "A name out of the playlist",
}
_IN_QUERIES: Final = {
    "_HLS_msn": "Hold the answer until this media sequence number is there",
    "_HLS_part": "… and this part of it",
    "_HLS_skip": "YES: leave out older segments (delta update)",
}


def _delivery() -> dict[str, Any]:
    return {row[0]: {"get": _delivery_operation(*row)} for row in _DELIVERY}


def _delivery_operation(path: str, summary: str, content_type: str, blocking: bool) -> dict[str, Any]:  # noqa: FBT001 - a column
    parameters = [_parameter("path", name, text, 2048) for name, text in _IN_PATHS.items() if f"{{{name}}}" in path]
    parameters += [_parameter("query", name, text, 20) for name, text in _IN_QUERIES.items()] * blocking
    content: dict[str, Any] = {content_type: {}}
    if summary == _PLAYLIST:
        parameters.append(_parameter("query", "download", "mp4: a recording as one file, with ranges", 20))
        content["video/mp4"] = {}
    return {
        "summary": summary,
        "operationId": "get_" + summary.split(",", maxsplit=1)[0].lower().replace(" ", "_"),
        "tags": ["delivery"],
        "parameters": parameters,
        "security": [],
        "responses": {"200": {"description": summary, "content": content}, "default": _problem()},
    }
