from __future__ import annotations

import pytest

from transcoder.testcard.font import ADVANCE, GLYPHS, HEIGHT, Font


def test_every_letter_has_its_dots() -> None:
    assert all(len(glyph) == HEIGHT and {len(row) for row in glyph} == {5} for glyph in GLYPHS.values())
    assert len(set(GLYPHS.values())) == len(GLYPHS)


def test_rows_are_as_wide_as_said() -> None:
    font = Font(3, 235, 16)
    rows = font.rows("12:30")
    assert {len(row) for row in rows} == {font.width("12:30")} == {5 * ADVANCE * 3}
    assert font.height == HEIGHT * 3


def test_a_letter_that_is_not_drawn_is_said() -> None:
    with pytest.raises(KeyError):
        Font(1, 235, 16).rows("é")
