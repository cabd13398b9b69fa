"""The track that waits for the leader, and is cut where the leader was. Times are those of sound: 48000 a second."""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.silence import aac_silence
from packager.follower import Follower
from tests.packager.feed import AAC, SURROUND, VIDEO, picture, sound
from tests.packager.rig import PART, Rig, durations, gaps

if TYPE_CHECKING:
    from collections.abc import Iterable

    from media.sample import Sample
    from media.track import Track
    from packager.hls.window import Window

SECOND = 48_000
FRAME = 1024


class Sound:
    """A follower of its own, with target duration 2 unless it is left open."""

    def __init__(self, *, track: Track = AAC, parts: bool = True, duration: int | None = 2) -> None:
        self.rig = Rig()
        self.follower = Follower(self.rig.rendition(track), self.rig.promises, self.rig.retention)
        if parts:
            self.rig.promises.fix_part(*PART)
        if duration:
            self.rig.promises.duration = self.rig.promises.patience_s = duration

    def hold(self, samples: Iterable[Sample]) -> None:
        for sample in samples:
            self.follower.hold(sample)

    def advance(self, seconds: float) -> None:
        self.follower.advance(round(seconds * SECOND), self.rig.out)

    def flush(self) -> None:
        self.follower.flush(self.rig.out)

    @property
    def window(self) -> Window:
        return self.follower.rendition.window

    @property
    def taken(self) -> list[list[int]]:
        """Times of the samples in each stored segment."""
        return [[row.pts for part in parts for row in part.rows] for parts in self.rig.segments("a0").values()]


# Waiting for the leader


def test_samples_wait_until_the_leader_has_come_as_far() -> None:
    tone = Sound()
    tone.hold(sound(1))
    assert tone.rig.out == []
    tone.advance(0.5)
    assert list(tone.rig.parts) == ["a0/1-0.0.m4s", "a0/1-0.1.m4s"], "0.384 s in whole parts"
    assert tone.follower.rendition.waiting_ticks == 24 * FRAME - 18 * FRAME, "those that begin before 0.5 s are taken"


def test_samples_wait_for_part_target() -> None:
    """The leader's frames fix it. Until then nothing could be cut, and what is held shows how long a frame lasts."""
    tone = Sound(parts=False)
    assert tone.follower.frame_s == 0.0
    tone.hold(sound(1))
    tone.advance(1)
    assert tone.follower.rendition.waiting == []
    assert tone.follower.frame_s == FRAME / SECOND


def test_a_time_of_the_leader_is_told_on_the_followers_clock_and_back() -> None:
    tone = Sound()
    leader = tone.rig.rendition(VIDEO)
    assert tone.follower.ticks(90_000, leader) == SECOND
    tone.hold(sound(1))
    tone.flush()
    assert tone.follower.end_on(leader) == 47 * FRAME * 90_000 // SECOND


