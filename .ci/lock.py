"""Renew requirements.lock and requirements-test.lock from pyproject.toml: every version, every hash, no address.

One lock holds for every Python and platform (uv's universal resolution), and the test lock contains the other one.
`make lock` takes the newest versions that pyproject.toml allows. What pip or uv are told by the environment of the
machine (extra indexes, folders of wheels) must not leak into a lock, so they are not told.
"""

import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

UV = "uv==0.13.8"
COMMAND = (
    *("pip", "compile", "pyproject.toml", "--group", "build", "--universal", "--python-version", "3.11"),
    *("--generate-hashes", "--no-emit-index-url", "--no-emit-find-links", "--no-annotate", "--no-header", "--quiet"),
)


def clean(environ: dict[str, str]) -> dict[str, str]:
    """Drop what would make the result depend on this machine; where the index is may stay."""
    kept = ("PIP_INDEX_URL", "PIP_CERT", "UV_DEFAULT_INDEX", "UV_INDEX_URL")
    return {name: value for name, value in environ.items() if name in kept or not name.startswith(("PIP_", "UV_"))}


def main() -> None:
    """Write both locks."""
    environ = clean(dict(os.environ))
    with tempfile.TemporaryDirectory() as scratch:
        venv.EnvBuilder(symlinks=True, with_pip=True).create(scratch)
        tools = Path(scratch) / "bin"
        subprocess.run([tools / "python", "-m", "pip", "install", "--quiet", UV], check=True, env=environ)
        uv = (tools / "uv", *COMMAND)
        subprocess.run([*uv, "--upgrade", "--output-file", "requirements.lock"], check=True, env=environ)
        testing = ("--extra", "test", "--constraint", "requirements.lock", "--output-file", "requirements-test.lock")
        subprocess.run([*uv, "--upgrade", *testing], check=True, env=environ)


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:
        sys.exit(f"locking failed: {error}")
