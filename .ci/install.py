"""Make a virtual environment and install a lock file into it, then this project, editable.

Usage: install.py FOLDER LOCK. Run again it brings the folder up to date; a folder whose Python is gone is made anew.
Every package is checked against the hashes of the lock, and the project itself brings in nothing more.
"""

import subprocess
import sys
import venv
from importlib.util import find_spec
from pathlib import Path

from bootstrap import fetch_pip

QUIET = ("--quiet", "--disable-pip-version-check", "--no-input", "--no-warn-script-location")


def works(python: Path) -> bool:
    """Tell whether an environment made earlier still has a Python that starts, with pip in it."""
    if not python.exists():
        return False
    return subprocess.run([python, "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0


def create(folder: Path) -> None:
    """Make the environment, with pip from ensurepip or, where that is missing, from the package index."""
    print(f"making {folder} with Python {sys.version.split()[0]}", flush=True)
    has_ensurepip = find_spec("ensurepip") is not None
    venv.EnvBuilder(clear=True, symlinks=True, with_pip=has_ensurepip).create(folder)
    if not has_ensurepip:
        wheel = fetch_pip(folder)
        subprocess.run([folder / "bin" / "python", wheel / "pip", "install", *QUIET, "--no-index", wheel], check=True)
        wheel.unlink()


def main(folder: Path, lock: str) -> None:
    """Bring `folder` to what `lock` says."""
    python = folder / "bin" / "python"
    if not works(python):
        create(folder)
    print(f"installing {lock} (a few minutes the first time)", flush=True)
    pip = (python, "-m", "pip", "install", *QUIET)
    subprocess.run([*pip, "--require-hashes", "-r", lock], check=True)
    # setuptools comes with the lock: an isolated build would fetch another one, unchecked
    subprocess.run([*pip, "--no-deps", "--no-index", "--no-build-isolation", "--editable", "."], check=True)


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), sys.argv[2])
    except subprocess.CalledProcessError as error:
        sys.exit(f"installing failed: {error}")
