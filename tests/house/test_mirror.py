"""The tests mirror the source: each module that does something has a test file of its own, or a reason why not."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.house.tree import body, files, functions, modules

TESTED_ELSEWHERE: dict[str, str] = {
    "origin/errors.py": "a table, and the exception that looks up its rows, as every API test does",
    "packager/commands.py": "values only; `Put.size` is a sum over what the pipeline's tests compare byte by byte",
    "media/track.py": "values only; `kind` is a lookup that every packager test makes",
}


def is_ellipsis(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def does_something(path: Path) -> bool:
    """Tell a module with behaviour from one of values, tables and protocols."""
    return any(not all(map(is_ellipsis, body(function))) for function in functions(path))


def needs_tests(path: Path) -> bool:
    return "migrations" not in path.parts and does_something(path)  # migrations run in every test of the catalog


def candidates(module: Path) -> set[Path]:
    """Where the tests of `origin/wire/flv.py` may be: tests/origin/wire/test_flv.py, or without `origin`.

    A package's `__init__.py` is tested under the package's own name.
    """
    subject = module.parent if module.name == "__init__.py" else module.with_suffix("")
    mirrored = Path("tests", *subject.parts[:-1], f"test_{subject.name.strip('_')}.py")
    return {mirrored, Path("tests", *mirrored.parts[2:])} if module.parts[0] == "origin" else {mirrored}


MODULES = [path for path in modules() if needs_tests(path)]


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_each_module_has_its_test_file(path: Path) -> None:
    tested = not candidates(path).isdisjoint(files())
    if str(path) in TESTED_ELSEWHERE:
        assert not tested, f"{path} has tests now: take it off the list"
    else:
        assert tested, f"expected one of {sorted(map(str, candidates(path)))}"


def test_the_list_of_exceptions_names_modules_that_are_there() -> None:
    assert set(TESTED_ELSEWHERE) <= set(map(str, MODULES))
