from __future__ import annotations

import base64
import errno
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import func, select

from origin.catalog import api_keys, schema, secret_file, signing_keys, tenants
from origin.catalog.bootstrap import _furnish, bootstrap, thumbprint
from origin.catalog.database import Catalog
from origin.catalog.errors import CatalogError
from origin.catalog.ids import DEFAULT_TENANT, secret_hash
from origin.catalog.sealing import unseal
from origin.config import Settings
from tests.origin.catalog.made import ON_POSTGRESQL

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

PATIENCE_S = 30.0
START = """
import os, sys
from origin.catalog.bootstrap import bootstrap
from origin.catalog.database import Catalog
from origin.config import load_settings
settings = load_settings(None, {"HEADWATER_DATA_DIR": sys.argv[1], "HEADWATER_DATABASE_URL": sys.argv[2]})
catalog = Catalog.open(settings.database_url)
bootstrap(catalog, settings, 1.0, os.urandom)
catalog.close()
"""


@pytest.fixture
def settings(tmp_path: Path, url: str) -> Settings:
    return Settings(data_dir=tmp_path, database_url=url)


def admin_key(settings: Settings) -> str:
    return (settings.data_dir / "admin.key").read_text().strip()


def counts(conn: Connection) -> list[int]:
    tables = (schema.tenants, schema.signing_keys, schema.api_keys)
    return [conn.execute(select(func.count()).select_from(table)).scalar_one() for table in tables]


def test_the_first_start_makes_a_tenant_a_signing_key_and_an_admin_key(catalog: Catalog, settings: Settings) -> None:
    bootstrap(catalog, settings, 5.0, os.urandom)
    assert catalog.read_now(partial(tenants.get, tenant_id=DEFAULT_TENANT)) is not None
    (key,) = catalog.read_now(partial(signing_keys.active, now=5.0))
    seed = unseal(secret_file.load(settings), key.kid, key.sealed_private)
    signature = Ed25519PrivateKey.from_private_bytes(seed).sign(b"x")
    Ed25519PublicKey.from_public_bytes(key.public).verify(signature, b"x")
    assert seed not in key.sealed_private
    admin = catalog.read_now(partial(api_keys.find, secret_hash=secret_hash(admin_key(settings))))
    assert admin is not None
    assert (admin.role, admin.tenant_id) == (api_keys.PLATFORM_ADMIN, DEFAULT_TENANT)
    assert admin_key(settings).startswith("hw_")


def test_secrets_are_readable_by_their_owner_only_and_no_draft_is_left(catalog: Catalog, settings: Settings) -> None:
    old = os.umask(0)
    try:
        bootstrap(catalog, settings, 5.0, os.urandom)
    finally:
        os.umask(old)
    modes = {item.name: item.stat().st_mode & 0o777 for item in settings.data_dir.iterdir()}
    assert modes["secret"] == modes["admin.key"] == 0o600
    assert {name for name in modes if not name.startswith("catalog.db")} == {"secret", "admin.key"}


def test_later_starts_change_nothing(catalog: Catalog, settings: Settings) -> None:
    bootstrap(catalog, settings, 5.0, os.urandom)
    key, secret = admin_key(settings), secret_file.load(settings)
    (settings.data_dir / "admin.key").unlink()
    bootstrap(catalog, settings, 6.0, os.urandom)
    assert not (settings.data_dir / "admin.key").exists()
    assert secret_file.load(settings) == secret
    assert catalog.read_now(counts) == [1, 1, 1]
    assert catalog.read_now(partial(api_keys.find, secret_hash=secret_hash(key))) is not None


def test_a_configured_secret_is_used_and_not_written(catalog: Catalog, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, secret=bytes(range(32)))
    bootstrap(catalog, settings, 5.0, os.urandom)
    assert not (tmp_path / "secret").exists()
    (key,) = catalog.read_now(partial(signing_keys.active, now=5.0))
    assert len(unseal(bytes(range(32)), key.kid, key.sealed_private)) == 32


