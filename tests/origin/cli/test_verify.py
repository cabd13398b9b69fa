from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from cdn.token import jwks
from origin.cli import verify
from origin.stores.memory import MemoryStore
from origin.stores.table import STORES
from tests.support.keys import KEYS, OTHER
from tests.support.packages import laid_out, made

if TYPE_CHECKING:
    from pathlib import Path

    from tests.origin.cli.shell import Shell


@pytest.fixture
def package(tmp_path: Path) -> Path:
    return laid_out(tmp_path / "bc_a", made())


@pytest.fixture
def keys(tmp_path: Path) -> str:
    path = tmp_path / "keys.json"
    path.write_text(json.dumps(jwks(KEYS)))
    return str(path)


def test_a_good_package_ends_with_0(closed: Shell, package: Path, keys: str) -> None:
    for target in (str(package), f"file:{package}", f"file://{package}", f"{package}/package.json"):
        result = closed.run("verify", target, "--jwks", keys)
        assert result.exit_code == 0, result.output
        assert "bc_a: all 7 files" in result.stdout
        assert "checking 7 files" in result.stderr
    assert closed.run("verify", str(package), "--jwks", keys, "--json").stderr == ""


def test_what_is_wrong_is_named_and_ends_with_1(closed: Shell, package: Path, keys: str) -> None:
    (package / "v0" / "1-0.m4s").write_bytes(b"x")
    (package / "v0" / "new\x1b[31m").touch()
    result = closed.run("verify", str(package), "--jwks", keys)
    assert result.exit_code == 1
    assert "v0/1-0.m4s" in result.stdout
    assert "\x1b" not in result.output
    assert "2 of 7 files are not as they were signed" in result.stdout
    result = closed.run("verify", str(package), "--jwks", keys, "--json")
    assert result.exit_code == 1
    said = json.loads(result.stdout)
    assert (said["ok"], said["package"], said["wrong"]) == (False, "bc_a", 2)
    assert [(one["name"], one["problem"]) for one in said["findings"]] == [
        ("v0/1-0.m4s", "size"),
        ("v0/new\x1b[31m", "extra"),
    ]


def test_more_findings_than_anybody_reads_are_counted(
    closed: Shell, package: Path, keys: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify, "SHOWN", 2)
    for number in range(5):
        (package / f"extra{number}").touch()
    assert "… and 3 more" in closed.run("verify", str(package), "--jwks", keys).stdout


def test_a_package_that_is_not_to_be_believed_ends_with_1(closed: Shell, tmp_path: Path, keys: str) -> None:
    folder = laid_out(tmp_path / "bc_b", made(signer=OTHER, package="bc_b"))
    result = closed.run("verify", str(folder), "--jwks", keys)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "is not known" in result.stderr
    result = closed.run("verify", str(folder), "--jwks", keys, "--json")
    assert (result.exit_code, json.loads(result.stdout)["ok"]) == (1, False)


def test_a_folder_named_after_another_package_is_refused(closed: Shell, tmp_path: Path, keys: str) -> None:
    folder = laid_out(tmp_path / "bc_other", made())
    assert closed.run("verify", str(folder), "--jwks", keys).exit_code == 1
    assert closed.run("verify", str(folder.rename(tmp_path / "copy")), "--jwks", keys).exit_code == 0


def test_a_live_package_says_so(closed: Shell, tmp_path: Path, keys: str) -> None:
    folder = laid_out(tmp_path / "bc_a", made(complete=False))
    result = closed.run("verify", str(folder), "--jwks", keys)
    assert result.exit_code == 0
    assert "still went on" in result.stdout


def test_without_a_catalog_keys_must_be_given(closed: Shell, package: Path) -> None:
    result = closed.run("verify", str(package))
    assert result.exit_code == 1
    assert "--jwks" in result.stderr
    assert not (closed.folder / "catalog.db").exists()


def test_keys_come_from_the_catalog_beside_a_running_server(shell: Shell, package: Path) -> None:
    result = shell.run("verify", str(package))
    assert result.exit_code == 1
    assert "is not known" in result.stderr
    address = f"http://127.0.0.1:{shell.port}/.well-known/manifest-keys.json"
    assert "is not known" in shell.run("verify", str(package), "--jwks", address).stderr


@pytest.mark.parametrize("content", ["", "{}", '{"keys": [{"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "r"}]}'])
def test_keys_that_are_none_are_refused(closed: Shell, package: Path, tmp_path: Path, content: str) -> None:
    path = tmp_path / "bad.json"
    path.write_text(content)
    result = closed.run("verify", str(package), "--jwks", str(path))
    assert result.exit_code == 1
    assert "key" in result.stderr


def test_a_key_address_that_does_not_answer_is_told_without_it(closed: Shell, package: Path) -> None:
    result = closed.run("verify", str(package), "--jwks", "http://127.0.0.1:1/private.json")
    assert result.exit_code == 1
    assert "private" not in result.output


def test_buckets_are_opened_by_the_store_table(
    closed: Shell, package: Path, keys: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def opened(url: str) -> MemoryStore:
        assert url == "test://bucket/tn_a/bc_a"
        store = MemoryStore()
        store._objects = made()
        return store

    monkeypatch.setitem(STORES, "test", opened)
    result = closed.run("verify", "test://bucket/tn_a/bc_a", "--jwks", keys)
    assert result.exit_code == 0, result.output
    assert package.exists()
