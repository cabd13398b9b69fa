"""Where a test finds a new and empty one of each kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.redis import empty_server

if TYPE_CHECKING:
    from pathlib import Path


def store_url(scheme: str, folder: Path) -> str:
    return {"file": f"file:{folder}/objects", "memory": "memory:"}[scheme]


def bus_url(scheme: str) -> str:
    if scheme == "memory":
        return "memory:"
    server = empty_server()
    return {"redis": server.url, "rediss": server.secure_url}[scheme]
