from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from origin.config import ConfigError, load_settings
from origin.stores.disk import DiskStore
from origin.stores.memory import MemoryStore
from origin.stores.protocol import StoreError
from origin.stores.table import STORES, open_store
from tests.contract.urls import store_url

if TYPE_CHECKING:
    from pathlib import Path


async def test_the_scheme_chooses_the_kind(tmp_path: Path) -> None:
    kinds = {"file": DiskStore, "memory": MemoryStore}
    for scheme in STORES:
        store = open_store(store_url(scheme, tmp_path))
        assert type(store) is kinds[scheme]
        await store.close()


def test_the_table_and_the_configuration_know_the_same_stores(tmp_path: Path) -> None:
    for scheme in STORES:
        url = store_url(scheme, tmp_path)
        assert load_settings(None, {"HEADWATER_STORE_URL": url}).store_url == url
    with pytest.raises(ConfigError, match=" ".join(STORES)):
        load_settings(None, {"HEADWATER_STORE_URL": "other:"})


@pytest.mark.parametrize("url", ["other:x", "", "file:", "file://", "memory:x", "memory"])
def test_other_urls_are_refused_with_a_sentence(url: str) -> None:
    with pytest.raises(StoreError) as caught:
        open_store(url)
    assert caught.value.status == 503
