from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from origin.config import ConfigError, load_settings
from origin.stores.disk import DiskStore
from origin.stores.memory import MemoryStore
from origin.stores.protocol import StoreError
from origin.stores.s3 import S3Store
from origin.stores.table import STORES, open_store
from tests.contract.urls import STORES_AT

if TYPE_CHECKING:
    from pathlib import Path


async def test_the_scheme_chooses_the_kind(tmp_path: Path) -> None:
    kinds = {"file": DiskStore, "memory": MemoryStore, "s3": S3Store}
    for name, url in STORES_AT.items():
        store = open_store(url(tmp_path))
        assert type(store) is kinds[name.split()[0]]
        await store.close()


def test_the_table_and_the_configuration_know_the_same_stores(tmp_path: Path) -> None:
    for make_url in STORES_AT.values():
        url = make_url(tmp_path)
        assert load_settings(None, {"HEADWATER_STORE_URL": url}).store_url == url
    with pytest.raises(ConfigError, match=" ".join(STORES)):
        load_settings(None, {"HEADWATER_STORE_URL": "other:"})


@pytest.mark.parametrize("url", ["other:x", "", "file:", "file://", "memory:x", "memory"])
def test_other_urls_are_refused_with_a_sentence(url: str) -> None:
    with pytest.raises(StoreError) as caught:
        open_store(url)
    assert caught.value.status == 503


def test_a_store_in_a_bucket_needs_its_client_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith(("origin.stores.s3", "origin.stores.abilities"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(StoreError, match=re.escape("pip install 'headwater[cluster]'")):
        open_store("s3://bucket")


def test_the_client_is_not_imported_before_it_is_needed() -> None:
    code = "import sys, origin.app; print({'boto3', 'botocore'} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "set()\n"
