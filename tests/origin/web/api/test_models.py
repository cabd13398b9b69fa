from __future__ import annotations

import pytest
from pydantic import BaseModel, ValidationError

from origin.web.api.models import StreamCreate, StreamPatch, TokenCreate


@pytest.mark.parametrize("model", [StreamPatch, TokenCreate])
def test_fields_that_may_be_left_out_show_no_default_and_take_no_null(model: type[BaseModel]) -> None:
    schema = model.model_json_schema()
    for name, field in schema["properties"].items():
        assert field.get("default", 0) is not None
        if {"type": "null"} in field.get("anyOf", ()):  # a value of its own
            continue
        with pytest.raises(ValidationError, match=name):
            model.model_validate_json(f'{{"scope": "play", "name": "x", "{name}": null}}')


def test_what_is_left_out_of_a_patch_is_not_set() -> None:
    assert StreamPatch.model_validate_json('{"name": "x"}').model_dump(exclude_unset=True) == {"name": "x"}


def test_the_defaults_of_a_stream() -> None:
    assert StreamCreate(name="x").model_dump() == {
        "name": "x",
        "latency": "low",
        "playback": "signed",
        "dvr_window_s": 60,
        "reconnect_window_s": 60,
        "record": False,
        "keep_s": None,
    }
