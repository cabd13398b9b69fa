"""Nodes that reach for one lease at the same moment, each by a connection of its own."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

import pytest

from origin.catalog import broadcasts, leases, on_air, tenants
from origin.catalog.database import Catalog
from tests.origin.catalog.made import a_stream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from origin.catalog.leases import Lease
    from origin.catalog.on_air import Writer
    from origin.catalog.streams import Stream

NODES = 4
ROUNDS = 15
WAIT_S = 30.0
TTL_S = 15.0


@pytest.fixture
def database() -> str:
    return "postgresql"


@pytest.fixture
def nodes(url: str) -> Iterator[list[Catalog]]:
    nodes = [Catalog.open(url) for _ in range(NODES)]
    nodes[0].write_now(partial(tenants.ensure_default, now=0.0))
    yield nodes
    for node in nodes:
        node.close()


def race(nodes: list[Catalog], attempt: Callable[[Catalog, int], object]) -> list[object]:
    together = threading.Barrier(NODES)

    def run(number: int) -> object:
        together.wait(WAIT_S)
        return attempt(nodes[number], number)

    with ThreadPoolExecutor(NODES) as threads:
        return list(threads.map(run, range(NODES)))


def take(node: Catalog, number: int, resource: str, ttl_s: float = TTL_S) -> Lease | None:
    return node.write_now(partial(leases.acquire, resource=resource, owner=f"node-{number}", now=0.0, ttl_s=ttl_s))


def test_a_new_lease_goes_to_one(nodes: list[Catalog]) -> None:
    for number in range(ROUNDS):
        resource = f"r{number}"
        (won,) = [lease for lease in race(nodes, partial(take, resource=resource)) if lease]
        assert won == nodes[0].read_now(partial(leases.get, resource=resource))


def test_a_lease_that_ran_out_goes_to_one_under_the_next_epoch(nodes: list[Catalog]) -> None:
    for number in range(ROUNDS):
        resource = f"r{number}"
        assert take(nodes[0], 99, resource, ttl_s=0.0)
        (won,) = [lease for lease in race(nodes, partial(take, resource=resource)) if lease]
        assert won == nodes[0].read_now(partial(leases.get, resource=resource))
        assert getattr(won, "epoch", 0) == 2


def test_a_broadcast_is_either_ended_by_its_writer_or_taken_over(nodes: list[Catalog]) -> None:
    """A writer that woke up late ends its broadcast while the others reach for it."""
    for number in range(ROUNDS):
        stream = nodes[0].write_now(partial(a_stream, name=f"s{number}"))
        begin = partial(on_air.begin, broadcast_id=f"bc_{number}", owner="late", now=0.0, ttl_s=0.0)
        late = nodes[0].write_now(partial(begin, stream=stream))
        assert late is not None

        def go_for_it(node: Catalog, place: int, stream: Stream = stream, late: Writer = late) -> object:
            if place == 0:
                return node.write_now(partial(on_air.finish, writer=late, now=0.0))
            return node.write_now(partial(on_air.resume, stream=stream, owner=f"node-{place}", now=0.0, ttl_s=TTL_S))

        ended, *taken = race(nodes, go_for_it)
        left = nodes[0].read_now(broadcasts.open_ones)
        if ended:
            assert (taken, left) == ([None] * 3, [])
        else:
            (successor,) = [writer for writer in taken if writer]
            assert [(row.id, row.epoch) for row in left] == [(f"bc_{number}", 2)]
            assert nodes[0].write_now(partial(on_air.finish, writer=successor, now=0.0))  # type: ignore[arg-type]  # a race answers with anything