def test_a_leader_that_stays_away_for_the_target_duration_is_not_waited_for() -> None:
    tone = Sound()
    assert not tone.follower.has_run_ahead(None), "nobody waits"
    tone.hold(sound(2.9))
    assert not tone.follower.has_run_ahead(SECOND)
    assert tone.follower.has_run_ahead(SECOND // 2)
    assert tone.follower.has_run_ahead(None), "it never came, and sound has waited since its first sample"


def test_before_the_target_duration_is_known_the_leader_has_ten_seconds() -> None:
    tone = Sound(duration=None)
    assert tone.follower.patience == 10 * SECOND
    tone.hold(sound(9.9))
    assert not tone.follower.has_run_ahead(None)
    tone.hold(sound(0.2, start=9.9))
    assert tone.follower.has_run_ahead(None)


def test_samples_of_next_to_no_duration_do_not_gather_for_ever() -> None:
    tone = Sound()
    tone.hold(sound(8192 * 5 / SECOND, frame=5))
    assert not tone.follower.has_run_ahead(None)
    tone.hold(sound(5 / SECOND, frame=5, start=8192 * 5 / SECOND))
    assert tone.follower.has_run_ahead(None)


def test_what_is_held_can_be_had_one_by_one_or_given_up() -> None:
    tone = Sound()
    assert tone.follower.next_held() is None
    tone.hold(sound(1, start=3))
    assert tone.follower.begin_here() == 3 * SECOND
    first = tone.follower.next_held()
    assert first is not None
    assert first.dts == tone.follower.rendition.start
    assert tone.follower.forget() == 46
    assert tone.follower.next_held() is None


# Cuts


def test_the_segment_ends_with_the_sample_that_reaches_the_cut() -> None:
    tone = Sound()
    tone.hold(sound(3))
    tone.follower.cut_at(2 * SECOND, led=False)
    tone.advance(1.9)
    assert tone.window.segments == []
    tone.advance(2)
    assert durations(tone.window) == [round(94 * FRAME / SECOND, 3)], "as soon as it is there, not with the next one"
    assert tone.taken == [[FRAME * number for number in range(94)]]


def test_several_cuts_may_be_ahead() -> None:
    tone = Sound()
    for at in 2, 4, 6:
        tone.follower.cut_at(at * SECOND, led=False)
    tone.hold(sound(7))
    tone.advance(7)
    assert durations(tone.window) == [2.005] * 3
    assert [times[0] // SECOND for times in tone.taken] == [0, 2, 4]
    assert all(before[-1] + FRAME == after[0] for before, after in pairwise(tone.taken))


def test_a_cut_is_not_waited_for_longer_than_the_target_duration() -> None:
    tone = Sound()
    tone.hold(sound(1))
    tone.follower.cut_at(2 * SECOND, led=False)
    tone.follower.cut_at(4 * SECOND, led=False)
    tone.advance(4)
    assert tone.window.segments == []
    tone.advance(4.01)
    assert durations(tone.window) == [2.0], "the cut's time, not the last sample's: what is missing belongs to it"
    tone.advance(6.01)
    assert gaps(tone.window) == [False, True]


def test_what_comes_for_a_closed_segment_is_dropped_and_counted() -> None:
    tone = Sound()
    tone.follower.cut_at(2 * SECOND, led=False)
    tone.advance(4.01)
    tone.hold(sound(4))
    tone.advance(4.01)
    assert gaps(tone.window) == [True]
    assert tone.follower.dropped == 94, "those that began before 2 s"
    tone.flush()
    assert tone.follower.rendition.waiting[-1].dts == 187 * FRAME, "the others are in the open segment"


def test_what_comes_before_the_beginning_is_dropped_and_counted() -> None:
    tone = Sound()
    tone.follower.begin(SECOND)
    tone.hold(sound(2))
    tone.flush()
    assert tone.follower.dropped == 47
    assert tone.follower.rendition.start == 47 * FRAME, "the first whole sample after it"


@pytest.mark.parametrize(("hole", "ends"), [(4800, 94 * FRAME), (4801, 97_000)], ids=["0.1 s", "more"])
def test_a_segment_ends_at_its_last_sample_unless_a_hole_follows(hole: int, ends: int) -> None:
    tone = Sound()
    tone.follower.cut_at(97_000, led=False)
    tone.hold(sound(94 * FRAME / SECOND))
    tone.hold(sound(1, start=(94 * FRAME + hole) / SECOND))
    tone.flush()
    assert durations(tone.window) == [round(ends / SECOND, 3)]


def test_a_segment_may_not_grow_beyond_what_rounds_to_the_target_duration() -> None:
    """EXTINF, rounded, must not be more than the target duration (RFC 8216bis, 4.4.3.1)."""
    tone = Sound()
    tone.hold(sound(4))
    tone.flush()
    kept = int(2.45 * SECOND / FRAME)
    assert tone.follower.dropped == 188 - kept
    tone.follower.end_segment(3 * SECOND, tone.rig.out, flows=True, led=False)
    assert round(tone.window.segments[0].duration) == 2
    assert len(tone.taken[0]) == kept


def test_at_the_end_all_that_is_held_is_taken_and_all_cuts_are_made() -> None:
    tone = Sound()
    tone.hold(sound(1))
    for at in 2, 4:
        tone.follower.cut_at(at * SECOND, led=False)
    tone.flush()
    assert gaps(tone.window) == [False, True]
    assert tone.follower.dropped == 0


# Silence


@pytest.mark.parametrize(("until", "frames"), [(2.0, 1), (2.006, 1), (2.0266, 1), (2.0267, 2), (2.2, 10)])
def test_beside_pictures_a_segment_without_samples_is_silent_for_as_long_and_a_frame_at_least(
    until: float, frames: int
) -> None:
    tone = Sound()
    tone.hold(sound(94 * FRAME / SECOND))
    tone.follower.cut_at(2 * SECOND, led=True)
    tone.flush()
    tone.follower.end_segment(round(until * SECOND), tone.rig.out, flows=True, led=True)
    assert gaps(tone.window) == [False, False]
    assert tone.taken[1] == [94 * FRAME + number * FRAME for number in range(frames)]
    assert durations(tone.window)[1] == round(frames * FRAME / SECOND, 3)
    assert tone.rig.segments("a0")["a0/1-1.m4s"][0].rows[0].data == aac_silence(2)


@pytest.mark.parametrize(("track", "led"), [(AAC, False), (SURROUND, True)], ids=["no pictures", "no silence is known"])
def test_without_pictures_or_silence_it_is_a_gap(track: Track, led: bool) -> None:  # noqa: FBT001 - pytest's form
    tone = Sound(track=track)
    tone.follower.cut_at(2 * SECOND, led=led)
    tone.flush()
    assert gaps(tone.window) == [True]
    assert durations(tone.window) == [2.0]


def test_sound_that_comes_after_silence_begins_where_that_ends() -> None:
    tone = Sound()
    tone.follower.cut_at(2 * SECOND, led=True)
    tone.advance(4.01)
    assert gaps(tone.window) == [False]
    tone.hold(sound(2, start=1.99))
    tone.advance(4.01)
    tone.follower.end_segment(4 * SECOND, tone.rig.out, flows=True, led=True)
    assert tone.follower.dropped == 1, "the one that began within the last silent frame"
    assert tone.taken[0] == [FRAME * number for number in range(94)]
    assert tone.taken[1][0] == round(1.99 * SECOND) + FRAME
    assert durations(tone.window) == [2.005, pytest.approx(1.984, abs=0.01)]


def test_silence_grows_no_longer_than_a_segment_may() -> None:
    tone = Sound()
    tone.follower.end_segment(60 * SECOND, tone.rig.out, flows=True, led=True)
    assert durations(tone.window) == [round(int(2.45 * SECOND / FRAME) * FRAME / SECOND, 3)]


# Alone


def test_alone_it_cuts_by_time() -> None:
    tone = Sound()
    first, *rest = sound(5)
    assert not tone.follower.cuts_alone(first), "an open segment without samples has nothing to be cut"
    tone.follower.take(first, tone.rig.out)
    for sample in rest:
        if tone.follower.cuts_alone(sample):
            tone.follower.end_segment(sample.dts, tone.rig.out, flows=True, led=False)
        tone.follower.take(sample, tone.rig.out)
    assert durations(tone.window) == [2.005, 2.005]
    assert tone.follower.dropped == 0


def test_alone_it_still_makes_the_leaders_last_cut_first() -> None:
    tone = Sound()
    tone.follower.take(next(sound(1)), tone.rig.out)
    tone.follower.cut_at(5 * SECOND, led=False)
    assert not tone.follower.cuts_alone(next(sound(1, start=4)))


def test_a_picture_may_follow_too() -> None:
    """Nothing here is about sound: the clock is the track's own."""
    rig = Rig()
    rig.promises.fix_part(*PART)
    follower = Follower(rig.rendition(VIDEO), rig.promises, rig.retention)
    follower.cut_at(90_000, led=False)
    for number in range(60):
        follower.hold(picture(3000 * number, 3000, key=number % 30 == 0))
    follower.flush(rig.out)
    assert durations(rig.windows["v0"]) == [1.0]


LENGTHS = st.lists(st.integers(SECOND // 2, 2 * SECOND), min_size=1, max_size=6)
MISSING = st.tuples(st.integers(0, 400), st.integers(0, 300))


@given(LENGTHS, MISSING, st.integers(0, 3 * SECOND))
def test_every_sample_is_in_the_segment_of_its_time_or_counted_as_dropped(
    lengths: list[int], missing: tuple[int, int], lag: int
) -> None:
    """The leader goes on steadily; sound has a hole and comes late."""
    tone, cuts = Sound(), list(accumulate(lengths))
    samples = list(sound(cuts[-1] / SECOND))
    del samples[missing[0] : sum(missing)]
    late, coming = list(cuts), list(samples)
    for front in range(0, cuts[-1] + 1600, 1600):
        while late and late[0] <= front:
            tone.follower.cut_at(late.pop(0), led=False)
        while coming and coming[0].dts + lag <= front:
            tone.follower.hold(coming.pop(0))
        tone.follower.advance(front, tone.rig.out)
    tone.hold(coming)
    tone.flush()
    assert len(tone.window.segments) == len(cuts)
    names = [f"a0/{segment.file}" for segment in tone.window.segments if not segment.gap]
    spans = dict(zip([f"a0/{segment.file}" for segment in tone.window.segments], pairwise([0, *cuts]), strict=True))
    for name, times in zip(names, tone.taken, strict=True):
        assert all(spans[name][0] <= time < spans[name][1] for time in times)
    assert sum(map(len, tone.taken)) + tone.follower.dropped == len(samples)
    if lag <= 2 * SECOND:
        assert tone.follower.dropped == 0, "nobody was given up"
