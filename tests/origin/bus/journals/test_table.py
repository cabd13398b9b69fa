from __future__ import annotations

import pytest

from origin.bus.journals.memory import MemoryJournal
from origin.bus.journals.table import JOURNALS, open_journal
from origin.bus.protocol import BusError
from tests.contract.urls import bus_url


async def test_each_bus_has_its_journal() -> None:
    kinds = {"memory": MemoryJournal}
    for scheme in JOURNALS:
        journal = open_journal(bus_url(scheme))
        assert type(journal) is kinds[scheme]
        await journal.close()


@pytest.mark.parametrize("url", ["other:x", "", "memory:x", "memory"])
def test_other_urls_are_refused_with_a_sentence(url: str) -> None:
    with pytest.raises(BusError):
        open_journal(url)
