"""A successor goes on where a writer was cut off, wherever that was."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.silence import aac_silence
from media.track import Codec, Kind
from packager.commands import Life, Put
from packager.diary import Diary, apply
from packager.names import epoch_of
from packager.pipeline import LivePackager
from packager.presentation import Presentation
from tests.packager import feed
from tests.packager.dash_viewer import DashViewer, read
from tests.packager.feed import AAC, OPUS, SURROUND, VIDEO, WALL, mixed, pictures, play, sound
from tests.packager.fragments import fragments
from tests.packager.viewer import Viewer

if TYPE_CHECKING:
    from media.sample import Sample
    from media.track import Track

SILENCE = {Codec.AAC: aac_silence(2), Codec.OPUS: b"\xf8\xff\xfe"}


FRAMES = {AAC: 1024, OPUS: 960, SURROUND: 960}


def both(seconds: float, start: float, audio: Track = AAC, lag: float = 0) -> list[Sample]:
    heard = sound(seconds, track=audio, frame=FRAMES[audio], start=start)
    return mixed((VIDEO, pictures(seconds, start=start)), (audio, heard), lag=(0, lag))


def cut_off(
    after: int, *, saved: int = 1_000, low_latency: bool = True, audio: Track = AAC, lag: float = 0
) -> tuple[Presentation, Viewer]:
    """A writer that vanishes after so many pushes; of its open parts `saved` are there, over both renditions.

    Sound comes `lag` seconds after its pictures.
    """
    packager = LivePackager(feed.settings(low_latency=low_latency))
    viewer = Viewer(packager)
    viewer.carry_out(packager.start([VIDEO, audio], WALL))
    samples = both(14, 1, audio, lag)
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
    edge = [command.name for command in commands if isinstance(command, Put) and command.life is Life.EDGE]
    for name in edge:
        if epoch_of(name) == 2:  # silence
            continue
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


@settings(max_examples=40, deadline=None)
@given(
    st.integers(READY, 1_000),
    st.tuples(*[st.sampled_from([0, 1, 3, 1_000])] * 2),
    st.booleans(),
    st.sampled_from([AAC, OPUS]),
    st.sampled_from([0, 0.3, 1.7]),
)
def test_wherever_it_was_cut_off_there_is_sound_beside_pictures(
    after: int,
    saved: tuple[int, int],
    low_latency: bool,  # noqa: FBT001 - Hypothesis gives it
    audio: Track,
    lag: float,
) -> None:
    left, viewer = cut_off(after, low_latency=low_latency, audio=audio, lag=lag)
    if not left.ready:
        return
    for (name, window), count in zip(left.windows.items(), saved, strict=True):
        for part in window.open_parts[count:]:
            del viewer.objects[f"{name}/{part.file}"]
    packager = go_on(left, viewer)
    viewer.even = False
    viewer.others.append(DashViewer(packager, viewer).look)
    for seen in viewer.seen.values():  # what was announced and could not be saved is gone
        seen.parts = {msn: parts for msn, parts in seen.parts.items() if msn in seen.listed}
    viewer.look()
    _check_sound(packager, viewer, audio)
    start = left.reached_s + 0.5
    viewer.carry_out(packager.start([VIDEO, audio], WALL + 5))
    play(packager, both(7, start, audio), viewer)
    viewer.carry_out(packager.close())
    viewer.look()
    _check_sound(packager, viewer, audio)


def _check_sound(packager: LivePackager, viewer: Viewer, audio: Track) -> None:
    """No gap of it, decode times that only rise, and the end of its segments no earlier than that of the pictures."""
    heard, shown = packager.windows["a0"], packager.windows["v0"]
    assert heard.open_msn == shown.open_msn
    assert not any(segment.gap for segment in heard.segments)
    lasting = {each.msn: each for each in shown.segments}
    end = 0
    for segment in heard.segments:
        assert segment.size == sum(part.size for part in segment.parts)
        parts = fragments(viewer.objects[f"a0/{segment.file}"])
        assert parts[0].start >= end
        assert all(before.end == after.start for before, after in pairwise(parts))
        end = parts[-1].end
        if {row.data for part in parts for row in part.rows} <= {SILENCE[audio.codec]}:
            like = lasting[segment.msn]
            bodies = [viewer.objects[f"a0/{part.file}"] for part in segment.parts]
            assert viewer.objects[f"a0/{segment.file}"] == b"".join(bodies)
            assert all(part.duration >= 0.85 * heard.part_target for part in segment.parts[:-1])
            assert segment.file.startswith("2-")
            assert segment.head.discontinuity is like.head.discontinuity
            assert end / audio.timescale >= like.head.time / VIDEO.timescale + like.duration - 1e-4
            assert segment.head.date - parts[0].start / audio.timescale == pytest.approx(
                like.head.date - like.head.time / VIDEO.timescale
            )
            assert parts[0].start / audio.timescale <= like.head.time / VIDEO.timescale + 0.03


def behind(audio: Track = AAC) -> tuple[Presentation, Viewer]:
    """A writer whose last parts of sound were not saved."""
    left, viewer = cut_off(900, audio=audio)
    left.windows["a0"].open_parts = []
    assert left.windows["v0"].open_parts
    return left, viewer


@pytest.mark.parametrize("audio", [AAC, OPUS])
def test_sound_that_was_behind_is_silent(audio: Track) -> None:
    left, viewer = behind(audio)
    packager = go_on(left, viewer)
    video, heard = packager.windows["v0"], packager.windows["a0"]
    assert heard.open_msn == video.open_msn
    before, last, like = *heard.segments[-2:], video.segments[-1]
    parts = fragments(viewer.objects[f"a0/{last.file}"])
    assert {row.data for part in parts for row in part.rows} == {SILENCE[audio.codec]}
    assert parts[0].start == fragments(viewer.objects[f"a0/{before.file}"])[-1].end
    assert -1e-6 < parts[-1].end / 48_000 - like.head.time / 90_000 - like.duration < 0.03
    assert last.init == before.init
    assert last.head.period == like.head.period
    assert len(last.parts) > 1
    assert heard.hint == f"2-{last.msn + 1}.0.m4s"
    newest = read(packager.mpd())[-1]
    assert [lane.segments[-1].name for lane in newest.lanes] == [f"v0/{like.file}", f"a0/{last.file}"]


@pytest.mark.parametrize("saved", [0, 1_000])
def test_in_dash_sound_does_not_part_pictures_that_were_whole_when_it_was_not(saved: int) -> None:
    left, viewer = cut_off(900, saved=saved, lag=1.5)
    msn = left.windows["a0"].open_msn
    assert left.windows["v0"].closed(msn)
    packager = go_on(left, viewer)
    closed = packager.windows["a0"].closed(msn)
    assert closed
    assert closed.size
    for seen in viewer.seen.values():  # what was announced and could not be saved is gone
        seen.parts = {number: parts for number, parts in seen.parts.items() if number in seen.listed}
    viewer.even = False
    viewer.carry_out(packager.start([VIDEO, AAC], WALL + 5))
    play(packager, both(7, left.reached_s + 0.5), viewer)
    found = read(packager.mpd())
    assert all([lane.rendition for lane in period.lanes] == ["v0", "a0"] for period in found)
    assert [lane.segments[-1].number for lane in found[0].lanes] == [msn, msn - 1]


def test_sound_of_which_silence_is_not_known_gets_a_gap() -> None:
    left, viewer = behind(SURROUND)
    packager = go_on(left, viewer)
    video, audio = packager.windows["v0"], packager.windows["a0"]
    assert audio.open_msn == video.open_msn
    assert audio.segments[-1].gap
    assert audio.segments[-1].duration == pytest.approx(video.segments[-1].duration)


def test_pictures_that_were_behind_get_a_gap() -> None:
    left, viewer = cut_off(900)
    left.windows["v0"].open_parts = []
    packager = go_on(left, viewer)
    assert packager.windows["v0"].segments[-1].gap
    assert not packager.windows["a0"].segments[-1].gap


def test_the_first_segment_of_a_later_run_is_silent_behind_its_own_init_segment() -> None:
    packager = LivePackager(feed.settings())
    viewer = Viewer(packager)
    viewer.carry_out(packager.start([VIDEO, SURROUND], WALL))
    play(packager, both(5, 1, SURROUND), viewer)
    viewer.carry_out(packager.start([VIDEO, AAC], WALL + 3))
    play(packager, [sample for sample in both(1, 9) if sample.kind is Kind.VIDEO], viewer)
    left = Presentation()
    apply(left, Diary(packager.presentation).entry())
    packager = go_on(left, viewer)
    last, like = packager.windows["a0"].segments[-1], packager.windows["v0"].segments[-1]
    assert last.head.discontinuity
    assert last.head.new_init
    assert f"a0/{last.init}" == packager.presentation.present["a0"]
    parts = fragments(viewer.objects[f"a0/{last.file}"])
    assert parts[0].start == 9 * AAC.timescale
    assert last.head.date == like.head.date
    viewer.look()


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
