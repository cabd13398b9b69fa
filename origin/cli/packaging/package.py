"""The package in the making: what was told of its files, and then its manifests, signatures and `package.json`."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from origin.vod.program.tales import TracksLeftOut
from origin.vod.sealed import sealed
from packager import inventory, signing
from packager.inventory import Inventory, Stored
from packager.recorded import Recorded, RecordedInit
from packager.recording import Recording
from packager.signing import Place

if TYPE_CHECKING:
    from pathlib import Path

    from origin.vod.demux.film import LeftOut
    from origin.vod.program.tales import Tale
    from packager.signing import SigningKey

FLUSHERS: Final = 8
"""Files made durable at a time: a disk takes as many orders at once as gladly as one."""


class Package:
    """Files in `folder`; `files`, with their manifests, and `duration_s` are there once it is finished."""

    def __init__(self, folder: Path, package_id: str) -> None:
        self.id = package_id
        self.files: list[Stored] = []
        self.duration_s = 0.0
        self.left_out: list[LeftOut] = []
        self._folder = folder
        self._inits: list[RecordedInit] = []
        self._segments: list[Recorded] = []

    @property
    def renditions(self) -> list[str]:
        """Their names."""
        return [init.name.partition("/")[0] for init in self._inits]

    def add(self, tale: Tale) -> None:
        """Take what the program tells."""
        if isinstance(tale, RecordedInit):
            self._inits.append(tale)
        elif isinstance(tale, Recorded):
            self._segments.append(tale)
        elif isinstance(tale, TracksLeftOut):
            self.left_out += tale.tracks

    def finish(self, key: SigningKey, now: int) -> None:
        """Write all that is still missing, and make the whole durable; `now` in unix seconds."""
        recording = Recording(self._inits)
        for segment in sorted(self._segments, key=lambda each: (each.rendition, each.msn)):
            recording.add(segment)
        finished = recording.finish()
        self.duration_s = finished.duration_s
        self.files = recording.media
        for name, manifest in finished.manifests.items():
            self.files += self._write_sealed(name, manifest, key)
        whole = Inventory(self.id, now, complete=True, files=tuple(self.files))
        self._write_sealed(inventory.NAME, inventory.write(whole), key)
        self._flush()

    def _write_sealed(self, name: str, payload: bytes, key: SigningKey) -> list[Stored]:
        signature, both = sealed(payload, Place(self.id, name), key)
        (self._folder / name).write_bytes(payload)
        (self._folder / (name + signing.SUFFIX)).write_bytes(signature)
        return both

    def _flush(self) -> None:
        with ThreadPoolExecutor(FLUSHERS) as flushers:
            list(flushers.map(_flush, sorted(self._folder.rglob("*"))))
        _flush(self._folder)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