def test_another_secret_stops_the_start(catalog: Catalog, settings: Settings, tmp_path: Path) -> None:
    bootstrap(catalog, settings, 5.0, os.urandom)
    with pytest.raises(CatalogError, match=r"is not the one that this catalog was made with.*set it to"):
        bootstrap(catalog, Settings(data_dir=tmp_path, secret=bytes(32)), 6.0, os.urandom)


def test_a_lost_secret_stops_the_start_and_no_new_one_is_made(catalog: Catalog, settings: Settings) -> None:
    bootstrap(catalog, settings, 5.0, os.urandom)
    (settings.data_dir / "secret").unlink()
    with pytest.raises(CatalogError, match="is missing; bring it back from a backup"):
        bootstrap(catalog, settings, 6.0, os.urandom)
    assert not (settings.data_dir / "secret").exists()


def test_a_start_that_could_not_write_the_admin_key_is_made_up_for(
    catalog: Catalog, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    (settings.data_dir / "admin.key").write_text("hw_of_another_database\n")
    secret_file.load_or_make(settings, os.urandom)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CatalogError, match=r"admin\.key cannot be written: No space left on device"):
        bootstrap(catalog, settings, 5.0, os.urandom)
    assert catalog.read_now(counts) == [0, 0, 0]
    assert admin_key(settings) == "hw_of_another_database"
    monkeypatch.undo()
    bootstrap(catalog, settings, 6.0, os.urandom)
    assert catalog.read_now(partial(api_keys.find, secret_hash=secret_hash(admin_key(settings)))) is not None
    assert [item.name for item in settings.data_dir.iterdir() if item.name.startswith(".")] == []


def test_two_processes_that_start_at_once_agree(settings: Settings) -> None:
    command = [sys.executable, "-c", START, str(settings.data_dir), settings.database_url]
    processes = [subprocess.Popen(command) for _ in range(2)]
    assert [process.wait(60) for process in processes] == [0, 0]
    catalog = Catalog.open(settings.database_url)
    assert catalog.read_now(counts) == [1, 1, 1]
    assert catalog.read_now(partial(api_keys.find, secret_hash=secret_hash(admin_key(settings)))) is not None
    bootstrap(catalog, settings, 5.0, os.urandom)
    catalog.close()


@ON_POSTGRESQL
@pytest.mark.parametrize("shared", [bytes(range(32)), None], ids=["with the secret", "without"])
def test_of_the_nodes_of_a_cluster_one_makes_the_keys(url: str, tmp_path: Path, shared: bytes | None) -> None:
    nodes = [Settings(data_dir=tmp_path / str(number), database_url=url, secret=shared) for number in range(4)]
    together = threading.Barrier(len(nodes))

    def start(node: Settings) -> str:
        catalog = Catalog.open(url)
        try:
            together.wait(PATIENCE_S)
            bootstrap(catalog, node, 1.0, os.urandom)
        except CatalogError as error:
            return error.detail
        finally:
            catalog.close()
        return "ready"

    with ThreadPoolExecutor(len(nodes)) as threads:
        said = list(threads.map(start, nodes))
    (winner,) = [node for node in nodes if (node.data_dir / "admin.key").exists()]
    catalog = Catalog.open(url)
    assert catalog.read_now(counts) == [1, 1, 1]
    assert catalog.read_now(partial(api_keys.find, secret_hash=secret_hash(admin_key(winner)))) is not None
    catalog.close()
    if shared:
        assert said == ["ready"] * 4
    else:
        assert said[nodes.index(winner)] == "ready"
        assert sum("nodes that share a catalog share it" in sentence for sentence in said) == 3
        assert [node for node in nodes if (node.data_dir / "secret").exists()] == [winner]


def test_one_that_comes_second_changes_nothing(catalog: Catalog, settings: Settings) -> None:
    """Both saw a new database; the second finds the first one's work when it gets the write lock."""
    furnish = partial(_furnish, settings=settings, now=1.0, random=os.urandom)
    catalog.write_now(furnish)
    key = admin_key(settings)
    catalog.write_now(furnish)
    assert admin_key(settings) == key
    assert catalog.read_now(counts) == [1, 1, 1]


def test_the_thumbprint_is_that_of_rfc_8037() -> None:
    """Appendix A.3."""
    public = base64.urlsafe_b64decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo=")
    assert thumbprint(public) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
