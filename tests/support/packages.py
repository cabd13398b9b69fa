"""A small package, whole and signed, as it rests in a store."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from packager import inventory, signing
from packager.inventory import Inventory, Stored
from packager.signing import Place
from tests.support.keys import SIGNER

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cdn.token import SigningKey

PACKAGE = "bc_a"
CONTENT = {
    "index.m3u8": b"#EXTM3U\n",
    "v0/index.m3u8": b"#EXTM3U\n#EXT-X-ENDLIST\n",
    "v0/1-init-0.mp4": b"init",
    "v0/1-0.m4s": b"segment" * 50_000,
    "v0/1-1.m4s": b"",
}


def made(
    content: Mapping[str, bytes] = CONTENT,
    *,
    package: str = PACKAGE,
    signer: SigningKey = SIGNER,
    complete: bool = True,
) -> dict[str, bytes]:
    """Every file of a package by its name."""
    files = dict(content)
    for name, body in content.items():
        if name.endswith(".m3u8"):
            files[f"{name}.jws"] = signing.sign(body, Place(package, name), signer)
    listed = tuple(Stored(name, len(body), hashlib.sha256(body).hexdigest()) for name, body in files.items())
    document = inventory.write(Inventory(package, 1_800_000_000, complete, listed))
    return {**files, **signed_list(document, package, signer)}


def signed_list(document: bytes, package: str = PACKAGE, signer: SigningKey = SIGNER) -> dict[str, bytes]:
    """`package.json` and its signature."""
    return {
        "package.json": document,
        "package.json.jws": signing.sign(document, Place(package, "package.json"), signer),
    }


def laid_out(folder: Path, files: Mapping[str, bytes]) -> Path:
    """Write files into a folder."""
    for name, body in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    return folder
