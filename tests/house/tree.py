"""The files of this repository, as the house rules see them: what is tracked, and what is about to be."""

from __future__ import annotations

import ast
import functools
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("media", "packager", "transcoder", "cdn", "origin", "player_demo")
PURE = ("media", "packager", "cdn", "origin/crowd.py", "origin/wire")
IGNORED = {".git", ".venv", "build", "data", "node_modules", "dist", "__pycache__"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


@functools.cache
def files() -> tuple[Path, ...]:
    """Every file that git tracks or would take, relative to the root; without git, every file that is not ignored."""
    listing = ("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z")
    if (ROOT / ".git").exists():
        names = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
        found = [Path(name) for name in names if name]
    else:
        found = [path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file()]
    kept = [path for path in found if not IGNORED.intersection(path.parts) and (ROOT / path).is_file()]
    return tuple(sorted(kept))


def sources(*suffixes: str) -> list[Path]:
    return [path for path in files() if path.suffix in suffixes]


def modules() -> list[Path]:
    """Python modules of the product, without tests, benches and scripts."""
    return [path for path in sources(".py") if path.parts[0] in PACKAGES]


def is_pure(path: Path) -> bool:
    return any(path.is_relative_to(room) for room in PURE)


@functools.cache
def parse(path: Path) -> ast.Module:
    return ast.parse(read(path), filename=str(path))


@functools.cache
def read(path: Path) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def is_text(path: Path) -> bool:
    return path.suffix != ".bin" and b"\0" not in (ROOT / path).read_bytes()[:8192]


def functions(path: Path) -> Iterator[Function]:
    return (node for node in ast.walk(parse(path)) if isinstance(node, Function))


def body(function: Function) -> list[ast.stmt]:
    """The statements of a function without its docstring."""
    return function.body[1:] if ast.get_docstring(function, clean=False) is not None else function.body


def lines(function: Function) -> int:
    """Lines of a function's body, without docstring and decorators."""
    statements = body(function)
    return (statements[-1].end_lineno or 0) - statements[0].lineno + 1 if statements else 0
