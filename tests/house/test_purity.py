"""Pure rooms: what the import contracts cannot see.

The contracts of pyproject.toml forbid the modules by which one reaches a socket, a file or a clock. Here stands the
other half: the few modules that a pure room may import, and the calls that need no import or come with an innocent one.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest

from tests.house.tree import PACKAGES, is_pure, modules, parse

if TYPE_CHECKING:
    from pathlib import Path

ALLOWED = {
    *("__future__", "abc", "array", "base64", "binascii", "bisect", "collections", "contextlib", "copy", "dataclasses"),
    *("datetime", "decimal", "enum", "fractions", "functools", "hashlib", "heapq", "hmac", "ipaddress", "itertools"),
    *("json", "math", "operator", "re", "string", "struct", "types", "typing", "unicodedata", "urllib", "xml", "zlib"),
    *("cryptography", "jwt", "m3u8"),
}
FORBIDDEN_CALLS = {"open", "print", "input", "exec", "eval", "compile", "__import__", "breakpoint"}
FORBIDDEN_METHODS = {"now", "utcnow", "today", "urlopen", "generate", "token_bytes", "urandom"}
MODULES = [path for path in modules() if is_pure(path)]


def imported(tree: ast.Module) -> set[str]:
    """Top-level names of all that is imported, wherever it stands."""
    names = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return {name.split(".")[0] for name in names}


def impure(tree: ast.Module) -> list[str]:
    """What a pure room may not do, as source text."""
    found: list[ast.AST] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Global):
            found.append(node)
        if isinstance(node, ast.Call):
            called = node.func
            if isinstance(called, ast.Name) and called.id in FORBIDDEN_CALLS:
                found.append(node)
            if isinstance(called, ast.Attribute) and called.attr in FORBIDDEN_METHODS:
                found.append(node)
    return [ast.unparse(node) for node in found]


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_pure_rooms_import_only_what_computes(path: Path) -> None:
    assert imported(parse(path)) - ALLOWED - set(PACKAGES) == set()


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_pure_rooms_only_compute(path: Path) -> None:
    assert impure(parse(path)) == []


@pytest.mark.parametrize(
    "text", ["open('x')", "datetime.now(UTC)", "date.today()", "def f():\n    global x", "Ed25519PrivateKey.generate()"]
)
def test_impurity_is_seen(text: str) -> None:
    assert impure(ast.parse(text)) != []
