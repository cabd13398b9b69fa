from __future__ import annotations

from origin.web.connections import Doorkeeper, HttpLimits


def test_the_doorkeeper_counts_in_and_out() -> None:
    door = Doorkeeper(HttpLimits(connections=3, connections_per_address=2))
    with door.admitted("a") as first, door.admitted("a") as second, door.admitted("b") as third:
        assert (first, second, third) == (True, True, True)
        with door.admitted("a") as by_address, door.admitted("c") as in_all:
            assert (by_address, in_all) == (False, False)
    with door.admitted("a") as again, door.admitted("c") as other:
        assert (again, other) == (True, True)
