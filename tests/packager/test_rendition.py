"""One track into parts, segments and its window: what is put when, under which name, and what players are told."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packager.commands import Life
from tests.packager.feed import AAC, VIDEO, WALL, picture, pictures, sound
from tests.packager.fragments import boxes, fragments
from tests.packager.rig import PART, Rig, durations, gaps

if TYPE_CHECKING:
    from packager.hls.window import Window
    from packager.rendition import Rendition

FRAME = 3000
TARGET = PART[0]


def aimed(rig: Rig, **options: bool) -> Rendition:
    """A video rendition whose PART-TARGET is 0.2 s."""
    rig.promises.fix_part(*PART)
    return rig.rendition(VIDEO, **options)


def shown(window: Window) -> list[tuple[float, bool]]:
    """Duration and independence of the parts of the open segment."""
    return [(round(part.duration, 4), part.independent) for part in window.open_parts]


def feed(rig: Rig, rendition: Rendition, *keys: int, frames: int, first: int = 0) -> int:
    """Add even frames, numbered from `first`, with key frames at `keys`; gives the time after the last."""
    for number in range(first, first + frames):
        rendition.add(picture(number * FRAME, FRAME, key=number in keys), rig.out)
    return (first + frames) * FRAME


# Parts


def test_the_init_segment_is_kept_as_long_as_its_segments() -> None:
    put = Rig().rendition(VIDEO).put_init()
    assert (put.name, put.life) == ("v0/1-init-3.mp4", Life.STORED)
    assert [kind for kind, _, _ in boxes(b"".join(put.body))] == [b"ftyp", b"moov"]


def test_before_part_target_is_known_samples_wait() -> None:
    rig = Rig()
    rendition = rig.rendition(VIDEO)
    assert (rendition.waiting, rendition.waiting_ticks, rendition.frame) == ([], 0, 0)
    feed(rig, rendition, 0, frames=6)
    assert rig.out == []
    assert len(rendition.waiting) == 6
    assert rendition.waiting_ticks == TARGET


def test_part_target_lets_go_what_waited() -> None:
    rig = Rig()
    rendition = rig.rendition(VIDEO)
    feed(rig, rendition, 0, frames=6)
    rendition.aim(rig.out)
    assert rig.out == [], "it is not known yet"
    rig.promises.fix_part(*PART)
    rendition.aim(rig.out)
    assert list(rig.parts) == ["v0/1-0.0.m4s"]
    assert rendition.waiting == []
    assert rendition.frame == FRAME


def test_a_part_is_put_with_its_last_frame_and_the_next_one_is_hinted_at() -> None:
    rig = Rig()
    rendition = aimed(rig)
    feed(rig, rendition, 0, frames=11)
    assert list(rig.parts) == ["v0/1-0.0.m4s"]
    feed(rig, rendition, frames=1, first=11)
    assert list(rig.parts) == ["v0/1-0.0.m4s", "v0/1-0.1.m4s"]
    assert shown(rendition.window) == [(0.2, True), (0.2, False)]
    assert rendition.window.hinted == "v0/1-0.2.m4s"


@pytest.mark.parametrize(
    ("keys", "parts"),
    [
        ((0, 9), [(0.2, True), (0.1, False), (0.2, True)]),
        ((0, 3), [(0.2, True), (0.2, False)]),
        ((0, 6), [(0.2, True), (0.2, True)]),
        ((0, 9, 11), [(0.2, True), (0.1, False), (0.2, True)]),
    ],
    ids=["opens a part", "the part has one", "where a part begins anyway", "two close together"],
)
def test_a_key_frame_within_a_segment_opens_a_part(keys: tuple[int, ...], parts: list[tuple[float, bool]]) -> None:
    """Players may join there; a part before an independent one may be short (RFC 8216bis, 4.4.4.9)."""
    rig = Rig()
    rendition = aimed(rig)
    feed(rig, rendition, *keys, frames=15)
    assert shown(rendition.window) == parts


def test_sound_is_all_key_frames_and_opens_no_part_for_them() -> None:
    rig = Rig()
    rig.promises.fix_part(*PART)
    rendition = rig.rendition(AAC)
    for sample in sound(0.5):
        rendition.add(sample, rig.out)
    assert shown(rendition.window) == [(0.192, True), (0.192, True)], "nine whole frames each"


def test_a_part_is_put_before_a_frame_that_would_make_it_too_long() -> None:
    rig = Rig()
    rig.promises.fix_part(21_000, 90_000)
    rendition = rig.rendition(VIDEO)
    end = feed(rig, rendition, 0, frames=6)
    rendition.add(picture(end, 2 * FRAME, key=False), rig.out)
    assert shown(rendition.window) == [(0.2, True)]


# Segments


def test_a_segment_is_its_parts_one_after_the_other() -> None:
    rig = Rig()
    rendition = aimed(rig)
    end = feed(rig, rendition, 0, frames=15)
    assert rendition.end_segment(end, rig.out, flows=True) == 0.5
    assert list(rig.parts) == ["v0/1-0.0.m4s", "v0/1-0.1.m4s", "v0/1-0.2.m4s"], "the last one is shorter"
    assert rig.put(Life.STORED) == {"v0/1-0.m4s": b"".join(rig.parts.values())}
    [segment] = rendition.window.segments
    assert (segment.file, segment.size, segment.duration) == ("1-0.m4s", len(b"".join(rig.parts.values())), 0.5)
    assert [part.file for part in segment.parts] == ["1-0.0.m4s", "1-0.1.m4s", "1-0.2.m4s"]
    assert (rendition.start, rendition.begun, rendition.window.hinted) == (end, False, "v0/1-1.0.m4s")


def test_fragments_are_numbered_on_from_segment_to_segment() -> None:
    rig = Rig()
    rendition = aimed(rig)
    for number in range(3):
        end = feed(rig, rendition, 12 * number, frames=12, first=12 * number)
        rendition.end_segment(end, rig.out, flows=True)
    numbers = [part.number for parts in rig.segments().values() for part in parts]
    assert numbers == list(range(6))
    assert list(rig.segments()) == ["v0/1-0.m4s", "v0/1-1.m4s", "v0/1-2.m4s"]


@pytest.mark.parametrize(("promised", "told"), [(None, 10.0), (2, 2.0)])
def test_a_segment_without_samples_is_a_gap_no_longer_than_a_segment_may_be(promised: int | None, told: float) -> None:
    rig = Rig()
    rendition = aimed(rig)
    rig.promises.duration = promised
    assert rendition.end_segment(40 * 90_000, rig.out, flows=False) == told
    assert rig.out == []
    assert gaps(rendition.window) == [True]
    assert durations(rendition.window) == [told]
    assert rendition.start == 40 * 90_000, "what comes next belongs where it came"


def test_the_next_number_is_one_under_which_nothing_was_put() -> None:
    rig = Rig()
    rendition = aimed(rig)
    feed(rig, rendition, 0, frames=5)
    assert rendition.next_msn == 0
    feed(rig, rendition, frames=1, first=5)
    assert rendition.next_msn == 1, "a part of segment 0 is out"
    rendition.end_segment(6 * FRAME, rig.out, flows=True)
    assert rendition.next_msn == 1


@pytest.mark.parametrize(
    ("last", "key", "flows", "start"),
    [
        (4 * FRAME, False, True, TARGET),
        (4 * FRAME, True, True, 9 * FRAME),
        (4 * FRAME, False, False, 9 * FRAME),
        (40 * FRAME, False, True, 45 * FRAME),
    ],
    ids=["goes on", "a key frame", "after a hole", "more than a second behind"],
)
def test_where_the_next_segment_begins(last: int, key: bool, flows: bool, start: int) -> None:  # noqa: FBT001 - parametrized
    """A long last frame leaves decode times behind the samples' own; a new segment catches up where that is safe."""
    rig = Rig()
    rendition = aimed(rig)
    end = feed(rig, rendition, 0, frames=5)
    rendition.add(picture(end, last, key=False), rig.out)
    rendition.end_segment(end + last, rig.out, flows=flows)
    assert rendition.flowing is flows
    rendition.add(picture(end + last, FRAME, key=key), rig.out)
    rendition.end_segment(end + last + FRAME, rig.out, flows=True)
    first, second = rig.segments().values()
    assert first[-1].end == TARGET, "the part is no longer than PART-TARGET"
    assert second[0].start == start
    assert second[0].rows[0].pts == end + last, "what is shown does not move"


