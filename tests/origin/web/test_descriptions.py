from __future__ import annotations

import re

from origin.web import descriptions, files
from origin.wire import tus


def test_every_method_that_is_answered_is_described() -> None:
    said = descriptions.paths({})
    assert {name.upper() for name in said["/v1/uploads"]} == set(files._ON_UPLOADS)
    assert {name.upper() for name in said["/v1/uploads/{upload_id}"]} == set(files._ON_UPLOAD)
    assert {name.upper() for name in said["/v1/objects/{object_id}/content"]} == set(files._ON_CONTENT)
    assert set(said["/dl/{token}/{object_id}/{version_id}/{filename}"]) == {"get", "head"}


def test_what_is_in_a_path_is_a_parameter_and_headers_can_be_sent_by_pages() -> None:
    allowed = dict(tus.PREFLIGHT)[b"access-control-allow-headers"].decode().split(", ")
    for path, operations in descriptions.paths({}).items():
        for operation in operations.values():
            named = [one["name"] for one in operation["parameters"] if one["in"] == "path"]
            assert sorted(named) == sorted(re.findall(r"{(\w+)}", path))
            headers = {one["name"] for one in operation["parameters"] if one["in"] == "header"}
            assert headers <= {*allowed, "Range", "If-Range", "If-None-Match"}
