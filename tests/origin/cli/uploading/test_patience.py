from __future__ import annotations

import pytest

from origin.cli.uploading.patience import LONGEST_S, PAUSES_S, Patience, SpentError


def test_pauses_grow_and_end() -> None:
    slept: list[float] = []
    patience = Patience(slept.append)
    for _ in PAUSES_S:
        patience.pause()
    with pytest.raises(SpentError):
        patience.pause()
    assert slept == list(PAUSES_S) == sorted(slept)
    patience.refill()
    patience.pause()
    assert slept[-1] == PAUSES_S[0]


def test_a_server_may_ask_for_longer_but_not_for_ever() -> None:
    slept: list[float] = []
    patience = Patience(slept.append)
    patience.pause(5.0)
    patience.pause(1e9)
    assert slept == [5.0, LONGEST_S]
