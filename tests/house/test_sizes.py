"""Small files, small functions."""

from __future__ import annotations

from statistics import median, quantiles
from typing import TYPE_CHECKING

import pytest

from tests.house.tree import functions, lines, modules, read, sources

if TYPE_CHECKING:
    from pathlib import Path

FILE_LINES = 400
FUNCTION_LINES = 50
CODE = sources(".py", ".js", ".ts", ".css", ".html")


@pytest.mark.parametrize("path", CODE, ids=str)
def test_no_file_is_long(path: Path) -> None:
    assert len(read(path).splitlines()) <= FILE_LINES


@pytest.mark.parametrize("path", sources(".py"), ids=str)
def test_no_function_is_long(path: Path) -> None:
    assert {function.name: lines(function) for function in functions(path) if lines(function) > FUNCTION_LINES} == {}


def test_most_files_are_short() -> None:
    sizes = [len(read(path).splitlines()) for path in modules() if path.name != "__init__.py"]
    assert median(sizes) <= 120
    assert quantiles(sizes, n=10)[-1] <= 300


def test_most_functions_are_short() -> None:
    sizes = [lines(function) for path in modules() for function in functions(path)]
    assert median(sizes) <= 6
    assert quantiles(sizes, n=10)[-1] <= 25
