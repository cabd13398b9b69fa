"""The kinds of buses, by the scheme of their URLs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from origin.bus.memory import MemoryBus
from origin.bus.protocol import BusError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from origin.bus.protocol import Bus


def _redis(url: str) -> Bus:
    try:
        from origin.bus.redis import RedisBus  # noqa: PLC0415 - needs what only a cluster installs
    except ModuleNotFoundError as error:
        if error.name != "redis":
            raise
        raise BusError("A bus on Redis needs more packages: pip install 'headwater[cluster]'.") from error
    return RedisBus.open(url)


BUSES: Final[Mapping[str, Callable[[str], Bus]]] = {
    "memory": MemoryBus.open,
    "redis": _redis,
    "rediss": _redis,
}


def open_bus(url: str) -> Bus:
    """Open the bus that the URL names. Raises `BusError` with a sentence."""
    scheme, _, _ = url.partition(":")
    if scheme not in BUSES:
        raise BusError(f"There is no bus for {scheme}: URLs; there are: {', '.join(BUSES)}.")
    return BUSES[scheme](url)
