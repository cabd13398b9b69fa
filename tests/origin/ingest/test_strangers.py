from __future__ import annotations

from origin.ingest.strangers import Strangers


class Waiting:
    """A connection that keeps its reasons to wait."""

    def __init__(self) -> None:
        self.reasons: set[str] = set()

    def hold(self, reason: str) -> None:
        self.reasons.add(reason)

    def release(self, reason: str) -> None:
        self.reasons.remove(reason)


async def test_one_that_overdraws_holds_all_and_newcomers_and_whoever_leaves_is_free() -> None:
    group = Strangers("house", share=0.1, burst_s=1.0, now=0.0)
    one, two, three = Waiting(), Waiting(), Waiting()
    group.join(one)
    group.join(two)
    group.spend(0.05, 0.0)
    assert not group.held
    group.spend(10.0, 0.0)
    group.join(three)
    assert [member.reasons for member in (one, two, three)] == [{"house"}] * 3
    group.leave(two)
    assert two.reasons == set()
    group._resume()
    assert not group.held
    assert one.reasons == three.reasons == set()