@pytest.mark.parametrize(("late", "start"), [(9000, 9000), (9001, 0)], ids=["slightly", "a hole"])
def test_a_segment_begins_with_its_first_sample_unless_a_hole_is_before_it(late: int, start: int) -> None:
    rig = Rig()
    rendition = aimed(rig)
    rendition.start = 0
    rendition.add(picture(late, FRAME, key=True), rig.out)
    assert rendition.start == start
    assert rendition.elapsed(late + FRAME) == late + FRAME - start


def test_without_low_latency_segments_are_written_bit_by_bit_and_nobody_is_told() -> None:
    rig = Rig(low_latency=False, part_s=1.0)
    rig.promises.fix_part(90_000, 90_000)
    rendition = rig.rendition(VIDEO)
    end = feed(rig, rendition, 0, frames=90)
    assert list(rig.parts) == ["v0/1-0.0.m4s", "v0/1-0.1.m4s", "v0/1-0.2.m4s"]
    assert shown(rendition.window) == [(1.0, True), (1.0, False), (1.0, False)]
    assert (rendition.window.shown_parts, rendition.window.hint) == ((), None)
    rendition.end_segment(end, rig.out, flows=True)
    assert rig.put(Life.STORED) == {"v0/1-0.m4s": b"".join(rig.parts.values())}
    assert [part.file for part in rendition.window.segments[0].parts] == ["1-0.0.m4s", "1-0.1.m4s", "1-0.2.m4s"]
    assert [len(part.rows) for part in rig.segments()["v0/1-0.m4s"]] == [30, 30, 30]


