"""Films: every sample comes out once, at its time, and what manifests list is what there is."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

import m3u8
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.bits import MalformedConfig
from packager import film
from packager.film import Closed, Init, Piece, package, rendition_names
from packager.recorded import RecordedInit
from packager.recording import Recording
from tests.packager import dash_viewer
from tests.packager.feed import AAC, AAC_44, OPUS, VIDEO, picture, pictures, sound
from tests.packager.fragments import fragments

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from media.sample import Sample
    from media.track import Track
    from packager.recorded import Recorded


class Shelf:
    """What a film was packaged into."""

    def __init__(self, *tracks: tuple[Track, Iterable[Sample]], least_s: float = 4.0) -> None:
        self.inits: dict[str, Init] = {}
        self.objects: dict[str, bytes] = {}
        self.rows: list[Recorded] = []
        self.pieces = 0
        for step in package([track for track, _ in tracks], [iter(each) for _, each in tracks], 3, least_s):
            if isinstance(step, Init):
                self.inits[step.name] = step
            elif isinstance(step, Piece):
                self.pieces += 1
                self.objects[step.name] = self.objects.get(step.name, b"") + b"".join(step.body)
            else:
                self.rows.append(step.segment)

    def of(self, rendition: str) -> list[Recorded]:
        return [row for row in self.rows if row.rendition == rendition]

    def samples(self, rendition: str) -> list[tuple[int, int, int, bool, bytes]]:
        return [
            (row.dts, row.pts, row.duration, row.key, row.data)
            for each in self.of(rendition)
            for fragment in fragments(self.objects[each.stored.name])
            for row in fragment.rows
        ]

    def manifests(self) -> dict[str, str]:
        recording = Recording(RecordedInit(each.name, each.track, len(each.body), "0") for each in self.inits.values())
        for row in sorted(self.rows, key=lambda row: (row.rendition, row.msn)):
            recording.add(replace(row, sha256="0"))
        return {name: text.decode() for name, text in recording.finish().manifests.items()}


def told(samples: Iterable[Sample]) -> list[tuple[int, int, int, bool, bytes]]:
    return [(each.dts, each.pts, each.duration, each.key, bytes(each.data)) for each in samples]


def starts(shelf: Shelf, rendition: str) -> list[int]:
    return [row.time for row in shelf.of(rendition)]


def test_a_film_is_cut_at_key_frames_and_sound_at_the_same_moments() -> None:
    shelf = Shelf((VIDEO, pictures(21, gop=50)), (AAC, sound(21)))
    assert [start / 90_000 for start in starts(shelf, "v0")] == pytest.approx([0, 5, 10, 15, 20])
    for time, row in zip(starts(shelf, "v0"), shelf.of("a0"), strict=True):
        assert 0 <= row.time / 48_000 - time / 90_000 < 1024 / 48_000
    assert told(pictures(21, gop=50)) == shelf.samples("v0")
    assert told(sound(21)) == shelf.samples("a0")
    assert {row.file for row in shelf.rows} == {f"3-{msn}.m4s" for msn in range(5)}


def test_fragments_of_a_rendition_are_numbered_on() -> None:
    shelf = Shelf((VIDEO, pictures(13)))
    numbers = [each.number for row in shelf.rows for each in fragments(shelf.objects[row.stored.name])]
    assert numbers == [1, 2, 3, 4]


def test_a_long_segment_is_given_out_before_it_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(film, "PIECE_BYTES", 200)
    shelf = Shelf((VIDEO, pictures(9, gop=300, b_frames=True)))
    assert (len(shelf.rows), shelf.pieces) == (1, 30)
    assert shelf.rows[0].size == len(shelf.objects["v0/3-0.m4s"])
    assert shelf.samples("v0") == told(pictures(9, gop=300, b_frames=True))


def test_without_a_key_frame_for_long_a_segment_is_cut_all_the_same() -> None:
    shelf = Shelf((VIDEO, pictures(150, rate=5, gop=10_000)), (AAC, sound(150)))
    assert [row.duration for row in shelf.of("v0")] == pytest.approx([60, 60, 30])
    assert len(shelf.of("a0")) == 3


def test_sound_alone_is_cut_by_time() -> None:
    shelf = Shelf((AAC_44, sound(10, track=AAC_44)), least_s=2.0)
    assert [row.duration for row in shelf.rows[:-1]] == pytest.approx([2.0] * (len(shelf.rows) - 1), abs=0.024)


def test_sound_that_outlasts_the_pictures_goes_on() -> None:
    shelf = Shelf((VIDEO, pictures(8)), (AAC, sound(21)), (OPUS, sound(8.5, track=OPUS, frame=960)))
    assert [row.msn for row in shelf.of("v0")] == [0, 1]
    assert [row.msn for row in shelf.of("a0")] == [0, 1, 2, 3, 4]
    assert [row.msn for row in shelf.of("a1")] == [0, 1]
    assert shelf.samples("a0") == told(sound(21))
    text = shelf.manifests()["v0/index.m3u8"]
    assert text.count("#EXT-X-GAP") == 3
    assert "PROGRAM-DATE-TIME" not in text


def test_a_hole_in_the_sound_is_a_gap_in_its_numbers_and_stretches_nothing() -> None:
    late = list(sound(10, start=30))
    first = list(sound(6))
    first[-1] = replace(first[-1], duration=late[0].dts - first[-1].dts)
    shelf = Shelf((VIDEO, pictures(40)), (AAC, first + late))
    assert [row.msn for row in shelf.of("a0")] == [0, 1, 7, 8, 9]
    assert max(row.duration for row in shelf.of("a0")[2:]) < 5


@pytest.mark.parametrize("duration_s", [0.04, 1, 10, 100])
def test_one_picture_is_a_film(duration_s: float) -> None:
    shelf = Shelf((VIDEO, [picture(0, round(90_000 * duration_s), key=True)]))
    assert [row.duration for row in shelf.rows] == [duration_s]
    assert "#EXTINF" in shelf.manifests()["v0/index.m3u8"]


def test_names_count_each_kind_by_itself() -> None:
    assert rendition_names([AAC, VIDEO, OPUS]) == ["a0", "v0", "a1"]


def test_a_track_that_no_codec_string_can_be_told_of_is_refused() -> None:
    with pytest.raises(MalformedConfig):
        Shelf((replace(VIDEO, config=b"\1"), pictures(1)))


def test_several_languages_are_a_group_and_sets_of_their_own() -> None:
    english = replace(AAC, language="eng", name='The "original"\n')
    german = replace(AAC, language="deu")
    shelf = Shelf((VIDEO, pictures(8)), (english, sound(8)), (german, sound(8)), (german, sound(8)))
    made = shelf.manifests()
    media = m3u8.loads(made["index.m3u8"]).media
    assert [(each.name, each.language, each.default) for each in media] == [
        ("The 'original'", "en", "YES"),
        ("de (a1)", "de", "NO"),
        ("de (a2)", "de", "NO"),
    ]
    root = dash_viewer.parse(made["manifest.mpd"])
    sets = root.findall(".//mpd:AdaptationSet", dash_viewer.NS)
    assert [(each.get("id"), each.get("lang")) for each in sets] == [
        ("0", None),
        ("1", "en"),
        ("2", "de"),
        ("3", "de"),
    ]
    assert [label.text for label in root.findall(".//mpd:Label", dash_viewer.NS)] == ["The 'original'"]


def test_a_turned_picture_with_oblong_pixels_is_told_as_it_is_shown() -> None:
    made = Shelf((replace(VIDEO, width=720, height=576, rotation=90, aspect=(16, 15)), pictures(8))).manifests()
    assert "RESOLUTION=576x768" in made["index.m3u8"]
    assert 'sar="16:15"' in made["manifest.mpd"]


@st.composite
def films(draw: st.DrawFn) -> list[tuple[Track, list[Sample]]]:
    """Video, if any, with key frames anywhere and frames of any length; sounds that begin and end somewhere."""
    tracks: list[tuple[Track, list[Sample]]] = []
    if draw(st.booleans()):
        durations = draw(st.lists(st.integers(1, 400_000), min_size=1, max_size=60))
        at, samples = 0, []
        for index, duration in enumerate(durations):
            key = index == 0 or draw(st.integers(0, 5)) == 0
            samples.append(picture(at, duration, key=key, offset=draw(st.sampled_from((0, 0, duration // 2)))))
            at += duration
        tracks.append((VIDEO, samples))
    for track in draw(st.lists(st.sampled_from((AAC, AAC_44, OPUS)), min_size=0 if tracks else 1, max_size=3)):
        seconds, start = draw(st.floats(0.1, 40)), draw(st.sampled_from((0.0, 0.0, 0.3, 25.0)))
        tracks.append((track, list(sound(seconds, track=track, start=start))))
    return tracks


@settings(max_examples=150, deadline=None)
@given(films(), st.sampled_from((1.0, 4.0, 10.0)))
def test_nothing_is_lost_and_everything_listed_is_there(tracks: Sequence[tuple[Track, list[Sample]]], s: float) -> None:
    shelf = Shelf(*tracks, least_s=s)
    for name, (_, samples) in zip(rendition_names([track for track, _ in tracks]), tracks, strict=True):
        assert shelf.samples(name) == told(samples)
        assert all(one.msn < other.msn for one, other in pairwise(shelf.of(name)))
    made = shelf.manifests()
    listed = {
        f"{name.partition('/')[0]}/{segment.uri}"
        for name, text in made.items()
        if name.count("/")
        for segment in m3u8.loads(text).segments
        if not segment.gap_tag
    }
    assert listed == {row.stored.name for row in shelf.rows} == set(shelf.objects)
    in_mpd = {
        each.name
        for period in dash_viewer.read(made["manifest.mpd"])
        for lane in period.lanes
        for each in lane.segments
    }
    assert in_mpd == listed


def test_rows_close_in_the_order_of_their_pieces() -> None:
    steps = list(package([VIDEO, AAC], [pictures(9), sound(9)], 1, 4.0))
    assert [type(step) for step in steps[:6]] == [Piece, Closed, Init, Piece, Closed, Init]


def test_how_often_pictures_come_is_measured_unless_the_file_says_it() -> None:
    untold = replace(VIDEO, frame_rate=None)
    ntsc = pictures(8, rate=Fraction(30_000, 1001))
    assert Shelf((untold, ntsc)).inits["v0/3-init-0.mp4"].track.frame_rate == pytest.approx(29.97, abs=0.001)
    assert Shelf((replace(VIDEO, frame_rate=25.0), pictures(8))).inits["v0/3-init-0.mp4"].track.frame_rate == 25.0
    assert "FRAME-RATE=30," in Shelf((untold, pictures(8))).manifests()["index.m3u8"]
