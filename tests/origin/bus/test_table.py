from __future__ import annotations

import sys

import pytest

from origin.bus.memory import MemoryBus
from origin.bus.protocol import BusError
from origin.bus.redis import RedisBus
from origin.bus.table import BUSES, open_bus
from origin.config import ConfigError, load_settings
from tests.contract.urls import bus_url


async def test_the_scheme_chooses_the_kind() -> None:
    kinds = {"memory": MemoryBus, "redis": RedisBus, "rediss": RedisBus}
    for scheme in BUSES:
        bus = open_bus(bus_url(scheme))
        assert type(bus) is kinds[scheme]
        await bus.close()


def test_the_table_and_the_configuration_know_the_same_buses() -> None:
    for scheme in BUSES:
        url = bus_url(scheme)
        assert load_settings(None, {"HEADWATER_BUS_URL": url}).bus_url == url
    with pytest.raises(ConfigError, match=" ".join(BUSES)):
        load_settings(None, {"HEADWATER_BUS_URL": "other:"})


def test_settings_that_are_shown_do_not_show_a_password() -> None:
    assert "aaaa" not in repr(load_settings(None, {"HEADWATER_BUS_URL": "redis://:aaaa@h"}))


@pytest.mark.parametrize("url", ["other:x", "", "memory:x", "memory", "redis", "rediss:x"])
def test_other_urls_are_refused_with_a_sentence(url: str) -> None:
    with pytest.raises(BusError) as caught:
        open_bus(url)
    assert caught.value.status == 503


@pytest.mark.parametrize("scheme", ["redis", "rediss"])
def test_what_must_be_installed_is_said(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [
        name for name in sys.modules if name.partition(".")[0] == "redis" or name.startswith("origin.bus.redis")
    ]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(BusError, match=r"pip install 'headwater\[cluster\]'"):
        open_bus(f"{scheme}://localhost")
