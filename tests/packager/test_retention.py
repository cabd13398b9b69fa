"""Objects go when no player may ask for them any more, and not before (RFC 8216bis, 6.2.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packager.hls.window import Window
from packager.retention import Retention

if TYPE_CHECKING:
    from packager.commands import Command


def filled(segments: int, *, gap_at: int = -1, second_init_at: int = 99) -> Window:
    window = Window("v0", media_sequence=0, discontinuity_sequence=0, low_latency=False)
    window.target_duration = 2
    for msn in range(segments):
        append(window, init=int(msn >= second_init_at), size=0 if msn == gap_at else 9)
    return window


def append(window: Window, *, init: int = 0, size: int = 9) -> None:
    window.begin_segment(f"1-init-{init}.mp4", 0.0, discontinuity=False)
    window.close_segment(f"1-{window.open_msn}.m4s", 2.0, size, "")


def due(retention: Retention, media_s: float) -> list[str]:
    out: list[Command] = []
    retention.reach(media_s)
    retention.expire(out)
    return [command.name for command in out]


def test_a_segment_stays_for_its_duration_and_the_longest_playlist() -> None:
    window = filled(6)
    retention = Retention({"v0": window}, 10)
    retention.reach(12)
    retention.slide(window)
    assert window.media_sequence == 1
    assert due(retention, 12 + 2 + 12 - 0.01) == []
    assert due(retention, 12 + 2 + 12 + 2) == ["v0/1-0.m4s"]


def test_an_init_segment_goes_with_the_last_segment_that_needs_it() -> None:
    window = filled(8, second_init_at=2)
    retention = Retention({"v0": window}, 10)
    retention.slide(window)
    retention.reach(0)
    assert sorted(due(retention, 100)) == ["v0/1-0.m4s", "v0/1-1.m4s", "v0/1-2.m4s", "v0/1-init-0.mp4"]


def test_gaps_have_nothing_to_delete() -> None:
    window = filled(7, gap_at=0)
    retention = Retention({"v0": window}, 10)
    retention.slide(window)
    retention.reach(0)
    assert due(retention, 100) == ["v0/1-1.m4s"]


def test_time_off_the_air_does_not_count() -> None:
    window = filled(6)
    retention = Retention({"v0": window}, 10)
    retention.reach(12)
    retention.slide(window)
    retention.start()
    assert due(retention, 1000) == []
    assert due(retention, 990) == [], "nor does time go back"
    assert due(retention, 1020) == ["v0/1-0.m4s"]


def test_a_retired_window_leaves_when_its_segments_do() -> None:
    windows = {"v0": filled(3)}
    retention = Retention(windows, 10)
    retention.reach(0)
    windows["v0"].end()
    retention.retire(windows["v0"])
    assert due(retention, 5) == []
    assert "v0" in windows
    assert sorted(due(retention, 10)) == ["v0/1-0.m4s", "v0/1-1.m4s", "v0/1-2.m4s", "v0/1-init-0.mp4"]
    assert "v0" not in windows


def test_a_window_of_the_same_name_that_came_since_stays() -> None:
    windows = {"v0": filled(3)}
    retention = Retention(windows, 10)
    retention.reach(0)
    retention.retire(windows["v0"])
    windows["v0"] = filled(1)
    due(retention, 100)
    assert "v0" in windows
