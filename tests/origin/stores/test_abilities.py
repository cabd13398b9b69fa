"""What two endpoints can do, and a start that fails because one of them cannot, or may not, be used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from origin.stores.abilities import Abilities
from origin.stores.protocol import StoreError
from origin.stores.s3 import S3Store
from origin.stores.s3_client import Patience
from tests.support import s3
from tests.support.faulty_proxy import Fault, FaultyProxy, faulty_proxy

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE = Patience(connect_s=2, read_s=5, tries=1)
REFUSAL = "<Error><Code>{}</Code><Message>AKSECRET</Message></Error>"
FAILING = Fault(answer=(400, REFUSAL.format("BadDigest")))


@pytest.fixture
def proxy() -> Iterator[FaultyProxy]:
    with faulty_proxy(s3.rclone().url) as proxy:
        yield proxy


async def abilities_of(url: str) -> Abilities:
    store = S3Store.open(url, PATIENCE)
    assert await store.list("", None, 10) == []
    await store.close()
    return store.abilities


async def test_what_an_endpoint_passes_over_is_found_out() -> None:
    assert await abilities_of(s3.rclone().store_url()) == Abilities(
        conditional_writes=False, refuses_damage=False, refuses_damage_by_md5=True
    )
    assert await abilities_of(s3.moto().store_url()) == Abilities(
        conditional_writes=True, refuses_damage=False, refuses_damage_by_md5=False
    )


async def test_an_endpoint_that_refuses_damage_needs_no_second_checksum(proxy: FaultyProxy) -> None:
    proxy.then(Fault(), Fault(), Fault(), Fault(answer=(412, REFUSAL.format("PreconditionFailed"))), FAILING, FAILING)
    store = S3Store.open(s3.Endpoint(proxy.url).store_url(), PATIENCE)
    assert store.abilities == Abilities(conditional_writes=True, refuses_damage=True, refuses_damage_by_md5=True)
    probed = proxy.seen.copy()
    assert [method for method, _, _ in probed] == ["PUT", "GET", "GET", "PUT", "PUT", "PUT", "POST"]
    proxy.then()
    await store.put("a", (b"x",))
    assert "Content-MD5" not in proxy.seen[0][2]
    await store.close()


async def test_an_endpoint_that_knows_no_conditions_is_not_taken_to_keep_them(proxy: FaultyProxy) -> None:
    proxy.then(Fault(), Fault(), Fault(), Fault(answer=(501, REFUSAL.format("NotImplemented"))))
    store = S3Store.open(s3.Endpoint(proxy.url).store_url(), PATIENCE)
    assert not store.abilities.conditional_writes
    await store.close()


@pytest.mark.parametrize("step", ["put", "get", "list", "if-none-match", "damage", "md5", "delete"])
def test_a_start_fails_if_one_step_does(proxy: FaultyProxy, step: str) -> None:
    steps = ["put", "get", "list", "if-none-match", "damage", "md5", "delete"]
    proxy.then(*[Fault()] * steps.index(step), Fault(reset=True))
    with pytest.raises(
        StoreError, match=r"The connection to the bucket headwater-test at http://127\.0\.0\.1:\d+ broke"
    ):
        S3Store.open(s3.Endpoint(proxy.url).store_url(), PATIENCE)


def test_a_start_fails_if_something_else_is_read(proxy: FaultyProxy) -> None:
    proxy.then(Fault(), Fault(answer=(200, "other")))
    with pytest.raises(StoreError, match="is not found there, or is something else"):
        S3Store.open(s3.Endpoint(proxy.url).store_url(), PATIENCE)


def test_a_start_fails_if_nothing_may_be_deleted(proxy: FaultyProxy) -> None:
    denied = "<DeleteResult><Error><Key>k</Key><Code>AccessDenied</Code></Error></DeleteResult>"
    proxy.then(*[Fault()] * 6, Fault(answer=(200, denied)))
    with pytest.raises(StoreError, match="These credentials may not do this in the bucket headwater-test at http"):
        S3Store.open(s3.Endpoint(proxy.url).store_url(), PATIENCE)


def test_a_start_fails_without_a_bucket_a_peer_or_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    rclone = s3.rclone()
    with pytest.raises(StoreError, match=f"nothing like the bucket other at {rclone.url}; create it"):
        S3Store.open(rclone.store_url(bucket="other"), PATIENCE)
    with pytest.raises(StoreError, match="No connection can be made to the bucket headwater-test at http://127"):
        S3Store.open(s3.Endpoint("http://127.0.0.1:1").store_url(), PATIENCE)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong-wrong-wrong")
    with pytest.raises(StoreError, match=f"the bucket headwater-test at {rclone.url}") as caught:
        S3Store.open(rclone.store_url(), PATIENCE)
    assert "wrong-wrong" not in str(caught.value)
    assert s3.ACCESS_KEY not in str(caught.value)
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    with pytest.raises(StoreError, match="no usable credentials for the bucket headwater-test"):
        S3Store.open(rclone.store_url(), PATIENCE)
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(StoreError, match="no usable credentials for the bucket headwater-test"):
        S3Store.open(rclone.store_url(), PATIENCE)
