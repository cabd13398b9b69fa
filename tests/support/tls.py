"""A certificate for 127.0.0.1 that nobody but the test trusts."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


async def certificate(folder: Path) -> tuple[Path, Path]:
    """Make a self-signed one, good for a day: its file, and the key's."""
    made, key = folder / "cert.pem", folder / "key.pem"
    process = await asyncio.create_subprocess_exec(
        *["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"],
        *["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(made)],
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert await process.wait() == 0
    return made, key
