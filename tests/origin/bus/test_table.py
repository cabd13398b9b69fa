from __future__ import annotations

import pytest

from origin.bus.memory import MemoryBus
from origin.bus.protocol import BusError
from origin.bus.table import BUSES, open_bus
from origin.config import ConfigError, load_settings
from tests.contract.urls import bus_url


async def test_the_scheme_chooses_the_kind() -> None:
    kinds = {"memory": MemoryBus}
    for scheme in BUSES:
        bus = open_bus(bus_url(scheme))
        assert type(bus) is kinds[scheme]
        await bus.close()


def test_the_table_and_the_configuration_know_the_same_buses() -> None:
    for scheme in BUSES:
        assert load_settings(None, {"HEADWATER_BUS_URL": bus_url(scheme)}).bus_url == bus_url(scheme)
    with pytest.raises(ConfigError, match=" ".join(BUSES)):
        load_settings(None, {"HEADWATER_BUS_URL": "other:"})


@pytest.mark.parametrize("url", ["other:x", "", "memory:x", "memory"])
def test_other_urls_are_refused_with_a_sentence(url: str) -> None:
    with pytest.raises(BusError) as caught:
        open_bus(url)
    assert caught.value.status == 503
