from __future__ import annotations

import pytest

from media.languages import _SHORT, tag


@pytest.mark.parametrize(
    ("code", "written"), [("deu", "de"), ("eng", "en"), ("zho", "zh"), ("gsw", "gsw"), ("mul", "mul"), ("", "")]
)
def test_the_shorter_code_where_there_is_one(code: str, written: str) -> None:
    assert tag(code) == written


def test_the_table_is_of_pairs() -> None:
    assert all(len(long) == 3 and len(short) == 2 for long, short in _SHORT.items())
    assert len(set(_SHORT.values())) == len(_SHORT)
