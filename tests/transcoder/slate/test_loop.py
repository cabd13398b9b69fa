from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.frames import VIDEO
from transcoder.slate.loop import USUAL_RATE, Loop, rate_of


@pytest.mark.parametrize(
    ("claimed", "rate"),
    [(29.97, 30), (59.94, 30), (50.0, 25), (10.0, 10), (9.0, USUAL_RATE), (240.0, USUAL_RATE), (None, USUAL_RATE)],
)
def test_a_loop_has_the_rate_of_the_broadcast_if_that_is_usual(claimed: float | None, rate: int) -> None:
    assert rate_of(replace(VIDEO, frame_rate=claimed)) == rate


def test_a_loop_tells_its_rate() -> None:
    assert Loop(VIDEO, (b"",)).rate == 30
