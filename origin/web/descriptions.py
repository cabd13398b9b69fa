"""What the OpenAPI document says of addresses at which bytes come and go: they are served beside Quart's routes."""

from __future__ import annotations

from typing import Any, Final

from origin.wire import tus

_TUS: Final = {
    "Tus-Resumable": ("1.0.0", True),
    "Upload-Length": ("Bytes of the whole upload", True),
    "Upload-Metadata": ("Keys, and values in base64: `filename`, `filetype`, `package` (1: make it an asset)", False),
    "Upload-Offset": ("Where the body begins: as HEAD says", True),
    "Content-Type": (tus.CONTENT_TYPE.decode(), True),
    "Idempotency-Key": ("Repeat a request with the same key, and it is done once", False),
    "Headwater-Tenant": ("For platform admins: the tenant to act for (`tn_…`)", False),
    "Range": ("One range of bytes", False),
    "If-Range": ("The ETag that the range is meant of", False),
    "If-None-Match": ("ETags that the client has", False),
}
"""Request headers: what they say, and whether they must be there."""
_TOLD: Final = {
    "Location": "Where the upload is",
    "Upload-Offset": "Bytes that are surely kept",
    "Upload-Length": "Bytes of the whole upload",
    "Upload-Expires": "When it goes if nothing more comes (a date of HTTP)",
    "Content-Location": "The object, once it is one",
    "Repr-Digest": "SHA-256 of the whole, as RFC 9530 writes it",
    "ETag": '"sha256-…"',
    "Content-Range": "Of an answer 206",
}
_PROGRESS: Final = ("Upload-Offset", "Upload-Length", "Upload-Expires", "Content-Location", "Repr-Digest")
_RANGES: Final = ("Range", "If-Range", "If-None-Match")
_PARTS: Final = {
    "upload_id": "An upload (`up_…`)",
    "object_id": "An object (`ob_…`)",
    "version_id": "A version of it (`ve_…`)",
    "token": "A download token of the object",
    "filename": "A name to be saved under; any will do",
}
_LONGEST: Final = 2048
_BYTES: Final = {"schema": {"type": "string", "format": "binary"}}


def paths(problem: dict[str, Any]) -> dict[str, Any]:
    """Give the members of `paths`; `problem` describes any error."""
    found: dict[str, Any] = {}
    for path, method, operation in _operations():
        operation["responses"]["default"] = problem
        operation["parameters"] = [*_in_path(path), *operation["parameters"]]
        found.setdefault(path, {})[method] = operation
    return found


def _operations() -> list[tuple[str, str, dict[str, Any]]]:
    upload, content = "/v1/uploads/{upload_id}", "/v1/objects/{object_id}/content"
    download = "/dl/{token}/{object_id}/{version_id}/{filename}"
    created = _answers("201", "The upload is made", "Location", *_PROGRESS)
    return [
        ("/v1/uploads", "post", _operation("Begin an upload (tus 1.0.0)", created, *_CREATE, body=True)),
        (upload, "head", _operation("Ask how far an upload is", _answers("200", "So far", *_PROGRESS), *_ALWAYS)),
        (upload, "patch", _operation("Go on with an upload", _answers("204", "Kept", *_PROGRESS), *_APPEND, body=True)),
        (upload, "delete", _operation("Take an upload back", _answers("204", "It is gone"), *_ALWAYS)),
        (upload, "get", _operation("Read what was uploaded", _content(), "Headwater-Tenant", *_RANGES)),
        (content, "get", _operation("Read an object's bytes", _content(), "Headwater-Tenant", *_RANGES)),
        (content, "head", _operation("Ask about an object's bytes", _bodiless(), "Headwater-Tenant")),
        (download, "get", _open(_operation("Download a file", _content(), *_RANGES))),
        (download, "head", _open(_operation("Ask about a file", _bodiless()))),
    ]


_ALWAYS: Final = ("Tus-Resumable", "Headwater-Tenant")
_CREATE: Final = (*_ALWAYS, "Upload-Length", "Upload-Metadata", "Idempotency-Key")
_APPEND: Final = (*_ALWAYS, "Upload-Offset", "Content-Type")


def _operation(summary: str, responses: dict[str, Any], *headers: str, body: bool = False) -> dict[str, Any]:
    said: dict[str, Any] = {
        "summary": summary,
        "operationId": summary.partition(" (")[0].lower().replace(" ", "_").replace("'", ""),
        "tags": ["files"],
        "parameters": [_parameter("header", name, _TUS[name][0], required=_TUS[name][1]) for name in headers],
        "responses": responses,
    }
    if body:
        said["requestBody"] = {"required": False, "content": {tus.CONTENT_TYPE.decode(): _BYTES}}
    return said


def _open(operation: dict[str, Any]) -> dict[str, Any]:
    return operation | {"security": []}


def _answers(status: str, text: str, *headers: str) -> dict[str, Any]:
    return {status: {"description": text, "headers": {name: _header(name) for name in headers}}}


def _content() -> dict[str, Any]:
    whole = {"description": "All of it", "headers": _of_bytes(), "content": {"application/octet-stream": _BYTES}}
    part = whole | {"description": "The range", "headers": _of_bytes() | {"Content-Range": _header("Content-Range")}}
    return {"200": whole, "206": part, "304": {"description": "The client has it"}}


def _bodiless() -> dict[str, Any]:
    return {"200": {"description": "It is there", "headers": _of_bytes()}, "304": {"description": "The client has it"}}


def _of_bytes() -> dict[str, Any]:
    return {name: _header(name) for name in ("ETag", "Repr-Digest")}


def _header(name: str) -> dict[str, Any]:
    return {"description": _TOLD[name], "schema": {"type": "string"}}


def _in_path(path: str) -> list[dict[str, Any]]:
    return [_parameter("path", name, text, required=True) for name, text in _PARTS.items() if f"{{{name}}}" in path]


def _parameter(place: str, name: str, text: str, *, required: bool) -> dict[str, Any]:
    schema = {"type": "string", "minLength": 1, "maxLength": _LONGEST}
    return {"name": name, "in": place, "required": required, "description": text, "schema": schema}
