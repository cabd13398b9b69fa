from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from origin.catalog import streams
from origin.catalog.database import Catalog
from origin.catalog.ids import DEFAULT_TENANT, secret_hash
from origin.catalog.tenants import ensure_default
from origin.demo.streams import prepare

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from origin.demo.streams import DemoStreams

NOW = 1_795_219_200.0


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    opened = Catalog.open(f"sqlite:///{tmp_path}/catalog.db")
    opened.write_now(lambda conn: ensure_default(conn, NOW))
    yield opened
    opened.close()


def run(catalog: Catalog, seed: int) -> DemoStreams:
    randomness = random.Random(seed).randbytes  # noqa: S311 - a test wants the same ids each time
    return catalog.write_now(lambda conn: prepare(conn, DEFAULT_TENANT, NOW + seed, randomness))


def owner(catalog: Catalog, key: str) -> str | None:
    found = catalog.read_now(lambda conn: streams.by_key_hash(conn, secret_hash(key)))
    return None if found is None else found.id


def test_the_first_run_makes_two_streams_that_their_keys_open(catalog: Catalog) -> None:
    made = run(catalog, 1)
    assert owner(catalog, made.card.key) == made.card.id != made.obs.id == owner(catalog, made.obs.key)


def test_later_runs_keep_the_streams_and_change_their_keys(catalog: Catalog) -> None:
    first, second = run(catalog, 1), run(catalog, 2)
    assert (second.card.id, second.card.playback_id) == (first.card.id, first.card.playback_id)
    assert second.obs.playback_id == first.obs.playback_id
    assert owner(catalog, first.obs.key) is None
    assert owner(catalog, second.obs.key) == first.obs.id
    assert len(catalog.read_now(lambda conn: streams.page(conn, DEFAULT_TENANT, None, 10))) == 2


def test_obs_keeps_a_key_that_still_opens_its_stream(catalog: Catalog) -> None:
    first = run(catalog, 1)

    def again(key: str) -> DemoStreams:
        randomness = random.Random(7).randbytes  # noqa: S311 - a test wants the same ids each time
        return catalog.write_now(lambda conn: prepare(conn, DEFAULT_TENANT, NOW, randomness, obs_key=key))

    assert again(first.obs.key).obs == first.obs
    assert again("sk_of_somebody_else").obs.key not in {first.obs.key, "sk_of_somebody_else"}
