"""Two tracks cut together: what the leader decides, and what becomes of the one when the other stays away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from media.silence import aac_silence
from media.track import Codec, Kind, Track
from packager.commands import Delete
from packager.run import Run
from tests.packager.feed import AAC, AAC_44, OPUS, SURROUND, VIDEO, WALL, mixed, picture, pictures, sound
from tests.packager.rig import Rig, durations, gaps

if TYPE_CHECKING:
    from collections.abc import Iterable

    from media.sample import Sample
    from packager.hls.window import Window

SECOND = 90_000
SILENCE = aac_silence(2)
FRAME = 3000


class Broadcast:
    """One run of its own; `video` and `audio` are the windows."""

    def __init__(self, *tracks: Track, span: float = 60.0) -> None:
        self.rig = Rig(span=span)
        leader, *others = [self.rig.rendition(track) for track in tracks or (VIDEO, AAC)]
        self.run = Run(leader, others[0] if others else None, self.rig.promises, self.rig.retention)

    def push(self, samples: Iterable[Sample]) -> Broadcast:
        for sample in samples:
            self.run.push(sample, self.rig.out)
        return self

    def finish(self) -> Broadcast:
        self.run.finish(self.rig.out)
        return self

    @property
    def video(self) -> Window:
        return self.rig.windows["v0"]

    @property
    def audio(self) -> Window:
        return self.rig.windows["a0"]

    def times(self, name: str) -> list[list[int]]:
        """Presentation times in each stored segment of a rendition, without those of silence that was put in."""
        segments = self.rig.segments(name).values()
        return [[row.pts for part in parts for row in part.rows if row.data != SILENCE] for parts in segments]


def both(
    seconds: float, *, video: Iterable[Sample] | None = None, audio: Iterable[Sample] | None = None
) -> list[Sample]:
    """Both tracks in order of their times; even ones where nothing else is given."""
    return mixed((VIDEO, video or pictures(seconds)), (AAC, sound(seconds) if audio is None else audio))


def between(samples: Iterable[Sample], first: float, last: float, timescale: int) -> list[Sample]:
    """Without what falls into that time."""
    return [sample for sample in samples if not first * timescale <= sample.dts < last * timescale]


# The leader decides


def test_all_renditions_are_cut_at_the_leaders_key_frames() -> None:
    live = Broadcast().push(both(6.5)).finish()
    assert durations(live.video) == [2.0, 2.0, 2.0, 0.5]
    assert live.audio.open_msn == live.video.open_msn == 4
    assert [times[0] // 48_000 for times in live.times("a0")] == [0, 2, 4, 6]
    assert live.run.dropped == 0


def test_sound_is_cut_by_when_a_picture_is_shown_not_by_when_it_is_decoded() -> None:
    live = Broadcast().push(both(6, video=pictures(6, b_frames=True))).finish()
    for picture_times, sound_times in zip(live.times("v0"), live.times("a0"), strict=True):
        key_s, first_s = picture_times[0] / SECOND, sound_times[0] / 48_000
        assert key_s <= first_s < key_s + 1024 / 48_000
    assert live.run.dropped == 4, "sound from before the first picture is shown (0.067 s)"


def test_a_decoder_starts_at_a_key_frame() -> None:
    live = Broadcast(VIDEO).push([picture(FRAME * n, FRAME, key=n == 10) for n in range(40)]).finish()
    assert live.run.dropped == 10
    assert live.times("v0")[0][0] == 10 * FRAME


def test_a_kind_that_was_not_announced_is_dropped_and_counted() -> None:
    live = Broadcast(VIDEO).push(both(1)).finish()
    assert live.run.dropped == 47
    assert durations(live.video) == [1.0], "though a sample of it was the newest"


def test_sound_alone_leads() -> None:
    live = Broadcast(OPUS).push(sound(5, track=OPUS, frame=960)).finish()
    assert durations(live.audio) == [2.0, 2.0, 1.0]


# Promises


@pytest.mark.parametrize(
    ("rate", "audio", "seconds"),
    [
        (30, AAC, 0.2),
        (25, AAC, 0.2),
        (10, AAC, 0.2),
        (30, Track(Codec.AAC, 8000, AAC.config, sample_rate=8000), 24 / 90),
    ],
    ids=["30", "25", "10", "sound whose frames are long"],
)
def test_the_first_frames_of_both_fix_part_target(rate: int, audio: Track, seconds: float) -> None:
    live = Broadcast(VIDEO, audio)
    live.push(mixed((VIDEO, pictures(1, rate=rate)), (audio, sound(1, track=audio)), lag=(0.15, 0)))
    assert live.video.part_target == live.audio.part_target == pytest.approx(seconds)
    assert live.video.open_parts


def test_a_broadcast_shorter_than_a_part_has_a_part_target_too() -> None:
    live = Broadcast(VIDEO).push(pictures(0.1)).finish()
    assert live.video.part_target == 0.2
    assert durations(live.video) == [0.1]


def test_the_first_segment_fixes_the_target_duration() -> None:
    live = Broadcast().push(both(8.4, video=pictures(8.4, gop=250)))
    assert live.video.target_duration == live.audio.target_duration == 9


def test_a_gop_that_grows_is_cut_within_what_was_promised() -> None:
    live = Broadcast(VIDEO).push([*pictures(4, gop=60), *pictures(16, gop=240, start=4)]).finish()
    assert live.video.target_duration == 2
    assert all(each <= 2.3 for each in durations(live.video))
    independent = [segment.parts[0].independent for segment in live.video.segments]
    assert independent[:3] == [True, True, True]
    assert independent.count(True) >= 4, "every key frame opens a segment, those between are cut where they must be"
    assert live.run.dropped == 0


def test_the_next_segments_first_part_is_hinted_at_where_a_key_frame_is_expected() -> None:
    """Else players would ask for a part that never comes, and wait for it until the segment is closed."""
    live = Broadcast(VIDEO).push(pictures(4 - 1 / 30))
    assert live.video.hinted == "v0/1-1.9.m4s"
    live.push([picture(119 * FRAME, FRAME, key=False)])
    assert live.video.hinted == "v0/1-2.0.m4s"


def test_windows_slide_and_what_left_them_is_deleted_in_its_time() -> None:
    live = Broadcast(span=6.0).push(both(30))
    assert live.video.duration <= 8
    gone = [command.name for command in live.rig.out if isinstance(command, Delete)]
    assert gone[0] in ("v0/1-0.m4s", "a0/1-0.m4s")
    assert {name[:2] for name in gone} == {"v0", "a0"}


# Holes in the leader


def test_a_frame_that_stays_for_longer_than_a_segment_is_followed_by_gaps() -> None:
    frames = [*pictures(4), picture(4 * SECOND, 7 * SECOND, key=True), *pictures(4, start=11)]
    live = Broadcast(VIDEO).push(frames).finish()
    assert gaps(live.video)[:6] == [False, False, False, True, True, False]
    assert durations(live.video)[:5] == [2.0] * 5
    assert live.video.segments[5].head.date - WALL == 11, "the frame after it is dated by itself"
    assert live.run.dropped == 0


def test_of_a_long_hole_no_more_than_eight_gaps_are_told() -> None:
    frames = [*pictures(4), picture(4 * SECOND, 3600 * SECOND, key=True), *pictures(4, start=3604)]
    live = Broadcast(VIDEO).push(frames).finish()
    assert gaps(live.video).count(True) <= 8
    dates = [segment.head.date for segment in live.video.segments]
    assert dates[-1] - dates[0] == pytest.approx(3606, abs=2), "dates tell how long it was"


def test_a_short_hole_in_the_leader_is_no_reason_for_anything() -> None:
    live = Broadcast(VIDEO).push(between(pictures(6), 2.5, 3, SECOND)).finish()
    assert durations(live.video) == [2.0, 2.0, 2.0]
    assert gaps(live.video) == [False] * 3


# One stays away


def test_a_leader_that_stays_away_is_given_up_until_its_next_key_frame() -> None:
    live = Broadcast().push(both(20, video=between(pictures(20), 7, 13, SECOND))).finish()
    assert True in gaps(live.video)
    assert gaps(live.audio) == [False] * len(gaps(live.audio)), "sound goes on"
    assert live.audio.open_msn == live.video.open_msn
    returned = next(times for times in live.times("v0") if times[0] > 7 * SECOND)
    assert returned[0] == 14 * SECOND, "frames from 13 s on have nothing to refer to"
    assert live.run.dropped == 30


def test_a_leader_that_comes_back_right_after_a_cut_needs_no_gap_before_it() -> None:
    """Sound alone was cut at 8.02 s."""
    live = Broadcast().push(both(12, video=[*pictures(6), *pictures(4, start=8.05)])).finish()
    assert gaps(live.video) == [False, False, False, True, False, False]
    assert durations(live.video) == [2.0, 2.0, 2.0, 2.0, 2.0, 2.0]
    assert live.video.segments[4].head.date - WALL == pytest.approx(8.05)


def test_frames_of_a_segment_that_was_closed_without_them_are_dropped() -> None:
    video = pictures(20)
    late = mixed((VIDEO, video), (AAC, sound(20)), lag=(4.0, 0))
    live = Broadcast().push(late).finish()
    assert live.audio.open_msn == live.video.open_msn
    shown = sum(map(len, live.times("v0"))) + sum(map(len, live.times("a0")))
    assert shown + live.run.dropped == len(late)


def test_a_leader_that_never_comes_is_waited_for_ten_seconds() -> None:
    live = Broadcast().push(sound(9.9))
    assert live.rig.out == []
    live.push(sound(10, start=9.9)).finish()
    assert gaps(live.video) == [True] * len(live.audio.segments)
    assert not any(gaps(live.audio))
    assert durations(live.audio)[0] == pytest.approx(2, abs=0.03)
    assert live.run.dropped == 0


def test_a_leader_that_comes_at_last_leads_again() -> None:
    live = Broadcast().push(both(30, video=pictures(14, start=16))).finish()
    assert gaps(live.video)[:4] == [True] * 4
    assert gaps(live.video)[-6:] == [False] * 6
    assert live.audio.open_msn == live.video.open_msn
    assert durations(live.video)[-3:] == [2.0] * 3


def test_sound_that_stays_away_is_not_waited_for() -> None:
    live = Broadcast(VIDEO, SURROUND).push(both(12, audio=sound(3))).finish()
    assert durations(live.video) == [2.0] * 6
    assert gaps(live.audio) == [False, False, True, True, True, True]
    assert durations(live.audio)[1:5] == pytest.approx([2.0] * 4, abs=0.03)


def test_sound_that_never_comes_is_gaps_alone() -> None:
    live = Broadcast(VIDEO, SURROUND).push(pictures(6)).finish()
    assert gaps(live.audio) == [True] * 3
    assert live.run.dropped == 0


@pytest.mark.parametrize("lag", [(0.0, 1.5), (1.5, 0.0)], ids=["sound", "picture"])
def test_one_that_is_late_by_less_than_the_target_duration_loses_nothing(lag: tuple[float, float]) -> None:
    live = Broadcast().push(mixed((VIDEO, pictures(10)), (AAC, sound(10)), lag=lag)).finish()
    assert live.run.dropped == 0
    assert not any(gaps(live.video) + gaps(live.audio))


# The end


def test_a_run_without_samples_leaves_nothing() -> None:
    live = Broadcast().finish()
    assert live.rig.out == []
    assert live.video.open_msn == live.audio.open_msn == 0


def test_sound_that_still_waited_for_a_picture_is_dropped_at_the_end() -> None:
    live = Broadcast().push(sound(1)).finish()
    assert live.rig.out == []
    assert live.run.dropped == 47


def test_what_is_open_is_closed_in_all_renditions() -> None:
    live = Broadcast().push(both(2.9)).finish()
    assert durations(live.video) == [2.0, 0.9]
    assert durations(live.audio) == pytest.approx([2.0, 0.9], abs=0.03)
    assert live.video.open_parts == live.audio.open_parts == []


def test_nothing_is_closed_twice() -> None:
    """A run that ends right where a gap did has no open segment, and gets none."""
    frames = [*pictures(4), picture(4 * SECOND, 2 * SECOND + 27_001, key=True)]
    live = Broadcast(VIDEO).push(frames)
    assert not live.video.open_parts
    before = live.video.open_msn
    live.finish()
    assert live.video.open_msn == before


@pytest.mark.parametrize("track", [AAC, AAC_44, OPUS])
@pytest.mark.parametrize("b_frames", [False, True])
@pytest.mark.parametrize("lag", [(0.0, 0.0), (0.0, 0.1), (0.1, 0.0)])
def test_wherever_a_run_ends_there_is_sound_beside_pictures(
    track: Track,
    b_frames: bool,  # noqa: FBT001 - pytest's form
    lag: tuple[float, float],
) -> None:
    """An encoder that leaves right after a key frame: players stand still before a gap of sound, some for ever."""
    frame, late_s = 960 if track is OPUS else 1024, 2 / 30 if b_frames else 0
    samples = mixed((VIDEO, pictures(4.5, b_frames=b_frames)), (track, sound(4.5, track=track, frame=frame)), lag=lag)
    after = next(number for number, sample in enumerate(samples) if sample.dts == 4 * SECOND and sample.key)
    for count in range(after - 20, after + 20):
        live = Broadcast(VIDEO, track).push(samples[:count]).finish()
        assert live.video.open_msn == live.audio.open_msn
        assert not any(gaps(live.video) + gaps(live.audio))
        last, beside = live.video.segments[-1], live.audio.segments[-1]
        missing = last.head.date + last.duration - beside.head.date - beside.duration
        assert missing <= max(lag) + late_s + 2 * frame / track.timescale


RUNS = st.tuples(st.integers(0, 500), st.integers(0, 400))
"""A stretch of samples that is missing: first, count."""


@hypothesis_settings(max_examples=60, deadline=None)
@given(RUNS, RUNS, st.floats(0, 12), st.floats(0, 12), st.integers(10, 200))
def test_whoever_is_late_or_missing_all_renditions_end_with_the_same_segment(
    no_video: tuple[int, int], no_audio: tuple[int, int], video_lag: float, audio_lag: float, gop: int
) -> None:
    video, audio = list(pictures(15, gop=gop)), list(sound(15))
    del video[no_video[0] : sum(no_video)]
    del audio[no_audio[0] : sum(no_audio)]
    samples = mixed((VIDEO, video), (AAC, audio), lag=(video_lag, audio_lag))
    live = Broadcast().push(samples).finish()
    assert live.video.open_msn == live.audio.open_msn
    assert not any(sound and not shown for sound, shown in zip(gaps(live.audio), gaps(live.video), strict=True))
    shown = {(kind, pts) for kind in ("v0", "a0") for times in live.times(kind) for pts in times}
    assert len(shown) + live.run.dropped == len(samples)
    assert shown <= {("v0" if sample.kind is Kind.VIDEO else "a0", sample.pts) for sample in samples}
    target = live.video.target_duration or 10
    assert all(round(each) <= target for each in durations(live.video) + durations(live.audio))
