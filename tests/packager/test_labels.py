from __future__ import annotations

from dataclasses import replace

import pytest

from packager.labels import MOST_CHARACTERS, label
from tests.packager.feed import AAC


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("", ""),
        ("Director's comments", "Director's comments"),
        ('The "original"\r\n#EXT-X-ENDLIST', "The 'original' #EXT-X-ENDLIST"),
        ("\x00\x1b[31mred\u202e", "[31mred"),
        ("x" * 500, "x" * MOST_CHARACTERS),
    ],
)
def test_a_name_is_one_line_of_what_can_be_seen(name: str, shown: str) -> None:
    assert label(replace(AAC, name=name)) == shown
