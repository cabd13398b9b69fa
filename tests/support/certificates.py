"""A certificate for one test, which nobody but the test trusts."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


async def certificate(folder: Path) -> tuple[Path, Path]:
    """Make a self-signed one for 127.0.0.1, good for a day: its file, and the key's."""
    made, key = folder / "cert.pem", folder / "key.pem"
    process = await asyncio.create_subprocess_exec(
        *["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"],
        *["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(made)],
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert await process.wait() == 0
    return made, key


async def server_tls(folder: Path) -> ssl.SSLContext:
    """What a server needs to be `localhost`."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*await certificate(folder))
    return context


def trusting_tls() -> ssl.SSLContext:
    """A client that asks for no proof."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
