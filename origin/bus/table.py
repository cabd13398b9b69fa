"""The kinds of buses, by the scheme of their URLs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from origin.bus.memory import MemoryBus
from origin.bus.protocol import BusError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from origin.bus.protocol import Bus

BUSES: Final[Mapping[str, Callable[[str], Bus]]] = {
    "memory": MemoryBus.open,
}


def open_bus(url: str) -> Bus:
    """Open the bus that the URL names. Raises `BusError` with a sentence."""
    scheme, _, _ = url.partition(":")
    if scheme not in BUSES:
        raise BusError(f"There is no bus for {scheme}: URLs; there are: {', '.join(BUSES)}.")
    return BUSES[scheme](url)
