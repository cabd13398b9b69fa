from __future__ import annotations

import re
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from origin.wire.disposition import attachment

FORM = re.compile(rb"attachment; filename=\"([ -!#-\[\]-~]+)\"(?:; filename\*=UTF-8''([A-Za-z0-9!#$&+.^_`|~%-]+))?")


@pytest.mark.parametrize(
    ("name", "plain", "real"),
    [
        ("My show", "My show.mp4", None),
        ("Fête à Zürich", "Fete a Zurich.mp4", "Fête à Zürich.mp4"),
        ("日本語", "recording.mp4", "日本語.mp4"),
        ("show.mp4", "show.mp4", None),
        ('a/b\\c"d\r\nX: y', "a b c d X y.mp4", None),
        ("../../etc/passwd", "etc passwd.mp4", None),
        ("", "recording.mp4", None),
        ("...", "recording.mp4", None),
        ("exe.\u202e4pm", "exe. 4pm.mp4", None),
        ("ü" * 300, "u" * 100 + ".mp4", "ü" * 100 + ".mp4"),
    ],
)
def test_names(name: str, plain: str, real: str | None) -> None:
    match = FORM.fullmatch(attachment(name, ".mp4", "recording"))
    assert match is not None
    assert match[1].decode() == plain
    assert (unquote(match[2].decode()) if match[2] else None) == real


@given(st.text())
def test_any_name_is_a_header_and_a_file(name: str) -> None:
    match = FORM.fullmatch(attachment(name, ".mp4"))
    assert match is not None
    for found in match.groups(b"x"):
        file = unquote(found.decode())
        assert not re.search(r'[\x00-\x1f/\\"]', file)
        assert file not in {".mp4", "..mp4"}
        assert len(file.encode()) < 255
