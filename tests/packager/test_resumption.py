"""A successor goes on where a writer was cut off, wherever that was."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from packager.commands import Life, Put
from packager.diary import Diary, apply
from packager.pipeline import LivePackager
from packager.presentation import Presentation
from tests.packager import feed
from tests.packager.dash_viewer import read
from tests.packager.feed import AAC, VIDEO, WALL, mixed, pictures, play, sound
from tests.packager.viewer import Viewer


def cut_off(after: int, *, saved: int = 1_000, low_latency: bool = True) -> tuple[Presentation, Viewer]:
    """A writer that vanishes after so many pushes; of its open parts `saved` are there, over both renditions."""
    packager = LivePackager(feed.settings(low_latency=low_latency))
    viewer = Viewer(packager)
    viewer.carry_out(packager.start([VIDEO, AAC], WALL))
    samples = mixed((VIDEO, pictures(14, start=1)), (AAC, sound(14, start=1)))
    play(packager, samples[:after], viewer)
    left = Presentation()
    apply(left, Diary(packager.presentation).entry())
    for name, window in left.windows.items():
        for part in window.open_parts[saved:]:
            del viewer.objects[f"{name}/{part.file}"]
    return left, viewer


def go_on(left: Presentation, viewer: Viewer) -> LivePackager:
    bodies = {name: (body,) for name, body in viewer.objects.items()}
    low_latency = all(window.low_latency for window in left.windows.values())
    packager, commands = LivePackager.resume(
        feed.settings(epoch=2, first_msn=500, first_discontinuity=90, low_latency=low_latency), left, bodies
    )
    again = [command.name for command in commands if isinstance(command, Put) and command.life is Life.EDGE]
    for name in again:
        assert viewer.objects.pop(name) is not None
    viewer.seen = {left.windows[old.name]: seen for old, seen in viewer.seen.items() if old.name in left.windows}
    viewer.packager = packager
    viewer.carry_out(commands)
    return packager


READY = 155
"""Pushes until every rendition has a segment. Nothing is given out before, and nobody goes on with what was not: a node
that takes over begins anew then (`origin.live.succession`)."""


@settings(max_examples=25, deadline=None)
@given(st.integers(READY, 900), st.sampled_from([0, 1, 3, 1_000]), st.booleans())
def test_the_same_playlist_goes_on(after: int, saved: int, low_latency: bool) -> None:  # noqa: FBT001 - Hypothesis gives it
    left, viewer = cut_off(after, saved=saved, low_latency=low_latency)
    assert left.ready
    shown = {name: window.last_msn for name, window in left.windows.items()}
    packager = go_on(left, viewer)
    viewer.even = False
    for seen in viewer.seen.values():  # what was announced and could not be saved is gone
        seen.parts = {msn: parts for msn, parts in seen.parts.items() if msn in seen.listed}
    viewer.look()
    start = left.reached_s + 0.5
    viewer.carry_out(packager.start([VIDEO, AAC], WALL + 5))
    samples = mixed((VIDEO, pictures(10, start=start)), (AAC, sound(10, start=start)))
    play(packager, samples, viewer)
    for name, msn in shown.items():
        window = packager.windows[name]
        assert window.segments[-1].msn > msn
        assert window.segments[-1].file.startswith("2-")
    viewer.carry_out(packager.close())
    viewer.look()
    assert len({window.open_msn for window in packager.windows.values()}) == 1
    assert len({window.last_discontinuity for window in packager.windows.values()}) == 1


def test_dash_players_find_every_segment_under_its_epoch() -> None:
    left, viewer = cut_off(500)
    packager = go_on(left, viewer)
    assert not packager.flowing
    viewer.carry_out(packager.start([VIDEO, AAC], WALL + 5))
    start = left.reached_s + 0.5
    play(packager, mixed((VIDEO, pictures(7, start=start)), (AAC, sound(7, start=start))), viewer)
    listed = [(segment.number, segment.name) for period in read(packager.mpd()) for segment in period.lanes[0].segments]
    window = packager.windows["v0"]
    files = {each.msn: f"v0/{each.file}" for each in window.segments}
    assert {number: name for number, name in listed if number < window.open_msn} == files
    assert {name.partition("/")[2].partition("-")[0] for name in files.values()} == {"1", "2"}
    assert all(name in viewer.objects for name in files.values())


@pytest.mark.parametrize("low_latency", [True, False])
def test_the_open_segment_keeps_its_parts_and_gets_the_new_epoch(low_latency: bool) -> None:  # noqa: FBT001 - pytest's form
    left, viewer = cut_off(260, low_latency=low_latency)
    window = left.windows["v0"]
    parts = [part.file for part in window.open_parts]
    assert parts
    msn = window.open_msn
    go_on(left, viewer)
    closed = window.segments[-1]
    assert (closed.msn, closed.file) == (msn, f"2-{msn}.m4s")
    assert [part.file for part in closed.parts] == parts
    whole = b"".join(viewer.objects[f"v0/{part}"] for part in parts)
    assert viewer.objects[f"v0/{closed.file}"] == whole
    assert window.hint == (f"2-{msn + 1}.0.m4s" if low_latency else None)


def test_what_was_promised_is_kept() -> None:
    left, viewer = cut_off(900)
    before = {name: (window.target_duration, window.part_target) for name, window in left.windows.items()}
    packager = go_on(left, viewer)
    packager.start([VIDEO, AAC], WALL)
    assert {name: (each.target_duration, each.part_target) for name, each in packager.windows.items()} == before
    assert packager.discontinuity_sequence == 1


def test_a_rendition_that_was_behind_gets_a_gap() -> None:
    left, viewer = cut_off(900)
    left.windows["a0"].open_parts = []
    assert left.windows["v0"].open_parts
    packager = go_on(left, viewer)
    video, audio = packager.windows["v0"], packager.windows["a0"]
    assert audio.open_msn == video.open_msn
    assert audio.segments[-1].gap
    assert audio.segments[-1].duration == pytest.approx(video.segments[-1].duration)


def test_nothing_was_shown_yet() -> None:
    packager, commands = LivePackager.resume(feed.settings(epoch=2, first_msn=32), Presentation(), {})
    assert commands == []
    assert packager.next_msn == 32


def test_leftovers_are_deleted_when_nobody_can_need_them() -> None:
    left, viewer = cut_off(900)
    viewer.objects["v0/1-9999.m4s"] = b"left behind"
    viewer.lives["v0/1-9999.m4s"] = Life.STORED
    packager = go_on(left, viewer)
    packager.adopt(["v0/1-9999.m4s"])
    viewer.carry_out(packager.start([VIDEO, AAC], WALL))
    play(packager, mixed((VIDEO, pictures(60, start=40)), (AAC, sound(60, start=40))), viewer)
    assert "v0/1-9999.m4s" in viewer.deleted
