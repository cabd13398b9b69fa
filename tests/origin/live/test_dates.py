"""Dates of what is shown are those of the moments when it was made, whoever publishes: a primary, or its backup."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from origin.live.publication import Publication
from origin.live.standby import Standby
from packager.dash import timeline
from tests.origin.live.house import KEY, House
from tests.support.frames import VIDEO, pictures

if TYPE_CHECKING:
    from collections.abc import Iterable

    from media.sample import Frame
    from packager.dash.timeline import Period
    from packager.hls.segment import Segment
    from packager.presentation import Presentation

START = 1_800_000_000.0
CLOSE_S = 0.07
"""Two pictures."""


class Encoder:
    """Sends from `begin_s` on, with key frames `gop_s` apart; its own clock begins anywhere."""

    def __init__(self, into: Publication | Standby, begin_s: float, gop_s: int, stamp_ms: int = 0) -> None:
        self.into = into
        self.begin_s = begin_s
        self._stamp_ms = stamp_ms
        self._frames: Iterable[Frame] = iter(pictures(3_600, start_ms=stamp_ms, gop=30 * gop_s))
        self._next = next(iter(self._frames))
        into.set_track(VIDEO)

    def until(self, house: House, seconds: float) -> None:
        """Send what is due until then, each frame when it is made."""
        while (at := self.begin_s + (self._next.dts_ms - self._stamp_ms) / 1_000) < seconds:
            house.now = START + at
            self.into.push(self._next)
            self._next = next(iter(self._frames))


async def on_air(house: House, begin_s: float, gop_s: int) -> Encoder:
    house.now = START + begin_s
    publication = await house.director.open(KEY, "rtmp", "127.0.0.1")
    assert isinstance(publication, Publication)
    return Encoder(publication, begin_s, gop_s)


async def waiting(house: House, begin_s: float, gop_s: int) -> Encoder:
    standby = await house.director.open(f"{KEY}-backup", "rtmp", "127.0.0.1")
    assert isinstance(standby, Standby)
    return Encoder(standby, begin_s, gop_s, stamp_ms=77_000)


def shown(house: House) -> Presentation:
    channel = house.director.channel("pb_one")
    assert channel is not None
    return channel.presentation


def steps(segments: Iterable[Segment]) -> list[tuple[bool, float]]:
    """Whether a segment begins a run, and how much later it is dated than where the one before it ends."""
    return [(b.head.discontinuity, b.head.date - a.head.date - a.duration) for a, b in pairwise(segments)]


def listed(house: House) -> list[Period]:
    presentation = shown(house)
    return timeline.periods(presentation.windows, presentation.inits, flowing=True)


@pytest.mark.parametrize("gop_s", [2, 8])
@pytest.mark.parametrize("silent_s", [0.0, 1.25])
async def test_a_backup_is_dated_by_when_its_frames_came(house: House, gop_s: int, silent_s: float) -> None:
    primary = await on_air(house, 0.0, gop_s)
    backup = await waiting(house, 0.6, gop_s)
    primary.until(house, 20.0)
    backup.until(house, 20.0 + silent_s)
    house.now = START + 20.0 + silent_s
    assert isinstance(primary.into, Publication)
    primary.into.close("connection lost")
    backup.until(house, 40.0)
    again = await on_air(house, 40.0, gop_s)
    again.until(house, 60.0)
    segments = shown(house).windows["v0"].segments
    runs = [segment for segment in segments if segment.head.discontinuity]
    newest_key = 0.6 + (20.0 + silent_s - 0.6) // gop_s * gop_s
    assert [run.head.date - START for run in runs] == pytest.approx([newest_key, 40.0], abs=CLOSE_S)
    assert [step for begins, step in steps(segments) if not begins] == pytest.approx(
        [0.0] * (len(segments) - len(runs) - 1), abs=CLOSE_S
    )
    assert segments[-1].head.date + segments[-1].duration - START <= 60.0 + CLOSE_S
    periods_of_runs(listed(house), [20.0, max(newest_key, 20.0), 40.0])


def periods_of_runs(found: list[Period], starts: list[float]) -> None:
    """Each begins where the one before ends, or later, and has what was made from then on."""
    assert [period.start - START for period in found][1:] == pytest.approx(starts[1:], abs=CLOSE_S)
    for before, after in pairwise(found):
        assert after.start >= before.end - CLOSE_S
    for period in found:
        (lane,) = period.lanes
        first = lane.entries[0]
        assert lane.seconds(first.end) > 0, "all of its first segment would be cut off"


async def test_dates_do_not_go_back_by_what_a_line_makes_of_them(house: House) -> None:
    """A publisher whose first frames come 0.2 s late, after one whose own did not."""
    first = await on_air(house, 0.0, 2)
    first.until(house, 9.0)
    assert isinstance(first.into, Publication)
    first.into.close("gone")
    again = await on_air(house, 9.2, 2)
    again.begin_s = 9.0
    again.until(house, 9.1)
    again.until(house, 20.0)
    assert min(step for _, step in steps(shown(house).windows["v0"].segments)) > -CLOSE_S


async def test_what_runs_ahead_of_the_clock_by_a_little_is_not_dated_anew(house: House) -> None:
    """As a slate does: it is made 0.2 s at a time, before they are due."""
    first = await on_air(house, 0.0, 2)
    first.until(house, 9.0)
    assert isinstance(first.into, Publication)
    first.into.close("gone")
    slate = await on_air(house, 9.0, 2)
    for tick in range(45, 90):
        house.now = now = START + tick / 5
        while slate.begin_s + slate._next.dts_ms / 1_000 < now - START + 0.2:
            slate.into.push(slate._next)
            slate._next = next(iter(slate._frames))
    assert [step for _, step in steps(shown(house).windows["v0"].segments)] == pytest.approx(
        [0.0] * (len(shown(house).windows["v0"].segments) - 1), abs=CLOSE_S
    )
