"""Whoever applies the entries shows what the writer shows."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from packager.commands import Put
from packager.diary import Diary, DiaryError, apply, track_of, track_row
from packager.hls.media_playlist import render
from packager.pipeline import LivePackager
from packager.presentation import Presentation
from tests.packager import feed
from tests.packager.feed import AAC, SURROUND, VIDEO, WALL, mixed, pictures, sound

if TYPE_CHECKING:
    from media.track import Track
    from packager.hls.segment import Part


def texts(presentation: Presentation) -> dict[str, str]:
    windows = presentation.windows
    shown = {name: render(window, windows, skip=False) for name, window in windows.items()}
    return {**shown, "": presentation.multivariant() if presentation.ready else ""}


def parts(presentation: Presentation) -> dict[str, list[Part]]:
    """All that is known, whether or not players are told of it."""
    return {
        name: [part for each in window.segments for part in each.parts] + window.open_parts
        for name, window in presentation.windows.items()
    }


def run(packager: LivePackager, seconds: float, start: float = 0) -> itertools.chain[None]:
    """Publish, and give a turn after every push that did something."""
    packager.start([VIDEO, AAC], WALL)
    samples = mixed((VIDEO, pictures(seconds, start=start)), (AAC, sound(seconds, start=start)))
    return itertools.chain.from_iterable([None] for sample in samples if packager.push(sample))


@pytest.mark.parametrize("low_latency", [True, False])
def test_a_reader_shows_what_the_writer_shows_at_every_step(low_latency: bool) -> None:  # noqa: FBT001 - pytest's form
    packager = LivePackager(feed.settings(dvr_window_s=8.0, low_latency=low_latency))
    diary, reader = Diary(packager.presentation), Presentation()
    for start in (1.0, 17.0):
        for _ in run(packager, 15, start):
            apply(reader, diary.entry())
            assert texts(reader) == texts(packager.presentation)
            assert parts(reader) == parts(packager.presentation)
            assert reader.reached_s == packager.presentation.reached_s
    packager.close()
    assert apply(reader, diary.entry()) == {"v0", "a0"}
    assert texts(reader) == texts(packager.presentation)
    assert reader.ended


def test_parts_that_players_are_not_told_of_make_nobody_look_again() -> None:
    packager = LivePackager(feed.settings(low_latency=False, segment_min_s=4.0))
    diary, reader = Diary(packager.presentation), Presentation()
    versions: list[int] = []
    for _ in run(packager, 8):
        apply(reader, diary.entry())
        window = reader.windows["v0"]
        versions += [window.version] if len(window.open_parts) > 1 else []
    assert len(versions) > len(set(versions)) == 2, "one for each of two segments"


def test_a_fresh_diary_tells_everything() -> None:
    packager = LivePackager(feed.settings(dvr_window_s=8.0))
    for _ in run(packager, 16):
        pass
    packager.mark_lost("v0/1-6.m4s")
    reader = Presentation()
    apply(reader, Diary(packager.presentation).entry())
    assert texts(reader) == texts(packager.presentation)
    assert "EXT-X-GAP" in texts(reader)["v0"]
    assert reader.part_target == packager.presentation.part_target is not None


def test_a_segment_that_is_lost_later_becomes_a_gap_for_readers_too() -> None:
    packager = LivePackager(feed.settings())
    diary, reader = Diary(packager.presentation), Presentation()
    for _ in run(packager, 10):
        apply(reader, diary.entry())
    packager.mark_lost("a0/1-2.m4s")
    assert apply(reader, diary.entry()) == {"a0"}
    assert texts(reader) == texts(packager.presentation)
    assert "EXT-X-GAP" in texts(reader)["a0"]


def test_a_gap_that_never_had_bytes_is_not_taken_for_a_lost_segment_by_readers() -> None:
    """DASH tells the two apart."""
    packager = LivePackager(feed.settings())
    diary, reader = Diary(packager.presentation), Presentation()
    packager.start([VIDEO, SURROUND], WALL)
    for sample in pictures(9):
        packager.push(sample)
    apply(reader, diary.entry())
    assert packager.windows["a0"].segments[0].gap
    packager.mark_lost("v0/1-1.m4s")
    packager.windows["a0"].mark_lost("a0/1-2.m4s")
    apply(reader, diary.entry())
    for name, window in packager.windows.items():
        assert reader.windows[name].segments == window.segments


def test_a_rendition_that_goes_and_comes_is_followed() -> None:
    packager = LivePackager(feed.settings(dvr_window_s=8.0))
    diary, reader = Diary(packager.presentation), Presentation()
    for tracks in ([VIDEO, AAC], [VIDEO], [VIDEO, AAC]):
        start = packager.presentation.reached_s + 1
        packager.start(tracks, WALL)
        given_tracks = [(VIDEO, pictures(20, start=start)), (AAC, sound(20, start=start))][: len(tracks)]
        for sample in mixed(*given_tracks):
            if packager.push(sample):
                apply(reader, diary.entry())
        assert texts(reader) == texts(packager.presentation)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(1, 40), min_size=1, max_size=60))
def test_entries_may_be_written_as_seldom_as_one_likes(rests: list[int]) -> None:
    packager = LivePackager(feed.settings(dvr_window_s=8.0))
    diary, reader = Diary(packager.presentation), Presentation()
    waits = itertools.cycle(rests)
    due = next(waits)
    for _ in run(packager, 25):
        due -= 1
        if not due:
            due = next(waits)
            apply(reader, diary.entry())
            assert texts(reader) == texts(packager.presentation)


def test_an_entry_that_does_not_follow_is_refused() -> None:
    packager = LivePackager(feed.settings())
    diary, reader = Diary(packager.presentation), Presentation()
    entries = [diary.entry() for _ in run(packager, 12)]
    apply(reader, entries[0])
    for entry in entries[-4:]:
        with pytest.raises(DiaryError, match="missing"):
            apply(reader, entry)


@pytest.mark.parametrize("entry", [b"", b"{}", b"[]", b"7", b'{"windows":{"v0":{}},"all":[]}', b"\xff"])
def test_what_is_no_entry_is_refused(entry: bytes) -> None:
    with pytest.raises(DiaryError):
        apply(Presentation(), entry)


def test_entries_are_short() -> None:
    packager = LivePackager(feed.settings(dvr_window_s=3_600.0))
    diary = Diary(packager.presentation)
    entries = [diary.entry() for _ in run(packager, 40)]
    assert max(map(len, entries[10:])) < 4_000
    assert sorted(map(len, entries))[len(entries) // 2] < 250
    puts = [put for put in packager.close() if isinstance(put, Put)]
    assert puts


@pytest.mark.parametrize("track", [VIDEO, AAC, replace(VIDEO, name="Phone", rotation=90, aspect=(4, 3))])
def test_a_track_comes_back(track: Track) -> None:
    assert track_of(json.loads(json.dumps(track_row(track)))) == track


def test_what_only_files_have_is_not_told_of_live_tracks() -> None:
    assert len(track_row(VIDEO)) == len(track_row(AAC)) == 9
