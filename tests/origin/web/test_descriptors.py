from __future__ import annotations

import resource

import pytest
from structlog.testing import capture_logs

from origin.web import descriptors
from origin.web.connections import HttpLimits
from origin.web.descriptors import A_PUBLISHER, A_VIEWER, OPERATORS, OWN, raise_limit, share_out, shares


@pytest.mark.parametrize("limit", [512, 1024, 4096, 20_000, 65_536, 1 << 20])
@pytest.mark.parametrize("listeners", [1, 2])
def test_all_doors_together_stay_below_the_limit(limit: int, listeners: int) -> None:
    given = share_out(limit, publishers=1000, listeners=listeners)
    viewers = given.viewers
    for_publishers, for_viewers = given.publishers * listeners * A_PUBLISHER, viewers.connections * A_VIEWER
    assert for_publishers + for_viewers + viewers.backlog + OPERATORS + OWN <= limit
    assert 0 < viewers.connections_per_address < viewers.connections
    assert given.publishers >= 6


def test_where_there_are_enough_nothing_is_lowered() -> None:
    given = share_out(65_536, publishers=1000, listeners=2)
    assert (given.publishers, given.viewers, given.scarce) == (1000, HttpLimits(), False)


@pytest.mark.parametrize("limit", [0, 64, 230])
def test_where_there_are_none_to_speak_of_every_door_still_opens(limit: int) -> None:
    given = share_out(limit, publishers=1000, listeners=2)
    assert min(given.publishers, given.viewers.connections, given.viewers.connections_per_address) >= 1
    assert given.scarce


def test_the_soft_limit_goes_up_to_the_hard_one() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 512), hard))
        assert raise_limit() == (descriptors.UNBOUNDED if hard == resource.RLIM_INFINITY else hard)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_low_limit_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(descriptors, "raise_limit", lambda: 1024)
    with capture_logs() as said:
        shares(publishers=1000, listeners=1)
    assert [(line["event"], line["log_level"], line["limit"]) for line in said] == [
        ("few_file_descriptors", "warning", 1024)
    ]
