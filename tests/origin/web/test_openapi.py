from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from tests.origin.web.house import House

BESIDE = ("/dl/", "/v1/uploads")
"""Served by plain ASGI in front of Quart, as is what ends in /content."""
PAGES = {"/", "/watch/{playback_id}", "/docs", "/docs/", "/assets/{name}", "/signin/{code}"}


async def document(house: House) -> dict[str, Any]:
    answer = await house.call("GET", "/openapi.json", Authorization="")
    return dict(await answer.get_json())


async def test_every_route_is_in_the_document_and_the_reverse(house: House) -> None:
    described = {
        (path, method)
        for path, methods in (await document(house))["paths"].items()
        for method in methods
        if not path.startswith(("/play/", "/time", *BESIDE)) and not path.endswith("/content")
    }
    routed = {
        (re.sub(r"<(?:[^:>]*:)?([^>]+)>", r"{\1}", rule.rule), method.lower())
        for rule in house.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert {(path, method) for path, method in routed if path not in PAGES} == described
    assert {path for path, _ in routed} >= PAGES


async def test_references_resolve_and_operations_have_names_and_answers(house: House) -> None:
    said = await document(house)
    schemas = said["components"]["schemas"]
    for reference in set(re.findall(r"'\$ref': '([^']+)'", str(said))):
        assert reference.removeprefix("#/components/schemas/") in schemas
    operations = [operation for methods in said["paths"].values() for operation in methods.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(set(names)) == len(names)
    for operation in operations:
        assert operation["summary"]
        assert "default" in operation["responses"]
        assert set(operation["responses"]) - {"206", "304", "307"} in ({"default", ok} for ok in ("200", "201", "204"))
        path_parameters = [one["name"] for one in operation["parameters"] if one["in"] == "path"]
        assert all(one["required"] for one in operation["parameters"] if one["in"] == "path")
        assert len(path_parameters) == len(set(path_parameters))


async def test_a_stream_need_not_have_an_address_for_rtmps(house: House) -> None:
    stream = (await document(house))["components"]["schemas"]["Stream"]
    assert "RTMP over TLS" in stream["properties"]["rtmps_url"]["description"]
    assert "rtmps_url" not in stream["required"]
    assert "rtmp_url" in stream["required"]


async def test_no_third_party_and_nothing_unbuilt_is_named(house: House) -> None:
    text = str(await document(house))
    assert not re.search(r"https?://", text)
    for unbuilt in ("ladder", "webhook", "whip"):
        assert unbuilt not in text


def values(schema: dict[str, Any], schemas: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values that fit the schema, and near misses."""
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rsplit("/", 1)[1]]
    if "enum" in schema or "const" in schema:
        return st.sampled_from([*schema.get("enum", [schema.get("const")]), "other"])
    if "anyOf" in schema:
        return st.one_of([values(one, schemas) for one in schema["anyOf"]])
    if schema.get("type") == "integer":
        low, high = schema.get("minimum", 0), schema.get("maximum", 2**63)
        return st.integers(low, high) | st.sampled_from([low - 1, high + 1, 2**70, -1, 1.5, True])
    if schema.get("type") == "object":
        known = {name: values(one, schemas) for name, one in schema.get("properties", {}).items()}
        return st.fixed_dictionaries({}, optional={**known, "unknown": st.none()})
    return st.text(max_size=210) | st.none() | st.sampled_from(["192.0.2.1", "::1", "x"])


@pytest.mark.timeout(60)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_whatever_is_sent_the_answers_are_those_of_the_document(house: House, data: st.DataObject) -> None:
    said = await document(house)
    schemas = said["components"]["schemas"]
    calls = [(p, m) for p, methods in said["paths"].items() for m in methods if p.startswith("/v1/")]
    calls = [(p, m) for p, m in calls if not p.startswith(BESIDE) and not p.endswith("/content")]
    path, method = data.draw(st.sampled_from(calls))
    operation = said["paths"][path][method]
    stream = data.draw(st.sampled_from([house.made, "st_x", "..", "a/b", "%00", "ä"]))
    where = re.sub(r"\{[^}]+\}", stream, path)
    body = None
    if "requestBody" in operation:
        body = data.draw(values(operation["requestBody"]["content"]["application/json"]["schema"], schemas))
    query = {one["name"]: data.draw(st.text(max_size=5)) for one in operation["parameters"] if one["in"] == "query"}
    answer = await house.fuzz(method.upper(), where, body, query)
    status = str(answer.status_code)
    assert status in operation["responses"] or answer.content_type == "application/problem+json"
    assert answer.status_code < 500, await answer.get_data()
    if status in operation["responses"] and answer.status_code != 204:
        shape = operation["responses"][status]["content"]["application/json"]["schema"]
        assert set(await answer.get_json()) >= set(shape["required"])
        assert set(await answer.get_json()) <= set(shape["properties"])
