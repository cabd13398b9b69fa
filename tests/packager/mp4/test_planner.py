"""What an MP4 shows is what its segments show: by made-up publishers, read by the book."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain, pairwise
from typing import TYPE_CHECKING, TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from media.silence import silence_for
from media.track import Kind
from packager.mp4 import BadSegmentError, CannotJoinError, Planner
from tests.packager.feed import AAC, AAC_44, OPUS, VIDEO, mixed, pictures, sound
from tests.packager.fragments import Row, fragments
from tests.packager.mp4.movie_reader import Row as MovieRow
from tests.packager.mp4.movie_reader import Trak, read_movie, top
from tests.packager.mp4.recording import Recording, cut, read, record, whole
from tests.packager.test_properties import SCRIPTS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.packager.test_properties import Script

BOTH = ([VIDEO, AAC], mixed((VIDEO, pictures(7, b_frames=True)), (AAC, sound(7))))


def rows(recording: Recording, rendition: str) -> list[Row]:
    """The samples of a rendition as a player of segments sees them."""
    names = [name for name, _ in recording.segments if name.startswith(f"{rendition}/")]
    parts = chain.from_iterable(fragments(recording.objects[name]) for name in names)
    return [row for part in parts for row in part.rows]


def shows_the_same(trak: Trak, expected: list[Row]) -> None:
    """Every sample in order and whole, at its own times."""
    is_in_it(trak, expected)
    start = expected[0].dts
    found, wanted = without_silence(trak.rows), without_silence(expected)
    assert [row.pts + start for row in found] == [row.pts for row in wanted]
    assert [row.dts + start for row in found] == [row.dts for row in wanted]


SILENT = {silence.data for track in (AAC, AAC_44, OPUS) if (silence := silence_for(track))}


AnyRow = TypeVar("AnyRow", Row, MovieRow)


def without_silence(rows: Iterable[AnyRow]) -> list[AnyRow]:
    """The samples that were published: made-up ones are no silent frames."""
    return [row for row in rows if row.data not in SILENT]


def is_in_it(trak: Trak, expected: list[Row]) -> None:
    """Every sample in order and whole, and shown as long after its decoding as in the segments."""
    found, wanted = without_silence(trak.rows), without_silence(expected)
    assert [row.data for row in found] == [row.data for row in wanted]
    assert [row.key for row in found] == [row.key for row in wanted]
    assert [row.pts - row.dts for row in found] == [row.pts - row.dts for row in wanted]


@pytest.mark.parametrize("low_latency", [True, False])
def test_picture_and_sound(low_latency: bool) -> None:  # noqa: FBT001 - pytest's form
    recording = record(BOTH, low_latency=low_latency)
    data = whole(recording)
    assert [kind for kind, _ in top(data)] == [b"ftyp", b"moov", b"mdat"]
    video, audio = read_movie(data)
    assert (video.handler, audio.handler) == (b"vide", b"soun")
    shows_the_same(video, rows(recording, "v0"))
    shows_the_same(audio, rows(recording, "a0"))


def test_picture_and_sound_begin_as_far_apart_as_in_the_segments() -> None:
    recording = record(([VIDEO, AAC], mixed((VIDEO, pictures(5, b_frames=True)), (AAC, sound(5, start=0.3)))))
    video, audio = read_movie(whole(recording))
    apart = rows(recording, "a0")[0].pts / 48_000 - rows(recording, "v0")[0].pts / 90_000
    assert apart > 0.2
    assert video.shown_from_s == 0
    assert audio.shown_from_s == pytest.approx(apart, abs=1e-5)


@pytest.mark.parametrize(
    "tracks", [[VIDEO], [AAC], [OPUS], [VIDEO, AAC_44]], ids=["picture", "sound", "Opus", "44.1 kHz"]
)
def test_what_there_is_is_in_it(tracks: list) -> None:  # type: ignore[type-arg]  # tracks
    streams = [(each, pictures(4) if each.kind is Kind.VIDEO else sound(4, track=each)) for each in tracks]
    recording = record((tracks, mixed(*streams)))
    traks = read_movie(whole(recording))
    assert len(traks) == len(tracks)
    for trak, name in zip(traks, ["v0", "a0"] if len(tracks) > 1 else [recording.segments[0][0][:2]], strict=True):
        shows_the_same(trak, rows(recording, name))


def test_runs_go_on_in_one_track() -> None:
    """A publisher comes back after 20 s of media time: the last picture stays, and there is silence."""
    again = ([VIDEO, AAC], mixed((VIDEO, pictures(4, start=27)), (AAC, sound(4, start=27))))
    recording = record(BOTH, again)
    assert len({init for _, init in recording.segments}) == 4
    video, audio = read_movie(whole(recording))
    shows_the_same(video, rows(recording, "v0"))
    shows_the_same(audio, rows(recording, "a0"))
    assert max(row.duration for row in video.rows) > 19 * 90_000
    assert max(row.duration for row in audio.rows) < 2 * 1024
    assert len(audio.rows) - len(without_silence(audio.rows)) == pytest.approx(20 * 48_000 / 1024, abs=4)
    assert len(video.entries) == len(audio.entries) == 1


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(SCRIPTS, min_size=1, max_size=2), st.sampled_from([-0.8, -0.01, 0.0, 1.5, 30.0]))
def test_whatever_a_publisher_does(runs: list[Script], gap: float) -> None:
    """Runs are `gap` seconds apart; where they overlap, the second one is shown later."""
    start, fed = 1.0, []
    for script in runs:
        fed.append((script.tracks, script.samples(start)))
        start += script.seconds + gap
    recording = record(*fed)
    if not recording.segments:
        return
    try:
        traks = read_movie(whole(recording))
    except CannotJoinError:
        assert {AAC, AAC_44} <= {track for script in runs for track in script.tracks}
        return
    for trak in traks:
        expected = rows(recording, "v0" if trak.handler == b"vide" else "a0")
        is_in_it(trak, expected)
        pairs = zip(without_silence(trak.rows), without_silence(expected), strict=True)
        assert all(found.pts >= row.pts - expected[0].dts for found, row in pairs)
        if gap >= 1.5:
            shows_the_same(trak, expected)


@settings(max_examples=40)
@given(st.data())
def test_a_file_in_pieces_is_the_file(data: st.DataObject) -> None:
    recording = FIXED
    plan = recording.plan()
    cuts = data.draw(st.lists(st.integers(0, plan.size), max_size=12).map(sorted))
    edges = [0, *cuts, plan.size]
    pieces = [cut(plan, recording.objects, start, end) for start, end in pairwise(edges)]
    assert b"".join(pieces) == whole(recording)


FIXED = record(BOTH)


def test_the_plan_of_the_same_recording_is_the_same() -> None:
    one, other = FIXED.plan(), FIXED.plan()
    assert one.tag == other.tag
    assert b"".join(one.header) == b"".join(other.header)


def test_other_objects_have_another_tag() -> None:
    renamed = {name.replace("/1-", "/2-"): body for name, body in FIXED.objects.items()}
    segments = [(name.replace("/1-", "/2-"), init.replace("/1-", "/2-")) for name, init in FIXED.segments]
    other = Recording(renamed, segments).plan()
    assert b"".join(other.header) == b"".join(FIXED.plan().header)
    assert other.tag != FIXED.plan().tag


def test_sound_of_two_formats_is_refused() -> None:
    again = ([VIDEO, AAC_44], mixed((VIDEO, pictures(4, start=8)), (AAC_44, sound(4, start=8, track=AAC_44))))
    with pytest.raises(CannotJoinError, match="audio"):
        record(BOTH, again).plan()


def test_nothing_is_no_file() -> None:
    planner = Planner({init: FIXED.objects[init] for _, init in FIXED.segments})
    with pytest.raises(BadSegmentError):
        planner.finish()


def test_a_segment_without_its_init_segment_is_refused() -> None:
    planner = Planner({init: FIXED.objects[init] for _, init in FIXED.segments})
    with pytest.raises(BadSegmentError, match="missing"):
        planner.add("v0/1-0.m4s", "v0/1-init-7.mp4", [])


def test_the_first_run_describes_the_track_however_init_segments_are_listed() -> None:
    runs = [([replace(VIDEO, width=100 + number)], pictures(2, start=3 * number)) for number in range(12)]
    recording = record(*runs)
    inits = sorted({init for _, init in recording.segments})
    assert inits[1] == "v0/1-init-1.mp4"
    assert inits[2] == "v0/1-init-10.mp4"
    planner = Planner({init: recording.objects[init] for init in reversed(inits)})
    for name, init in recording.segments:
        planner.add(name, init, read(recording.objects[name]))
    assert planner.finish().tag == recording.plan().tag


def test_segments_out_of_order_are_refused() -> None:
    with pytest.raises(BadSegmentError, match="go back"):
        Recording(FIXED.objects, FIXED.segments[::-1]).plan()
