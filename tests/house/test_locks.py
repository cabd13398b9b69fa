"""Lock files hold versions and hashes for all that pyproject.toml asks for, and no address."""

from __future__ import annotations

import json
import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.tree import ROOT, sources

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
EXTRAS = PROJECT["project"]["optional-dependencies"]
WANTED = [*PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"]["build"], *EXTRAS["cluster"]]
EXTRA = EXTRAS["test"]
LOCKS = ["requirements.lock", "requirements-test.lock"]


def pins(name: str) -> dict[str, str]:
    """Name to version, for every package of a lock."""
    found = re.findall(r"^([\w.-]+)(?:\[[\w,-]+\])?==([^\s;]+)", (ROOT / name).read_text(), re.MULTILINE)
    return {canonicalize_name(package): version for package, version in found}


@pytest.mark.parametrize("name", [*LOCKS, "player_demo/nodejs.txt"])
def test_a_lock_names_no_place(name: str) -> None:
    text = (ROOT / name).read_text()
    assert "://" not in text
    assert re.findall(r"^\s*-.*(?:index|find-links|trusted-host).*", text, re.MULTILINE) == []
    assert " @ " not in text


@pytest.mark.parametrize("name", [*LOCKS, "player_demo/nodejs.txt"])
def test_every_package_of_a_lock_has_hashes(name: str) -> None:
    entries = re.split(r"^(?=\w)", (ROOT / name).read_text(), flags=re.MULTILINE)[1:]
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


@pytest.mark.parametrize(("name", "wanted"), [(LOCKS[0], WANTED), (LOCKS[1], WANTED + EXTRA)], ids=LOCKS)
def test_a_lock_satisfies_the_project(name: str, wanted: list[str]) -> None:
    locked = pins(name)
    for requirement in map(Requirement, wanted):
        assert requirement.specifier.contains(locked[canonicalize_name(requirement.name)]), requirement


def test_the_test_lock_contains_the_other() -> None:
    assert pins(LOCKS[0]).items() <= pins(LOCKS[1]).items()


@pytest.mark.parametrize("path", [path for path in sources(".json") if path.name == "package-lock.json"], ids=str)
def test_npm_locks_have_hashes_and_no_address(path: object) -> None:
    packages = json.loads((ROOT / str(path)).read_text())["packages"]
    installed = {name: entry for name, entry in packages.items() if name and not entry.get("link")}
    assert [name for name, entry in installed.items() if "resolved" in entry] == []
    assert [name for name, entry in installed.items() if "integrity" not in entry] == []
