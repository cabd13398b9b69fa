"""Whole recordings: what their manifests list, held against everything that was put."""

from __future__ import annotations

import re
from typing import Any

import m3u8
import pytest

from media.track import Codec, Track
from origin.stores.manifests import MAX_MANIFEST_BYTES
from packager import inventory
from packager.inventory import Inventory
from packager.recorded import Recorded, RecordedInit
from packager.recording import Recording
from tests.packager import dash_viewer
from tests.packager.feed import AAC, VIDEO, WALL, pictures, sound
from tests.packager.tape import Tape


def playlist(manifests: Any, rendition: str) -> Any:
    return m3u8.loads(manifests[f"{rendition}/index.m3u8"].decode())


def in_mpd(manifests: Any) -> list[str]:
    periods = dash_viewer.read(manifests["manifest.mpd"].decode())
    return [each.name for period in periods for lane in period.lanes for each in lane.segments]


def media(tape: Tape) -> list[str]:
    return sorted(name for name in tape.objects if name.endswith(".m4s"))


def test_everything_that_was_ever_listed_is_played_on_demand() -> None:
    tape = Tape(dvr_window_s=10)
    tape.both(30.5)
    tape.both(9.0, start=30.5, wall=WALL + 60)
    manifests = tape.recording().finish().manifests
    assert set(manifests) == {"index.m3u8", "v0/index.m3u8", "a0/index.m3u8", "manifest.mpd"}
    listed = []
    for rendition in "v0", "a0":
        text = manifests[f"{rendition}/index.m3u8"].decode()
        assert "#EXT-X-PLAYLIST-TYPE:VOD\n" in text
        assert text.endswith("#EXT-X-ENDLIST\n")
        assert not re.search("PART|HINT|SERVER-CONTROL|REPORT|SKIP", text)
        found = playlist(manifests, rendition)
        assert found.media_sequence == 100
        assert [segment.discontinuity for segment in found.segments].count(True) == 1
        assert sum(segment.duration for segment in found.segments) == pytest.approx(39.5, abs=0.1)
        assert max(round(segment.duration) for segment in found.segments) <= found.target_duration
        listed += [f"{rendition}/{segment.uri}" for segment in found.segments]
    assert sorted(listed) == media(tape)
    assert sorted(in_mpd(manifests)) == media(tape)


def test_what_is_needed_is_told_by_size_and_hash() -> None:
    tape = Tape()
    tape.both(8.5)
    recording = tape.recording()
    assert {file.name: file.size for file in recording.media} == {
        name: len(body) for name, body in tape.objects.items()
    }
    assert recording.finish().duration_s == pytest.approx(8.5, abs=0.1)


def test_periods_of_the_manifest_follow_each_other_from_nothing() -> None:
    tape = Tape()
    tape.both(9.0)
    tape.both(7.0, start=9.0, wall=WALL + 300)
    text = tape.recording().finish().manifests["manifest.mpd"].decode()
    mpd, periods = dash_viewer.parse(text), dash_viewer.read(text)
    assert mpd.attrib["type"] == "static"
    assert "availabilityStartTime" not in mpd.attrib
    assert [period.start for period in periods] == [0.0, pytest.approx(9.0, abs=0.1)]
    assert dash_viewer.seconds(mpd.attrib["mediaPresentationDuration"]) == pytest.approx(16.0, abs=0.1)
    for period in periods:
        for lane in period.lanes:
            assert 0 <= lane.segments[0].time - lane.offset < 0.1 * lane.timescale


def test_a_segment_that_got_lost_is_a_gap_in_one_rendition_and_in_no_manifest() -> None:
    tape = Tape()
    tape.both(20.5)
    tape.lose("v0", 104)
    manifests = tape.recording().finish().manifests
    assert [segment.gap_tag is not None for segment in playlist(manifests, "v0").segments].index(True) == 4
    assert not any(segment.gap_tag for segment in playlist(manifests, "a0").segments)
    assert sorted(in_mpd(manifests)) == media(tape)
    periods = dash_viewer.read(manifests["manifest.mpd"].decode())
    assert [[lane.rendition for lane in period.lanes] for period in periods] == [["v0", "a0"], ["a0"], ["v0", "a0"]]
    third = periods[2]
    assert third.start == pytest.approx(10.0, abs=0.1)
    offsets = [(lane.segments[0].time - lane.offset) / lane.timescale for lane in third.lanes]
    assert offsets == [pytest.approx(0.0, abs=0.05), pytest.approx(0.0, abs=0.05)], "sound and picture stay together"


