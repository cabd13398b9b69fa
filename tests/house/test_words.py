"""What must not be in the repository: one machine's paths, secrets, unfinished business, other people's servers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.house.tree import files, is_text, read

if TYPE_CHECKING:
    from pathlib import Path

TEXTS = [path for path in files() if is_text(path)]
NEVER = {
    "a path of somebody's machine": re.compile(r"(?<![\w.])/(?:root|home|Users|work|workspace)/\w"),
    "a scratch folder": re.compile(r"""["'\s(=]/(?:tmp|var/tmp)/\w"""),
    "a private key": re.compile("-----BEGIN [A-Z ]*PRIVATE " + "KEY-----"),
    "unfinished business": re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b"),
    "a conflict marker": re.compile(r"^(?:<{7}|>{7}) ", re.MULTILINE),
    "the number of a ticket": re.compile(r"(?i)\b(?:issue|ticket|fix(?:es)?|close[sd]?) #\d+"),
}


@pytest.mark.parametrize("path", TEXTS, ids=str)
def test_words_that_have_no_place_here(path: Path) -> None:
    text = read(path)
    found = {what: match.group() for what, pattern in NEVER.items() if (match := pattern.search(text))}
    assert found == {}


@pytest.mark.parametrize("path", TEXTS, ids=str)
def test_secrets_that_look_real(path: Path) -> None:
    """A made-up one repeats itself (`hw_aaaa…`); a random one has many different characters."""
    secrets = re.findall(r"\b(?:hw|sk)_[A-Za-z0-9]{22,}\b", read(path))
    assert [secret for secret in secrets if len(set(secret)) > 12] == []


ADDRESS = re.compile(r"""(?:https?:)?//(?!www\.w3\.org/)[\w-]+(?:\.[\w-]+)+""")
PAGES = [path for path in TEXTS if path.is_relative_to("player_demo/src")]


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_pages_hold_no_third_partys_address(path: Path) -> None:
    assert ADDRESS.findall(read(path)) == []


@pytest.mark.parametrize("path", TEXTS, ids=str)
def test_text_files_are_tidy(path: Path) -> None:
    text = read(path)
    assert "\r" not in text
    assert text == "" or text.endswith("\n")
