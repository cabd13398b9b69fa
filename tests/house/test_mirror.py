"""The tests mirror the source: each module that does something has a test file of its own, or a reason why not."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.house.tree import Function, body, files, functions, modules

TESTED_ELSEWHERE: dict[str, tuple[str, str]] = {
    # the test file: why it is there, and for which modules
    "tests/packager/test_peers.py": (
        "playlists, read by other people's parsers",
        "packager/hls/segment.py",
    ),
    "tests/origin/live/test_director.py": (
        "what the director holds together, and how it begins and is kept",
        "origin/live/{on_air,opening}.py",
    ),
    "tests/origin/live/test_standby.py": ("a list of standbys; seen from the outside", "origin/live/backups.py"),
    "tests/origin/live/test_cluster.py": (
        "what several nodes see of each other; a node that dies, sleeps or is cut off shows more than a part alone",
        "origin/live/{distant,relay,replica}.py",
    ),
}


def excused() -> dict[str, Path]:
    """Each module of the list above, and its test file."""
    found = {}
    for test, (_, pattern) in TESTED_ELSEWHERE.items():
        before, _, rest = pattern.partition("{")
        names, _, after = rest.partition("}")
        for name in names.split(",") if names else [""]:
            found[f"{before}{name}{after}"] = Path(test)
    return found


EXCUSED = excused()


def is_declaration(function: Function) -> bool:
    """Tell a protocol's method, a constructor and a property of one expression from what can go wrong."""
    statements = body(function)
    if all(isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) for node in statements):
        return True
    is_property = any(isinstance(node, ast.Name) and node.id == "property" for node in function.decorator_list)
    return function.name == "__init__" or (is_property and len(statements) == 1)


def does_something(path: Path) -> bool:
    """Tell a module with behaviour from one of values, tables and protocols."""
    return not all(map(is_declaration, functions(path)))


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
    if str(path) in EXCUSED:
        assert EXCUSED[str(path)] in files()
        assert not tested, f"{path} has tests of its own now: take it off the list"
    else:
        assert tested, f"expected one of {sorted(map(str, candidates(path)))}"


def test_the_list_of_exceptions_names_modules_that_are_there() -> None:
    assert set(EXCUSED) <= set(map(str, MODULES))
