"""An ignored rule says why, on its line; a skipped test names what was missing."""

from __future__ import annotations

import io
import re
import tokenize
from typing import TYPE_CHECKING

import pytest

from tests.house.tree import read, sources

if TYPE_CHECKING:
    from pathlib import Path

REASON = r"\S.{3,}"
FORMS = {
    "noqa": re.compile(rf"#\s*noqa: [A-Z]+\d+(, ?[A-Z]+\d+)* - {REASON}"),
    "type: ignore": re.compile(rf"#\s*type: ignore\[[a-z0-9, -]+\]\s+# {REASON}"),
    "pragma: no cover": re.compile(rf"#\s*pragma: no cover - {REASON}"),
}
FILE_WIDE = re.compile(r"#\s*(ruff|mypy|flake8|pylint|pyright)\s*:")


def comments(path: Path) -> list[str]:
    """Each comment with whatever follows it on its line (mypy wants its reason in a second comment)."""
    tokens = tokenize.generate_tokens(io.StringIO(read(path)).readline)
    return [token.line[token.start[1] :].rstrip() for token in tokens if token.type == tokenize.COMMENT]


def complaint(comment: str) -> str | None:
    if FILE_WIDE.match(comment):
        return f"turns a rule off for a whole file: {comment}"
    for marker, form in FORMS.items():
        if re.match(rf"#\s*{marker}", comment) and not form.match(comment):
            return f"says not why: {comment}"
    return None


@pytest.mark.parametrize("path", sources(".py"), ids=str)
def test_ignored_rules_say_why(path: Path) -> None:
    assert [found for comment in comments(path) if (found := complaint(comment))] == []


@pytest.mark.parametrize(
    ("comment", "passes"),
    [
        ("# noqa: S310 - the scheme was checked above", True),
        ("# noqa: S310, S603 - both are checked above", True),
        ("# noqa: S310", False),
        ("# noqa", False),
        ("# type: ignore[arg-type]  # the stub is older than the library", True),
        ("# type: ignore[arg-type]", False),
        ("# pragma: no cover", False),
        ("# ruff: noqa", False),
        ("# an ordinary comment about noqa", True),
    ],
)
def test_the_forms(comment: str, passes: bool) -> None:  # noqa: FBT001 - a column of the table above
    assert (complaint(comment) is None) == passes


@pytest.mark.parametrize("path", sources(".js", ".ts"), ids=str)
def test_ignored_javascript_rules_say_why(path: Path) -> None:
    bare = [line for line in read(path).splitlines() if "eslint-disable" in line and " -- " not in line]
    assert bare == []
