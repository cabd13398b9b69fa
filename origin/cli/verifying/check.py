"""Is a package what somebody signed? `package.json` first, by its signature; then every file that it lists.

Nothing of `package.json` is believed, nor even parsed, before its signature has been checked. A file is read as far as
its listed size and no further, a few files at a time; what is found wrong is kept up to a number, and counted beyond.
"""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from origin.cli.verifying.sources import Digest, FileError
from origin.stores.manifests import MAX_MANIFEST_BYTES
from packager import inventory, signing
from packager.inventory import InventoryError
from packager.signing import Place, SignatureError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from origin.cli.verifying.sources import Source
    from packager.inventory import Inventory, Stored

PARALLEL: Final = 8
"""Files at a time: enough to fill a line to a bucket; on a disk, hashing is the bottleneck with two."""
KEPT_FINDINGS: Final = 1_000
"""Beyond it, they are only counted."""
GRACE_S: Final = 60.0
LEAST_RATE: Final = 64 * 1024
"""Bytes a second. A server that sends a byte now and then must not hold a check up for ever."""
MANIFESTS: Final = (".m3u8", ".mpd")


class PackageError(Exception):
    """There is no package to check, or it is not to be believed; a sentence."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with one file. `problem`: `missing`, `extra`, `size`, `content`, `signature` or `unreadable`."""

    name: str
    problem: str
    sentence: str


@dataclass(slots=True)
class Report:
    """The outcome. `extras_seen` says whether files that are not listed were looked for."""

    package: Inventory
    kid: str
    checked: int = 0
    bytes: int = 0
    extras_seen: bool = False
    findings: list[Finding] = field(default_factory=list)
    wrong: int = 0

    @property
    def good(self) -> bool:
        """Everything is there as it was signed, and nothing else."""
        return not self.wrong

    def note(self, name: str, problem: str, sentence: str) -> None:
        """Keep a finding, or count it."""
        self.wrong += 1
        if len(self.findings) < KEPT_FINDINGS:
            self.findings.append(Finding(name, problem, sentence))


class Watcher(Protocol):
    """Who is told how far the check has come."""

    def begin(self, files: int, size: int) -> None:
        """So many files and bytes are to be checked."""

    def advance(self, size: int) -> None:
        """One more file, listed with so many bytes, is done."""


async def check(source: Source, keys: Mapping[str, Ed25519PublicKey], package: str | None, watcher: Watcher) -> Report:
    """Check all of a package; `package` is the id that it must have, if one is expected. Raises PackageError."""
    report = await _package(source, keys, package)
    files = report.package.files
    watcher.begin(len(files), sum(file.size for file in files))
    left = iter(files)
    async with asyncio.TaskGroup() as group:
        for _ in range(PARALLEL):
            group.create_task(_work(source, keys, left, report, watcher))
    await _extras(source, report)
    return report


async def _package(source: Source, keys: Mapping[str, Ed25519PublicKey], package: str | None) -> Report:
    try:
        document = await source.get(inventory.NAME, inventory.MAX_BYTES)
        signature = await source.get(inventory.NAME + signing.SUFFIX, signing.MAX_SIGNATURE_BYTES)
        claimed = signing.place_of(signature)
        place = Place(package or claimed.package, inventory.NAME)
        await asyncio.to_thread(signing.verify, document, signature, place, keys)
        found = await asyncio.to_thread(inventory.read, document)
    except FileError as error:
        raise PackageError(f"package.json, or its signature package.json.jws: {error}") from error
    except (SignatureError, InventoryError) as error:
        raise PackageError(f"package.json: {error}") from error
    if found.id != place.package:
        raise PackageError(f"package.json: It was signed for {place.package}, but says that it is {found.id}.")
    return Report(found, signing.key_of(signature))


async def _work(
    source: Source, keys: Mapping[str, Ed25519PublicKey], left: Iterator[Stored], report: Report, watcher: Watcher
) -> None:
    for file in left:
        try:
            async with asyncio.timeout(GRACE_S + file.size / LEAST_RATE):
                await _file(source, keys, file, report)
        except FileError as error:
            report.note(file.name, error.problem, str(error))
        except TimeoutError:
            report.note(file.name, "unreadable", "It comes too slowly.")
        report.checked += 1
        watcher.advance(file.size)


async def _file(source: Source, keys: Mapping[str, Ed25519PublicKey], file: Stored, report: Report) -> None:
    if file.name.endswith(MANIFESTS):
        payload = await source.get(file.name, MAX_MANIFEST_BYTES)
        found = Digest(len(payload), hashlib.sha256(payload).hexdigest())
        signature = await _signature(source, file.name)
        place = Place(report.package.id, file.name)
        try:
            await asyncio.to_thread(signing.verify, payload, signature, place, keys)
        except SignatureError as error:
            report.note(file.name, "signature", str(error))
            return
    else:
        found = await source.digest(file.name, file.size)
    report.bytes += found.size
    if found.size != file.size:
        report.note(file.name, "size", f"It does not have the {file.size:,} bytes that are listed.")
    elif found.sha256 != file.sha256:
        report.note(file.name, "content", "Its content is not the one that is listed.")


async def _signature(source: Source, name: str) -> bytes:
    try:
        return await source.get(name + signing.SUFFIX, signing.MAX_SIGNATURE_BYTES)
    except FileError as error:
        raise FileError("signature", f"Its signature: {error}") from error


async def _extras(source: Source, report: Report) -> None:
    names = source.names()
    if names is None or not report.package.complete:  # more files come while a broadcast goes on
        return
    report.extras_seen = True
    listed = {file.name for file in report.package.files} | {inventory.NAME, inventory.NAME + signing.SUFFIX}
    try:
        async for name in names:
            if name not in listed:
                report.note(name, "extra", "It is not listed.")
    except FileError as error:
        report.note("", error.problem, str(error))
