from __future__ import annotations

import sys

import pytest

from origin.bus.journals.memory import MemoryJournal
from origin.bus.journals.redis import RedisJournal
from origin.bus.journals.table import JOURNALS, open_journal
from origin.bus.protocol import BusError
from origin.bus.table import BUSES, open_bus
from tests.contract.urls import bus_url


async def test_each_bus_has_its_journal() -> None:
    kinds = {"memory": MemoryJournal, "redis": RedisJournal, "rediss": RedisJournal}
    assert list(JOURNALS) == list(BUSES)
    for scheme in JOURNALS:
        url = bus_url(scheme)
        bus = open_bus(url)
        journal = open_journal(url, bus)
        assert type(journal) is kinds[scheme]
        await journal.close()
        await bus.close()


@pytest.mark.parametrize("url", ["other:x", "", "memory:x", "memory"])
def test_other_urls_are_refused_with_a_sentence(url: str) -> None:
    with pytest.raises(BusError):
        open_journal(url)


def test_what_must_be_installed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = ("origin.bus.redis", "origin.bus.journals.redis")
    for name in [name for name in sys.modules if name.partition(".")[0] == "redis" or name.startswith(ours)]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(BusError, match=r"pip install 'headwater\[cluster\]'"):
        open_journal("redis://localhost")
