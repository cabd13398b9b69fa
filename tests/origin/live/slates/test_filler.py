from __future__ import annotations

import asyncio
from itertools import islice, pairwise
from typing import TYPE_CHECKING

from media.silence import silence_for
from media.track import VIDEO_TIMESCALE, Codec, Kind, Track
from origin.live.health import Health
from origin.live.publication import Publication
from origin.live.slates import filler
from origin.live.slates.filler import Filler, frames
from tests.origin.live.air import Air
from tests.support.frames import AUDIO, AVCC
from transcoder.slate.loop import Loop

LOOP = Loop(
    Track(Codec.H264, VIDEO_TIMESCALE, AVCC, 1280, 720, frame_rate=25.0), (b"key", *(b"%d" % n for n in range(49)))
)
if TYPE_CHECKING:
    import pytest

SILENCE = silence_for(AUDIO)


def test_pictures_and_silence_come_in_the_order_of_their_times() -> None:
    found = list(islice(frames(LOOP, AUDIO, SILENCE), 1_000))
    times = [frame.dts_ms for frame in found]
    assert all(after - before >= -1 for before, after in pairwise(times))
    pictures = [frame for frame in found if frame.kind is Kind.VIDEO]
    sounds = [frame for frame in found if frame.kind is Kind.AUDIO]
    assert [frame.dts_ms for frame in pictures[:4]] == [0, 40, 80, 120]
    assert [frame.dts_ms for frame in sounds[:4]] == [0, 21, 43, 64]
    assert [number for number, frame in enumerate(pictures) if frame.key] == list(range(0, len(pictures), 50))
    assert [frame.data for frame in pictures[48:52]] == [b"47", b"48", b"key", b"0"]
    assert abs(pictures[-1].dts_ms - sounds[-1].dts_ms) < 50


def test_without_sound_there_are_pictures_alone() -> None:
    assert {frame.kind for frame in islice(frames(LOOP, None, None), 100)} == {Kind.VIDEO}


async def test_it_fills_until_it_is_stopped_and_no_faster_than_time_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filler, "TICK_S", 0.02)
    air = Air()
    air.go(90)
    air.pause()
    before, ends = air.channel.presentation.reached_s, []
    publication = Publication(
        *(air.channel, Health()),
        start_s=before,
        clock=lambda: 1.8e9,
        on_close=lambda closed, _: ends.append(closed.end_s),
    )
    loop, begun = asyncio.get_running_loop(), asyncio.get_running_loop().time()
    slate = Filler(publication, LOOP, AUDIO, SILENCE)
    async with asyncio.timeout(20):
        while air.channel.presentation.reached_s < before + 0.5:  # noqa: ASYNC110 - as a viewer
            await asyncio.sleep(0.01)
    slate.stop()
    assert ends[0] >= before + 0.5
    assert ends[0] - before <= loop.time() - begun + 0.2
    assert [track.kind for track in publication.tracks] == [Kind.VIDEO, Kind.AUDIO]
    assert air.channel.presentation.windows["v0"].last_discontinuity == 1
    pushed = publication.frames
    await asyncio.sleep(0.1)
    assert publication.frames == pushed


async def test_time_that_was_slept_through_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filler, "MOST_BEHIND_S", 0.05)
    monkeypatch.setattr(filler, "TICK_S", 0.3)
    air = Air()
    air.pause()
    publication = Publication(
        air.channel, Health(), start_s=1.0, clock=lambda: 1.8e9, on_close=lambda _closed, _reason: None
    )
    slate = Filler(publication, LOOP, None, None)
    for _ in range(3):
        await asyncio.sleep(0)
    assert publication.frames == 9  # up to 0.3 s, though it looked as if more was due
    slate.stop()
