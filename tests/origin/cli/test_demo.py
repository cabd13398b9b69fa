from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.origin.cli.shell import Shell


def test_it_is_offered_where_its_package_is_installed(closed: Shell) -> None:
    there = find_spec("origin.demo") is not None
    assert ("demo" in closed.run("--help").output.split()) == there
    assert closed.run("demo", "--help").exit_code == (0 if there else 2)
