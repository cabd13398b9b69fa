"""Make a virtual environment and install a lock file into it, then this project, editable.

Usage: install.py FOLDER LOCK. Run again it brings the folder up to date; a folder whose Python is gone is made anew.
Every package is checked against the hashes of the lock, and the project itself brings in nothing more.
"""

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

QUIET = ("--quiet", "--disable-pip-version-check", "--no-input", "--no-warn-script-location")


def works(python: Path) -> bool:
    """Tell whether an environment made earlier still has a Python that starts, with pip in it."""
    if not python.exists():
        return False
    return subprocess.run([python, "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0


def create(folder: Path) -> None:
    """Make the environment; Debian's Python has its pip in a package of its own, which root can have."""
    if find_spec("ensurepip") is None:
        version = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
        if os.getuid() or not shutil.which("apt-get"):
            sys.exit(f"This Python cannot make virtual environments: install {version}, or name another with PYTHON=.")
        print(f"installing Debian packages: {version}", flush=True)
        subprocess.run(["apt-get", "-qq", "update"], check=True)
        subprocess.run(["apt-get", "-qq", "-y", "--no-install-recommends", "install", version], check=True)
    print(f"making {folder} with Python {sys.version.split()[0]}", flush=True)
    subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)


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
