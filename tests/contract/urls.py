"""Where a test finds a new and empty one of each kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support import s3
from tests.support.redis import empty_server

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

STORES_AT: Mapping[str, Callable[[Path], str]] = {
    "file": lambda folder: f"file:{folder}/objects",
    "memory": lambda _: "memory:",
    "s3 by rclone": lambda _: s3.rclone().store_url(),
    "s3 by moto": lambda _: s3.moto().store_url(),
}
"""Every kind of store; one that talks to others, once for each whom it is tried with."""


def bus_url(scheme: str) -> str:
    if scheme == "memory":
        return "memory:"
    server = empty_server()
    return {"redis": server.url, "rediss": server.secure_url}[scheme]
