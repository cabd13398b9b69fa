"""When playlists can be given out, and what the numbers of a whole presentation are."""

from __future__ import annotations

import pytest

from packager.hls.window import Window
from packager.pipeline import LivePackager
from packager.presentation import Presentation
from tests.packager import feed
from tests.packager.feed import AAC, VIDEO, WALL, mixed, pictures, sound


def test_nothing_is_ready_before_every_rendition_has_a_segment() -> None:
    packager = LivePackager(feed.settings())
    shown = packager.presentation
    assert not shown.ready
    packager.start([VIDEO, AAC], WALL)
    for sample in mixed((VIDEO, pictures(4, start=1)), (AAC, sound(4, start=1))):
        packager.push(sample)
        whole = [name for name, window in shown.windows.items() if window.segments and window.target_duration]
        assert shown.ready == (len(whole) == 2)
    assert shown.ready


def test_it_stays_ready_when_a_rendition_comes_later() -> None:
    packager = LivePackager(feed.settings())
    packager.start([VIDEO], WALL)
    for sample in pictures(4):
        packager.push(sample)
    assert packager.presentation.ready
    packager.start([VIDEO, AAC], WALL)
    assert packager.presentation.ready
    assert "EXT-X-MEDIA:" not in packager.presentation.multivariant()


def test_numbers_are_those_of_what_is_shown() -> None:
    packager = LivePackager(feed.settings(first_msn=10, first_discontinuity=3))
    shown = packager.presentation
    assert (shown.next_msn, shown.discontinuity_sequence, shown.reached_s) == (0, 0, 0.0)
    for start in (1.0, 8.0):
        packager.start([VIDEO], WALL)
        for sample in pictures(5, start=start):
            packager.push(sample)
    assert shown.next_msn == packager.next_msn
    assert shown.discontinuity_sequence == 4
    assert 12.8 < shown.reached_s <= 13.0
    assert not shown.ended
    packager.close()
    assert shown.ended


def test_an_empty_one_has_no_rows() -> None:
    assert "#EXT-X-STREAM-INF" not in Presentation().multivariant()


def test_only_earlier_writers_segments_have_heirs() -> None:
    shown = Presentation()
    shown.epoch = 2
    shown.windows["v0"] = window = Window("v0", media_sequence=0, discontinuity_sequence=0, low_latency=True)
    window.begin_segment("1-init-0.mp4", 0.0, discontinuity=False)
    window.close_segment("1-0.m4s", 2.0, 9, "1-1.0.m4s")
    assert [shown.heir(name) for name in ("v0/1-1.m4s", "v0/1-0.m4s", "v0/2-1.m4s", "a0/1-1.m4s")] == ["", *[None] * 3]


def test_it_tells_which_segments_came_in_another_period() -> None:
    packager = LivePackager(feed.settings(epoch=1))
    for start in (1.0, 8.0):
        packager.start([VIDEO], WALL)
        for sample in pictures(5, start=start):
            packager.push(sample)
    shown = packager.presentation
    opening = shown.windows["v0"].period_of(shown.next_msn - 1)
    assert opening
    strays = [shown.strays(f"v0/1-{msn}.m4s", opening) for msn in (0, opening - 1, opening, shown.next_msn)]
    assert strays == [True, True, False, False], "of what is still to come nobody knows"
    assert shown.strays(f"v0/1-{opening}.m4s", 0)
    assert not shown.strays("a0/1-0.m4s", 0)


def test_it_tells_what_playlists_name() -> None:
    packager = LivePackager(feed.settings(epoch=1))
    packager.start([VIDEO], WALL)
    for sample in pictures(5):
        packager.push(sample)
    lists = packager.presentation.lists
    assert all(map(lists, ("v0/1-init-0.mp4", "v0/1-0.m4s", "v0/1-0.0.m4s")))
    assert not any(map(lists, ("v0/1-init-1.mp4", "v0/1-9.m4s", "a0/1-0.m4s", "v0/index.m3u8")))


@pytest.mark.parametrize("low_latency", [True, False])
def test_parts_are_for_players_of_low_latency_alone(low_latency: bool) -> None:  # noqa: FBT001 - pytest's form
    packager = LivePackager(feed.settings(low_latency=low_latency))
    packager.start([VIDEO], WALL)
    for sample in pictures(5):
        packager.push(sample)
    shown = packager.presentation
    parts = ["v0/1-0.0.m4s", f"v0/1-{packager.windows['v0'].open_msn}.0.m4s"]
    assert [shown.hides(name) for name in parts] == [not low_latency] * 2
    assert [shown.lists(name) for name in parts] == [low_latency] * 2
    assert (shown.place(parts[0]) is not None) == low_latency
    assert not any(map(shown.hides, ("v0/1-0.m4s", "v0/1-init-0.mp4", "v0/index.m3u8", "index.m3u8")))
    assert shown.hides("v7/1-0.0.m4s")
