from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from origin.vod.demux.film import LeftOut
from origin.vod.program import tales
from origin.vod.program.tales import BadTaleError, Done, Failed, Poster, Progress
from packager.inventory import Stored
from packager.recorded import Recorded, RecordedInit
from tests.packager.feed import AAC, VIDEO

TALES = [
    RecordedInit("v0/1-init-0.mp4", replace(VIDEO, rotation=90, name="A\nB"), 700, "ab"),
    RecordedInit("a0/1-init-0.mp4", AAC, 600, "cd"),
    Recorded("v0", 3, "1-3.m4s", "1-init-0.mp4", 4.004, 0.0, False, 360_360, 0, 0, 1 << 40, "ef"),  # noqa: FBT003 - a row
    LeftOut(2, "subtitle", "mov_text", "deu", "Subtitles are not packaged yet."),
    Poster(Stored("poster.jpg", 9, "ab")),
    Progress(0.25),
    Done(),
    Failed("The video is ProRes."),
]
JSON = st.recursive(
    st.none() | st.integers() | st.text(), lambda more: st.lists(more) | st.dictionaries(st.text(), more)
)


@pytest.mark.parametrize("tale", TALES, ids=lambda tale: type(tale).__name__)
def test_every_tale_is_one_line_that_is_read_back(tale: tales.Tale) -> None:
    line = tales.write(tale)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert tales.read(line[:-1]) == tale


@pytest.mark.parametrize(
    "line",
    [
        *(b"", b"null", b"[]", b"{}", b"\xff", b"[" * 10_000),
        *(b'{"done":{},"error":{}}', b'{"dance":{}}', b'{"segment":{"msn":1}}', b'{"done":[]}'),
        b'{"init":{"name":"a","track":[],"size":1,"sha256":""}}',
    ],
)
def test_anything_else_is_no_tale(line: bytes) -> None:
    with pytest.raises(BadTaleError):
        tales.read(line)


@given(JSON)
def test_no_json_does_more_than_be_refused(value: object) -> None:
    with pytest.raises(BadTaleError):
        tales.read(json.dumps(value).encode())
