"""A certificate for one test."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


async def server_tls(folder: Path) -> ssl.SSLContext:
    """What a server needs to be `localhost`, signed by nobody but itself."""
    certificate, key = folder / "cert.pem", folder / "key.pem"
    process = await asyncio.create_subprocess_exec(
        *["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"],
        *["-subj", "/CN=localhost", "-keyout", str(key), "-out", str(certificate)],
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert await process.wait() == 0
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    return context


def trusting_tls() -> ssl.SSLContext:
    """A client that asks for no proof."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
