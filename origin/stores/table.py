"""The kinds of stores, by the scheme of their URLs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from origin.stores.disk import DiskStore
from origin.stores.memory import MemoryStore
from origin.stores.protocol import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from origin.stores.protocol import ObjectStore


def _open_s3(url: str) -> ObjectStore:
    try:
        from origin.stores.s3 import S3Store  # noqa: PLC0415 - its client may be absent, and takes 0.2 s to import
    except ModuleNotFoundError as error:
        if error.name not in ("boto3", "botocore"):
            raise
        raise StoreError("An s3: store needs boto3; install it with: pip install 'headwater[cluster]'.") from error
    return S3Store.open(url)


STORES: Final[Mapping[str, Callable[[str], ObjectStore]]] = {
    "file": DiskStore.open,
    "memory": MemoryStore.open,
    "s3": _open_s3,
}


def open_store(url: str) -> ObjectStore:
    """Open the store that the URL names. Raises `StoreError` with a sentence."""
    scheme, _, _ = url.partition(":")
    if scheme not in STORES:
        raise StoreError(f"There is no store for {scheme}: URLs; there are: {', '.join(STORES)}.")
    return STORES[scheme](url)