def test_a_rendition_that_was_missing_for_a_while_has_gaps_and_the_same_numbers() -> None:
    tape = Tape()
    tape.run([VIDEO], pictures(6.5))
    tape.both(6.0, start=6.5)
    tape.run([VIDEO], pictures(6.5, start=12.5))
    tape.both(6.0, start=19.0)
    manifests = tape.recording().finish().manifests
    video, audio = playlist(manifests, "v0"), playlist(manifests, "a0")
    assert video.media_sequence == audio.media_sequence
    assert len(video.segments) == len(audio.segments)
    assert [each.discontinuity for each in video.segments] == [each.discontinuity for each in audio.segments]
    for picture, voice in zip(video.segments, audio.segments, strict=True):
        assert voice.duration == pytest.approx(picture.duration, abs=0.1)
        assert abs((voice.program_date_time - picture.program_date_time).total_seconds()) < 0.1
    assert [each.gap_tag is not None for each in audio.segments][:3] == [True, True, True]
    assert sorted(in_mpd(manifests)) == media(tape)


def test_the_multivariant_playlist_names_the_codecs_of_all_runs() -> None:
    other = Track(Codec.H264, 90_000, bytes.fromhex("014d401fffe10004674d40000100 00"), width=640, height=360)
    tape = Tape()
    tape.run([other], pictures(4.5))
    tape.both(4.0, start=4.5)
    (variant,) = m3u8.loads(tape.recording().finish().manifests["index.m3u8"].decode()).playlists
    assert set(variant.stream_info.codecs.split(",")) == {"avc1.4D401F", "avc1.64001F", "mp4a.40.2"}
    assert variant.stream_info.resolution == (1280, 720)


def test_a_segment_without_its_init_segment_is_a_gap() -> None:
    tape = Tape()
    tape.both(6.5)
    recording = Recording([init for init in tape.inits() if init.name.startswith("v0")])
    for key in sorted(tape.rows):
        recording.add(tape.rows[key])
    assert {file.name[:2] for file in recording.media} == {"v0"}
    assert set(recording.finish().manifests) == {"index.m3u8", "v0/index.m3u8", "manifest.mpd"}


def test_numbers_that_nothing_is_known_of_are_left_out() -> None:
    tape = Tape()
    tape.both(20.5)
    for rendition in "v0", "a0":
        for msn in 103, 104:
            del tape.rows[rendition, msn]
    found = playlist(tape.recording().finish().manifests, "v0")
    assert len(found.segments) == len({msn for _, msn in tape.rows})
    assert [segment.discontinuity for segment in found.segments].index(True) == 3


def test_nothing_to_play_is_told() -> None:
    tape = Tape()
    tape.both(4.5)
    assert not tape.recording().empty
    for rendition, msn in list(tape.rows):
        tape.lose(rendition, msn)
    assert tape.recording().empty
    assert Recording(()).empty
    assert Recording(()).finish().duration_s == 0


def test_sound_alone_is_a_recording_as_well() -> None:
    tape = Tape()
    tape.run([AAC], sound(8.5))
    manifests = tape.recording().finish().manifests
    assert set(manifests) == {"index.m3u8", "a0/index.m3u8", "manifest.mpd"}
    assert sorted(in_mpd(manifests)) == media(tape)


DAYS = 14
"""For so long a recording may go on, in segments of 2 s and two renditions: as the limits of readers say."""


def test_a_recording_of_two_weeks_is_within_what_is_read_back() -> None:
    """A day of it, whose names are as long as they come: everything grows with the number of segments alone."""
    first, count = 900_000, 43_200
    inits = [
        RecordedInit("v0/999-init-9.mp4", VIDEO, 700, "ab" * 32),
        RecordedInit("a0/999-init-9.mp4", AAC, 600, "ab" * 32),
    ]
    recording = Recording(inits)
    for name, scale in ("v0", 90_000), ("a0", 48_000):
        time = 0
        for msn in range(first, first + count):
            ticks = 2 * scale + msn % 7
            recording.add(
                Recorded(
                    *(name, msn, f"999-{msn}.m4s", "999-init-9.mp4", ticks / scale, WALL + time / scale, False),
                    *(time, first, 0, 10_000_000, "ab" * 32),
                )
            )
            time += ticks
    manifests = recording.finish().manifests
    assert DAYS * max(map(len, manifests.values())) <= MAX_MANIFEST_BYTES
    package = inventory.write(Inventory("bc_" + "a" * 32, 1, complete=True, files=tuple(recording.media)))
    assert DAYS * len(package) <= inventory.MAX_BYTES
    assert DAYS * len(inventory.read(package).files) <= inventory.MAX_FILES
