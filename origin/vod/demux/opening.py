"""Which reader opens a file: our own where it fully understands it, else libav."""

from __future__ import annotations

from typing import TYPE_CHECKING

from origin.vod.demux import isobmff
from origin.vod.demux.film import NotUnderstoodError

if TYPE_CHECKING:
    from origin.vod.demux.film import Film


def open_film(file: int) -> Film:
    """Open the file of a descriptor. Raises `MediaError`."""
    try:
        return isobmff.open_film(file)
    except NotUnderstoodError:
        from origin.vod.demux.libav.film import open_film as by_libav  # noqa: PLC0415 - it takes as long to load as to work

        return by_libav(file)
