from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from packager.dash.mpd import render_on_demand
from packager.dash.on_demand import Stretches, length, periods
from packager.recorded import Recorded
from tests.packager import dash_viewer
from tests.packager.feed import AAC, VIDEO, WALL

if TYPE_CHECKING:
    from collections.abc import Iterable

    from media.track import Track
    from packager.dash.timeline import Period

FAR = 90_000
"""Presentation times need not begin with 0."""


def lane(track: Track, numbers: Iterable[int], *, epoch: int = 1, period: int = 0, init: int = 0) -> Stretches:
    return also(Stretches(), track, numbers, epoch=epoch, period=period, init=init)


def also(
    made: Stretches, track: Track, numbers: Iterable[int], *, epoch: int = 1, period: int = 0, init: int = 0
) -> Stretches:
    name, scale = ("v0", 90_000) if track is VIDEO else ("a0", 48_000)
    for msn in numbers:
        time, opening = (FAR + 2 * msn) * scale, (FAR + 2 * period) * scale
        made.add(
            Recorded(
                *(name, msn, f"{epoch}-{msn}.m4s", f"1-init-{init}.mp4", 2.0, WALL, False, time, period, opening),
                *(9, "ab" * 32),
            ),
            track,
        )
    return made


def shape(found: Iterable[Period]) -> list[tuple[float, dict[str, list[int]]]]:
    """When each period begins, and the numbers of each lane."""
    return [(each.start, {one.rendition: [e.msn for e in one.entries] for one in each.lanes}) for each in found]


def test_one_run_is_one_period_from_nothing_on() -> None:
    found = periods({"v0": lane(VIDEO, range(5, 9), period=5), "a0": lane(AAC, range(5, 9), period=5)})
    assert shape(found) == [(0.0, {"v0": [5, 6, 7, 8], "a0": [5, 6, 7, 8]})]
    assert length(found[0]) == 8.0
    assert found[0].lanes[1].offset == (FAR + 10) * 48_000


@pytest.mark.parametrize("change", [{"epoch": 2}, {"init": 1}, {"period": 2}])
def test_another_writer_init_segment_or_period_begins_one(change: dict[str, int]) -> None:
    video = also(lane(VIDEO, range(2)), VIDEO, range(2, 4), **change)
    audio = also(lane(AAC, range(2)), AAC, range(2, 4), **change)
    found = periods({"v0": video, "a0": audio})
    assert shape(found) == [(0.0, {"v0": [0, 1], "a0": [0, 1]}), (4.0, {"v0": [2, 3], "a0": [2, 3]})]


def test_one_rendition_may_be_missing_for_a_while() -> None:
    found = periods({"v0": lane(VIDEO, range(6)), "a0": also(lane(AAC, range(2)), AAC, range(3, 6))})
    assert [(start, list(lanes)) for start, lanes in shape(found)] == [
        (0.0, ["v0", "a0"]),
        (4.0, ["v0"]),
        (6.0, ["v0", "a0"]),
    ]
    assert [one.offset / one.track.timescale for one in found[2].lanes] == [FAR + 6, FAR + 6]


def test_where_all_are_missing_time_is_left_out() -> None:
    video = also(lane(VIDEO, range(2)), VIDEO, range(7, 9), period=7)
    assert shape(periods({"v0": video})) == [(0.0, {"v0": [0, 1]}), (4.0, {"v0": [7, 8]})]


def test_nothing_gives_no_period() -> None:
    assert periods({}) == []
    assert 'mediaPresentationDuration="PT0.000S"' in render_on_demand([])


def test_the_manifest_is_static_and_asks_no_clock() -> None:
    text = render_on_demand(periods({"v0": lane(VIDEO, range(3))}))
    mpd = dash_viewer.parse(text)
    assert (mpd.attrib["type"], mpd.attrib["mediaPresentationDuration"]) == ("static", "PT6.000S")
    assert mpd.find("mpd:UTCTiming", dash_viewer.NS) is None
    assert not {"minimumUpdatePeriod", "timeShiftBufferDepth", "availabilityStartTime"} & mpd.attrib.keys()


@pytest.mark.parametrize(
    ("ticks", "told"), [(193_024, "PT4.022S"), (192_000, "PT4.000S"), (192_001, "PT4.001S"), (191_999, "PT4.000S")]
)
def test_no_film_ends_behind_what_is_told(ticks: int, told: str) -> None:
    sound = Stretches()
    row = ("a0", 0, "1-0.m4s", "1-init-0.mp4", ticks / 48_000, WALL, False, 0, 0, 0, 9, "ab" * 32)
    sound.add(Recorded(*row), AAC)
    mpd = dash_viewer.parse(render_on_demand(periods({"a0": sound})))
    assert mpd.attrib["mediaPresentationDuration"] == told
