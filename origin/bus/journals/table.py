"""The kinds of journals, by the scheme of the bus's URL: who shares a bus shares its journal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from origin.bus.journals.memory import MemoryJournal
from origin.bus.protocol import BusError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from origin.bus.journals.protocol import Journal

JOURNALS: Final[Mapping[str, Callable[[str], Journal]]] = {
    "memory": MemoryJournal.open,
}


def open_journal(bus_url: str) -> Journal:
    """Open the journal that belongs to the bus. Raises `BusError` with a sentence."""
    scheme, _, _ = bus_url.partition(":")
    if scheme not in JOURNALS:
        raise BusError(f"There is no journal for {scheme}: URLs; there are: {', '.join(JOURNALS)}.")
    return JOURNALS[scheme](bus_url)
