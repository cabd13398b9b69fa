from __future__ import annotations

import pytest

from origin.vod.demux.libav.languages import language_of


@pytest.mark.parametrize(
    ("found", "code"),
    [
        *(("ger", "deu"), ("fre", "fra"), ("chi", "zho"), ("eng", "eng"), ("DEU", "deu"), (" cze ", "ces")),
        *(("und", "und"), (None, "und"), ("", "und"), ("en", "und"), ("en-US", "und"), ("x\0y", "und"), ("äbc", "und")),
    ],
)
def test_codes_are_terminological(found: str | None, code: str) -> None:
    assert language_of(found) == code
