"""Where a test finds a new and empty one of each kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def store_url(scheme: str, folder: Path) -> str:
    return {"file": f"file:{folder}/objects", "memory": "memory:"}[scheme]


def bus_url(scheme: str) -> str:
    return {"memory": "memory:"}[scheme]
