from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from origin.vod.demux.film import LeftOut
from origin.vod.program.tales import BadTaleError, Done, Failure, Poster, Progress, Tale, TracksLeftOut, read, write
from packager.inventory import Stored
from packager.recorded import Recorded, RecordedInit
from tests.origin.vod.house import a_tape
from tests.origin.vod.packaging.works import film

TAPE = a_tape()
SEGMENT = asdict(next(iter(TAPE.rows.values())))
INIT = next(step["tell"]["init"] for step in film(TAPE) if "init" in step.get("tell", ()))
EPOCH = 4
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)


def tell(value: object) -> Any:
    return read(json.dumps(value).encode(), EPOCH)


def test_what_is_told_well_is_understood() -> None:
    row = tell({"segment": SEGMENT})
    assert row == Recorded(**SEGMENT)
    (init,) = [each for each in TAPE.inits() if each.name == INIT["name"]]
    assert tell({"init": INIT}) == init
    assert isinstance(init, RecordedInit)
    assert tell({"progress": 0.42}) == Progress(0.42)
    assert tell({"progress": 17}) == Progress(1.0)
    assert tell({"done": {"duration_s": 1.0}}) == Done()
    assert tell({"error": "It is\nno film."}) == Failure("It is no film.")


def test_tracks_that_are_left_out_are_told_in_bounds() -> None:
    track = {"index": 1, "kind": "data", "codec": "tmcd\x1b[2J", "language": "", "why": "x" * 9_999}
    told = tell({"left_out": [track] * 1_000})
    assert isinstance(told, TracksLeftOut)
    assert len(told.tracks) == 64
    assert told.tracks[0] == LeftOut(1, "data", "tmcd [2J", "", "x" * 300)


@pytest.mark.parametrize(
    "change",
    [
        {"rendition": "../v0"},
        {"rendition": "v0/x"},
        {"rendition": "poster"},
        {"file": "3-100.m4s"},
        {"file": "../4-100.m4s"},
        {"file": "4-init-0.mp4"},
        {"init": "3-init-0.mp4"},
        {"init": "4-100.m4s"},
        {"msn": 1.5},
        {"msn": True},
        {"msn": 1 << 60},
        {"duration": 0},
        {"duration": float("nan")},
        {"duration": "4"},
        {"discontinuity": 1},
        {"size": 0},
        {"size": 1 << 40},
        {"sha256": "AB" * 32},
        {"sha256": None},
    ],
    ids=str,
)
def test_a_segment_of_another_kind_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(BadTaleError):
        tell({"segment": SEGMENT | change})


@pytest.mark.parametrize(
    "change",
    [{"name": "v0/5-init-0.mp4"}, {"name": "v0/4-1.m4s"}, {"track": []}, {"track": "x"}, {"size": "9"}],
    ids=str,
)
def test_an_init_segment_of_another_kind_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(BadTaleError):
        tell({"init": INIT | change})


@given(ANY)
def test_whatever_else_is_told_is_refused(value: object) -> None:
    try:
        told = tell(value)
    except BadTaleError:
        return
    assert isinstance(told, (Done, Failure, Progress, TracksLeftOut, Poster))


@given(st.binary(max_size=60))
def test_bytes_that_are_no_tale_are_refused(line: bytes) -> None:
    with pytest.raises(BadTaleError):
        read(line, EPOCH)


@given(st.sampled_from(sorted(SEGMENT)), ANY)
def test_no_field_of_a_segment_breaks_a_reader(name: str, value: object) -> None:
    try:
        row = tell({"segment": SEGMENT | {name: value}})
    except BadTaleError:
        return
    assert {field: type(each) for field, each in asdict(row).items()} == {
        field: type(each) for field, each in SEGMENT.items()
    }


@pytest.mark.parametrize(
    "tale",
    [
        Recorded(**SEGMENT),
        TAPE.inits()[0],
        TracksLeftOut((LeftOut(2, "subtitle", "mov_text", "deu", "Not yet."),)),
        Poster(Stored("poster.jpg", 9, "ab" * 32)),
        Progress(0.25),
        Done(),
        Failure("The video is ProRes."),
    ],
    ids=lambda tale: type(tale).__name__,
)
def test_every_tale_is_one_line_that_is_read_back(tale: Tale) -> None:
    line = write(tale)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert read(line[:-1], EPOCH) == tale


@pytest.mark.parametrize(
    "change", [{"name": "v0/4-1.m4s"}, {"name": "../poster.jpg"}, {"size": 1 << 30}, {"sha256": ""}]
)
def test_a_poster_of_another_kind_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(BadTaleError):
        tell({"poster": {"name": "poster.jpg", "size": 9, "sha256": "ab" * 32} | change})


def test_a_deep_nesting_is_refused() -> None:
    with pytest.raises(BadTaleError):
        read(b'{"left_out": ' + b"[" * 50_000, EPOCH)
