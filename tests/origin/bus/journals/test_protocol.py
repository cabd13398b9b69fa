from __future__ import annotations

import pytest

from origin.bus.journals.protocol import (
    MAX_BODY_BYTES,
    MAX_SNAPSHOT_BYTES,
    MAX_TELL_BYTES,
    Fenced,
    Forgotten,
    Told,
    checked_bodies,
    checked_broadcast,
    checked_entries,
    checked_snapshot,
)
from origin.bus.protocol import BusError


def test_a_telling_knows_its_last_number() -> None:
    assert Told(7, (b"a", b"b", b"c")).last == 9


def test_a_writer_cannot_take_its_end_for_a_failure_that_passes() -> None:
    for end in (Fenced("bc_a", 3), Forgotten("bc_a")):
        assert not isinstance(end, BusError)
        assert "bc_a" in end.detail


@pytest.mark.parametrize("broadcast", ["", "bc a", "bc/a", "{bc}", "bc_a\n", "ä", "x" * 101])
def test_strange_names_are_refused(broadcast: str) -> None:
    with pytest.raises(ValueError, match="is not a broadcast"):
        checked_broadcast(broadcast)


def test_bodies_are_joined() -> None:
    whole = b"whole"
    bodies = checked_bodies({"v0/3-1.0.m4s": [b"a", b"", b"b"], "one": [whole], "none": []})
    assert bodies == {"v0/3-1.0.m4s": b"ab", "one": b"whole", "none": b""}
    assert bodies["one"] is whole


def test_limits_are_where_they_are_said_to_be() -> None:
    assert checked_snapshot(bytes(MAX_SNAPSHOT_BYTES))
    assert checked_entries("bc_a", [bytes(MAX_TELL_BYTES - 1), b"x", b""])[1:] == (b"x", b"")
    assert checked_bodies({"a": [bytes(MAX_BODY_BYTES)]})
    with pytest.raises(ValueError, match="empty or too large"):
        checked_snapshot(bytes(MAX_SNAPSHOT_BYTES + 1))
    with pytest.raises(Forgotten, match="bc_a must be begun again: entries of 1048577 bytes"):
        checked_entries("bc_a", [bytes(MAX_TELL_BYTES), b"x"])
    with pytest.raises(ValueError, match="too many"):
        checked_bodies({"a": [bytes(MAX_BODY_BYTES), b"x"]})
