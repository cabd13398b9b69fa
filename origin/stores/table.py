"""The kinds of stores, by the scheme of their URLs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from origin.stores.disk import DiskStore
from origin.stores.memory import MemoryStore
from origin.stores.protocol import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from origin.stores.protocol import ObjectStore

STORES: Final[Mapping[str, Callable[[str], ObjectStore]]] = {
    "file": DiskStore.open,
    "memory": MemoryStore.open,
}


def open_store(url: str) -> ObjectStore:
    """Open the store that the URL names. Raises `StoreError` with a sentence."""
    scheme, _, _ = url.partition(":")
    if scheme not in STORES:
        raise StoreError(f"There is no store for {scheme}: URLs; there are: {', '.join(STORES)}.")
    return STORES[scheme](url)
