"""What docs/signing.md tells people to type, typed."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cdn.token import jwks
from tests.support.keys import KEYS
from tests.support.packages import laid_out, made

DOCUMENT = (Path(__file__).parents[2] / "docs" / "signing.md").read_text()
BY_HAND = DOCUMENT.partition("## By hand")[2].partition("\n## ")[0]
OPENSSL, PYTHON, SUMS = re.findall(r"```(?:sh|python)\n(.*?)```", BY_HAND, re.DOTALL)
KEY_SET = jwks(KEYS)


@pytest.fixture
def package(tmp_path: Path) -> Path:
    (tmp_path / "keys.json").write_text(json.dumps(KEY_SET))
    return laid_out(tmp_path / "bc_a", made())


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=60)


def test_openssl_checks_a_signature(package: Path) -> None:
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")
    words = ("sh", "-c", OPENSSL, "sh", "v0/index.m3u8", KEY_SET["keys"][0]["x"])
    good = run(package, *words)
    assert good.returncode == 0, good.stderr
    assert '"name":"v0/index.m3u8","package":"bc_a"' in good.stdout
    (package / "v0/index.m3u8").write_text("#EXTM3U\n")
    assert run(package, *words).returncode == 1


def test_pyjwt_checks_a_signature(package: Path) -> None:
    words = (sys.executable, "-c", PYTHON, "../keys.json", "package.json")
    good = run(package, *words)
    assert (good.returncode, good.stdout) == (0, "bc_a package.json\n"), good.stderr
    with (package / "package.json").open("a") as file:
        file.write("\n")
    assert "Signature verification failed" in run(package, *words).stderr


def test_sha256sum_checks_the_files(package: Path) -> None:
    assert run(package, "sh", "-c", SUMS).returncode == 0
    (package / "v0/1-0.m4s").write_text("x")
    bad = run(package, "sh", "-c", SUMS)
    assert (bad.returncode, bad.stdout) == (1, "v0/1-0.m4s: FAILED\n")