# What players are told


def test_a_segment_is_dated_by_what_it_shows_first() -> None:
    rig = Rig()
    rendition = aimed(rig)
    rendition.add(picture(90_000, FRAME, key=True, offset=9000), rig.out)
    rendition.end_segment(180_000, rig.out, flows=False)
    rendition.end_segment(270_000, rig.out, flows=False)
    assert [segment.head.date for segment in rendition.window.segments] == [WALL + 1.1, WALL + 2.0]


def test_only_what_nobody_has_seen_is_dated_anew() -> None:
    rig = Rig()
    rendition = aimed(rig)
    for number in range(3):
        end = feed(rig, rendition, 30 * number, frames=30, first=30 * number)
        rendition.redate(WALL + 0.5 * (number + 1))
        rendition.end_segment(end, rig.out, flows=True)
    dates = [segment.head.date - WALL for segment in rendition.window.segments]
    assert dates == [0.5, 1.5, 3.0], "the first moves while it is open; a later one keeps the date that it began with"


def test_a_discontinuity_is_told_once_and_a_new_init_segment_too() -> None:
    rig = Rig()
    rendition = aimed(rig, discontinuity=True)
    for number in range(2):
        rendition.end_segment(feed(rig, rendition, frames=3, first=3 * number), rig.out, flows=True)
    heads = [segment.head for segment in rendition.window.segments]
    assert [(head.discontinuity, head.new_init) for head in heads] == [(True, True), (False, False)]
    assert {head.init for head in heads} == {"1-init-3.mp4"}


@pytest.mark.parametrize(("durations_", "usual"), [((3003, 3003, 3003, 9009), 3003), ((6000,) * 6, 6000)])
def test_the_usual_frame_is_that_of_the_first_part(durations_: tuple[int, ...], usual: int) -> None:
    rig = Rig()
    rendition = aimed(rig)
    dts = 0
    for duration in durations_:
        rendition.add(picture(dts, duration, key=dts == 0), rig.out)
        dts += duration
    rendition.end_segment(dts, rig.out, flows=True)
    for sample in pictures(1, rate=10, start=10):
        rendition.add(sample, rig.out)
    assert rendition.frame == usual


STAYS = st.sampled_from([1500, 3000, 3000, 3000, 3003, 3750, 6000, 9000, 40_000, 200_000])
FRAMES = st.tuples(STAYS, st.sampled_from([False] * 5 + [True]), st.sampled_from([False] * 9 + [True]))
"""Ticks, whether it is a key frame, whether a segment ends after it."""


@given(st.lists(FRAMES, min_size=1, max_size=120), st.integers(0, 2))
def test_whatever_frames_come_nothing_is_lost_and_parts_keep_their_rules(
    frames: list[tuple[int, bool, bool]], offset: int
) -> None:
    rig = Rig()
    rendition = aimed(rig)
    samples, dts = [], 0
    for duration, key, ends in [*frames, (FRAME, False, True)]:
        samples.append(picture(dts, duration, key=key, offset=offset * FRAME))
        rendition.add(samples[-1], rig.out)
        dts += duration
        if ends:
            rendition.end_segment(dts, rig.out, flows=True)
    segments = list(rig.segments().values())
    rows = [(row.pts, row.key, row.data) for parts in segments for part in parts for row in part.rows]
    assert rows == [(sample.pts, sample.key, sample.data) for sample in samples]
    assert b"".join(rig.parts.values()) == b"".join(rig.put(Life.STORED).values())
    for parts in segments:
        ticks = [part.end - part.start for part in parts]
        assert all(0 < each <= TARGET for each in ticks)
        for (before, after), length in zip(pairwise(parts), ticks, strict=False):
            assert before.end == after.start
            assert length >= 0.85 * TARGET or after.rows[0].key
        assert all(row.pts >= row.dts for part in parts for row in part.rows)
    assert [len(fragments(body)) for body in rig.parts.values()] == [1] * len(rig.parts)
