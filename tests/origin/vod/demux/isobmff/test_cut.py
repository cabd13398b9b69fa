from __future__ import annotations

from typing import Any

import pytest

from media.track import Kind
from origin.vod.demux.film import NotUnderstoodError
from origin.vod.demux.isobmff.cut import Cut, before, cut
from origin.vod.demux.isobmff.edits import Edit
from origin.vod.demux.isobmff.survey import Surveyed, survey
from origin.vod.demux.isobmff.tables import read_tables
from tests.origin.vod.demux.isobmff.made import stbl

PICTURES = {
    "sizes": [1] * 12,
    "times": [(12, 100)],
    "shown": [(1, 200), (1, 400), (1, 100), (1, 0)] * 3,
    "syncs": [1, 5, 9],
    "spans": [(1, 12, 1)],
    "chunks": [1000],
}
"""Shown in the order 3, 0, 2, 1 from 200 on, and so on each four."""
SOUND = {**PICTURES, "shown": [], "syncs": None}


def tables(**changes: Any) -> Surveyed:
    return survey(read_tables(stbl(**changes)), 3_000)


def pictures(edit: Edit | None, **changes: Any) -> Cut:
    return cut(tables(**{**PICTURES, **changes}), Kind.VIDEO, 1_000, edit)


def sound(edit: Edit | None, timescale: int = 1_000) -> Cut:
    return cut(tables(**SOUND), Kind.AUDIO, timescale, edit)


def test_without_an_edit_all_is_given() -> None:
    assert pictures(None) == Cut(0, 12, 0, 0)
    assert sound(None) == Cut(0, 12, 0, 0)


def test_libav_lets_decoding_begin_earlier_where_offsets_are_negative() -> None:
    assert pictures(None, shown=[(1, 0), (11, -100)]) == Cut(0, 12, -100, 0)
    assert pictures(Edit(50, 0, None), shown=[(1, 0), (11, -100)]) == Cut(0, 12, -50, 50)


@pytest.mark.parametrize(
    ("edit", "given"),
    [
        (Edit(0, 200, 1_500), Cut(0, 12, -200, -200)),
        (Edit(70, 200, 1_500), Cut(0, 12, -130, -130)),
        (Edit(0, 600, 1_500), Cut(4, 12, -600, -600)),
        (Edit(0, 700, 1_500), Cut(4, 12, -700, -700)),
        (Edit(0, 650, 1_500), Cut(4, 12, -700, -700)),
        (Edit(0, 50, 1_500), Cut(0, 12, -200, -200)),
    ],
)
def test_pictures_begin_with_a_key_picture_and_the_first_that_is_shown_is_at_0(edit: Edit, given: Cut) -> None:
    assert pictures(edit) == given


@pytest.mark.parametrize(
    ("edit", "given"),
    [
        (Edit(0, 150, None), Cut(0, 12, -150, -150)),
        (Edit(0, 1_150, None), Cut(9, 12, -1_150, -1_150)),
        (Edit(30, 0, 1_200), Cut(0, 12, 30, 30)),
        (Edit(0, 0, 1_100), Cut(0, 11, 0, 0)),
        (Edit(0, 0, 1_101), Cut(0, 12, 0, 0)),
        (Edit(0, 0, 9_999), Cut(0, 12, 0, 0)),
    ],
)
def test_sound_begins_a_second_before_and_ends_with_the_edit(edit: Edit, given: Cut) -> None:
    timescale = 1_000 if edit.start < 1_000 else 200
    assert sound(edit, timescale) == given


def test_pictures_that_are_cut_off_at_the_end() -> None:
    assert pictures(Edit(0, 200, 1_301)).end == 12
    with pytest.raises(NotUnderstoodError, match="cuts off the end"):
        pictures(Edit(0, 200, 1_300))


def test_nothing_is_shown() -> None:
    with pytest.raises(NotUnderstoodError, match="shows nothing"):
        pictures(Edit(0, 1_200, None))
    with pytest.raises(NotUnderstoodError, match="amid"):
        pictures(Edit(0, 1_190, None), shown=[(12, 0)])


def test_beginning_amid_pictures_that_are_shown_early() -> None:
    with pytest.raises(NotUnderstoodError, match="amid"):
        pictures(Edit(0, 150, None), shown=[(5, 0), (7, -340)])


def test_sound_in_another_order() -> None:
    with pytest.raises(NotUnderstoodError):
        cut(tables(**PICTURES), Kind.AUDIO, 1_000, Edit(0, 0, None))


@pytest.mark.parametrize(
    ("time", "found"),
    [
        (-5, (0, 0)),
        (0, (0, 0)),
        (1, (1, 100)),
        (100, (1, 100)),
        (101, (2, 200)),
        (250, (3, 300)),
        (300, (3, 300)),
        (301, (4, 350)),
        (999, (4, 350)),
    ],
)
def test_samples_before_a_time(time: int, found: tuple[int, int]) -> None:
    assert before(read_tables(stbl(times=[(2, 100), (1, 100), (1, 50)])), time) == found


def test_moved() -> None:
    assert Cut(1, 2, 3, 4).moved(10, 20) == Cut(1, 2, 13, 24)
