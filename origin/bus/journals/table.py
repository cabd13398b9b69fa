"""The kinds of journals, by the scheme of the bus's URL: who shares a bus shares its journal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from origin.bus.journals.memory import MemoryJournal
from origin.bus.protocol import BusError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from origin.bus.journals.protocol import Journal
    from origin.bus.protocol import Bus


def _memory(url: str, _beside: Bus | None) -> Journal:
    return MemoryJournal.open(url)


def _redis(url: str, beside: Bus | None) -> Journal:
    try:
        from origin.bus.journals.redis import RedisJournal  # noqa: PLC0415 - needs what only a cluster installs
    except ModuleNotFoundError as error:
        if error.name != "redis":
            raise
        raise BusError("A journal on Redis needs more packages: pip install 'headwater[cluster]'.") from error
    return RedisJournal.open(url, beside)


JOURNALS: Final[Mapping[str, Callable[[str, Bus | None], Journal]]] = {
    "memory": _memory,
    "redis": _redis,
    "rediss": _redis,
}


def open_journal(bus_url: str, beside: Bus | None = None) -> Journal:
    """Open the journal that belongs to the bus; it shares the connections of `beside`, the bus itself, if it is given.

    Raises `BusError` with a sentence.
    """
    scheme, _, _ = bus_url.partition(":")
    if scheme not in JOURNALS:
        raise BusError(f"There is no journal for {scheme}: URLs; there are: {', '.join(JOURNALS)}.")
    return JOURNALS[scheme](bus_url, beside)
