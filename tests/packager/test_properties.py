"""Whatever a publisher's timing is, what players see keeps to the specification."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import cycle, pairwise
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from media.silence import aac_silence
from media.track import Kind
from packager.pipeline import LivePackager
from tests.packager import feed
from tests.packager.dash_viewer import DashViewer
from tests.packager.feed import AAC, AAC_44, VIDEO, WALL, mixed, picture, play, sound
from tests.packager.fragments import Fragment, fragments
from tests.packager.viewer import Viewer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from media.sample import Sample
    from media.track import Track

SILENCE = aac_silence(2)
FRAMES = [1500, 3000, 3003, 3600, 3750, 6000, 9000]
"""Ticks of a frame at 60, 30, 29.97, 25, 24, 15 and 10 a second."""


@dataclass(frozen=True)
class Script:
    """What a publisher does in one run: kept small, so that a counterexample can be read.

    Video frames last `usual` ticks times one of `stays`; `gops` are the distances of key frames. Of each track a
    stretch of samples is left out (first, count), and each arrives late by `lag`.
    """

    tracks: tuple[Track, ...]
    seconds: float
    usual: int
    stays: tuple[int, ...]
    gops: tuple[int, ...]
    offset: int
    missing: tuple[tuple[int, int], tuple[int, int]]
    lag: tuple[float, float]

    def samples(self, start: float) -> list[Sample]:
        last = self.tracks[-1]
        video = list(self._pictures(round(start * 90_000))) if VIDEO in self.tracks else []
        tone = list(sound(self.seconds, start=start, track=last)) if last.kind is Kind.AUDIO else []
        for samples, (first, count) in zip((video, tone), self.missing, strict=True):
            del samples[first : first + count]
        return mixed((VIDEO, video), (last, tone), lag=self.lag)

    def _pictures(self, start: int) -> Iterator[Sample]:
        dts, until_key, gops = start, 0, cycle(self.gops)
        for stay in cycle(self.stays):
            yield picture(dts, self.usual * stay, key=until_key == 0, offset=self.offset * self.usual)
            until_key = (until_key or next(gops)) - 1
            dts += self.usual * stay
            if dts > start + self.seconds * 90_000:
                return


SCRIPTS = st.builds(
    Script,
    tracks=st.sampled_from([(VIDEO, AAC), (VIDEO, AAC_44), (VIDEO,), (AAC,)]),
    seconds=st.floats(0.1, 12),
    usual=st.sampled_from(FRAMES),
    stays=st.lists(st.sampled_from([1, 1, 1, 1, 1, 1, 2, 2, 3, 5, 12]), min_size=1, max_size=20).map(tuple),
    gops=st.lists(st.integers(1, 90), min_size=1, max_size=4).map(tuple),
    offset=st.integers(0, 2),
    missing=st.tuples(*[st.just((0, 0)) | st.tuples(st.integers(0, 200), st.integers(1, 300))] * 2),
    lag=st.tuples(st.floats(0, 1.5), st.floats(0, 1.5)),
)


@settings(
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(st.lists(SCRIPTS, min_size=1, max_size=2), st.booleans())
def test_any_timing_keeps_every_rule(scripts: list[Script], low_latency: bool) -> None:  # noqa: FBT001 - Hypothesis gives it
    packager = LivePackager(feed.settings(low_latency=low_latency, segment_min_s=1.0, dvr_window_s=3.0))
    viewer = Viewer(packager, even=False)
    viewer.others.append(DashViewer(packager, viewer).look)
    pushed: list[Sample] = []
    highest = packager.next_msn
    start = 0.0
    for script in scripts:
        samples = script.samples(start)
        start += script.seconds + 3
        viewer.carry_out(packager.start(script.tracks, WALL))
        viewer.look()
        play(packager, samples, viewer, every=5)
        pushed += samples
        viewer.carry_out(packager.pause())
        viewer.look()
        _check_sound(packager)
        assert packager.next_msn >= highest
        highest = packager.next_msn
    viewer.carry_out(packager.close())
    viewer.look()
    viewer.check_parts()
    _check_sound(packager)
    assert len({window.open_msn for window in packager.windows.values() if window.name in _live(scripts[-1])}) <= 1
    _check_samples(packager, viewer, pushed)


def _live(script: Script) -> set[str]:
    return {"v0" if track.kind is Kind.VIDEO else "a0" for track in script.tracks}


def _check_sound(packager: LivePackager) -> None:
    """Wherever it ends: players stand still before a gap of sound, so there is none beside pictures."""
    windows = packager.windows.values()
    there = {(each.name, one.msn): one.gap for each in windows for one in each.segments}
    assert not any(gap and there.get(("v0", msn)) is False for (name, msn), gap in there.items() if name == "a0")


def _check_samples(packager: LivePackager, viewer: Viewer, pushed: list[Sample]) -> None:
    """Each sample is dropped, and counted, or is there once with its presentation time; decode times have no hole.

    Silence that was put where no sound came is none of them.
    """
    shown = 0
    for kind, name in (Kind.VIDEO, "v0"), (Kind.AUDIO, "a0"):
        segments = _segments(viewer, name)
        found = [(row.pts, row.data, row.key) for parts in segments for part in parts for row in part.rows]
        rows = [row for row in found if row[1] != SILENCE]
        shown += len(rows)
        sent = [(sample.pts, sample.data, sample.key) for sample in pushed if sample.kind is kind]
        assert set(rows) <= set(sent)
        assert len(set(rows)) == len(rows)
        for parts in segments:
            assert all(before.end == after.start for before, after in pairwise(parts))
        assert all(row.pts >= row.dts for parts in segments for part in parts for row in part.rows)
        assert all(row.duration > 0 for parts in segments for part in parts for row in part.rows)
    assert shown + packager.dropped == len(pushed)


def _segments(viewer: Viewer, name: str) -> list[list[Fragment]]:
    stored = [key for key in viewer.objects if key.startswith(name) and key.count(".") == 1 and "init" not in key]
    return [fragments(viewer.objects[key]) for key in stored]
