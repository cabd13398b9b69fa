from __future__ import annotations

import asyncio

import pytest

from origin.errors import Problem
from origin.live.slates import workshop as workshops
from origin.live.slates.orders import Encode
from origin.live.slates.workshop import Workshop
from tests.support.pictures import JPEG, PNG, hostile, png

CARD = Encode(320, 180, 25)


async def test_a_loop_is_encoded_once() -> None:
    workshop = Workshop()
    first = await workshop.loop(CARD)
    assert await workshop.loop(CARD) is first
    assert (await workshop.loop(Encode(180, 320, 25))).track.width == 180


async def test_loops_are_kept_in_a_bounded_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workshops, "MOST_LOOPS", 1)
    workshop = Workshop()
    first = await workshop.loop(CARD)
    await workshop.loop(Encode(180, 320, 25))
    assert await workshop.loop(CARD) is not first


async def test_a_good_picture_comes_back_as_ours_and_a_bad_one_as_a_problem() -> None:
    workshop = Workshop()
    assert (await workshop.normalised(PNG, png())).startswith(b"\xff\xd8")
    with pytest.raises(Problem, match="no JPEG") as caught:
        await workshop.normalised(JPEG, png())
    assert (caught.value.code, caught.value.status) == ("picture_refused", 422)


async def test_too_many_at_once_are_told_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workshops, "MOST_WAITING", 1)
    workshop = Workshop()
    first = asyncio.create_task(workshop.normalised(PNG, png()))
    await asyncio.sleep(0)
    with pytest.raises(Problem) as caught:
        await workshop.normalised(PNG, png())
    assert (caught.value.code, dict(caught.value.headers)) == ("worker_failed", {"Retry-After": "2"})
    assert await first
    assert await workshop.normalised(PNG, png())


async def test_a_worker_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workshops, "TIME_S", 0.001)
    workshop = Workshop()
    with pytest.raises(Problem, match="picture_refused"):
        await workshop.normalised(PNG, png())
    with pytest.raises(Problem, match="worker_failed"):
        await workshop.loop(CARD)


async def test_a_workshop_that_closes_gives_up_what_is_under_way() -> None:
    workshop = Workshop()
    waiting = [asyncio.create_task(workshop.loop(Encode(3840, 2160, rate))) for rate in (25, 26, 27)]
    await asyncio.sleep(0.1)
    workshop.close()
    ends = await asyncio.gather(*waiting, return_exceptions=True)
    assert [end.code for end in ends if isinstance(end, Problem)] == ["worker_failed"] * 3


async def test_a_worker_is_told_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADWATER_SECRET", "hush")
    monkeypatch.setattr(workshops, "_COMMAND", ("-c", "import os, sys; sys.stdout.write(repr(dict(os.environ)))"))
    assert b"hush" not in await workshops._answer(b"")


async def test_every_hostile_picture_is_a_problem_with_a_sentence() -> None:
    workshop = Workshop()
    for name in ("a PNG that inflates beyond its size", "a JPEG that promises more than it has"):
        with pytest.raises(Problem, match="picture_refused"):
            await workshop.normalised(*hostile()[name])
