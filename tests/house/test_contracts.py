"""The import contracts of pyproject.toml hold, cover every room, and bite: each violation planted here is found."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.house.tree import PACKAGES, PURE, ROOT, modules

LINTER = Path(sys.executable).with_name("lint-imports")
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]

PLANTED = [
    ("media/planted.py", "import packager", "all on media"),
    ("packager/planted.py", "import cdn", "do not know each other"),
    ("packager/planted.py", "import origin.errors", "all on media"),
    ("cdn/planted.py", "from packager import commands", "do not know each other"),
    ("transcoder/planted.py", "import cdn", "do not know each other"),
    ("origin/wire/planted.py", "import origin.live", "who may know whom"),
    ("origin/stores/planted.py", "import origin.catalog", "who may know whom"),
    ("origin/web/planted.py", "import origin.ingest", "who may know whom"),
    ("origin/errors.py", "import origin.web", "who may know whom"),
    ("origin/cellar.py", "", "who may know whom"),
    ("media/planted.py", "import time", "pure rooms"),
    ("packager/hls/planted.py", "from asyncio import sleep", "pure rooms"),
    ("origin/wire/rtmp/planted.py", "def f():\n    import socket", "pure rooms"),
    ("cdn/planted.py", "import httpx", "pure rooms"),
    ("transcoder/planted.py", "import subprocess", "the transcoder"),
    ("origin/live/planted.py", "import quart", "web framework"),
    ("origin/ingest/planted.py", "import sqlalchemy", "SQL"),
    ("origin/files/planted.py", "import sqlalchemy", "SQL"),
    ("origin/files/planted.py", "import origin.vod", "who may know whom"),
]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "200"}
    command = [str(LINTER), "--no-cache", "--no-logo"]
    return subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the Python packages, to plant things in."""
    folder = tmp_path_factory.mktemp("house")
    shutil.copy(ROOT / "pyproject.toml", folder)
    for path in modules():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, folder / path)
    return folder


def test_the_contracts_hold(copy: Path) -> None:
    result = lint(copy)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(("name", "text", "contract"), PLANTED, ids=[f"{row[0]}: {row[1]}" for row in PLANTED])
def test_a_violation_is_found(copy: Path, name: str, text: str, contract: str) -> None:
    planted = copy / name
    before = planted.read_text() if planted.exists() else None
    planted.write_text(f"{before or ''}\n{text}\n")
    try:
        result = lint(copy)
    finally:
        planted.unlink() if before is None else planted.write_text(before)
    broken = [line for line in result.stdout.splitlines() if line.rstrip().endswith("BROKEN")]
    assert result.returncode != 0
    assert any(contract in line for line in broken), result.stdout + result.stderr


def test_every_package_is_under_contract() -> None:
    packages = {path.parts[0] for path in modules()}
    assert set(CONTRACTS["root_packages"]) == set(PACKAGES) == packages
    layers = " ".join(CONTRACTS["contracts"][0]["layers"]).replace("|", " ").split()
    assert set(layers) == packages


def test_the_pure_rooms_are_those_of_the_other_rule() -> None:
    pure = next(contract for contract in CONTRACTS["contracts"] if contract["name"].startswith("pure rooms"))
    assert set(pure["source_modules"]) == {room.removesuffix(".py").replace("/", ".") for room in PURE}
