from __future__ import annotations

import asyncio
import threading
import time
from itertools import pairwise
from typing import TYPE_CHECKING

import av
import pytest

from origin.demo.publisher import FRAME_RATE, Show, keep_publishing, publish
from tests.support.picture import clock_of
from tests.support.rtmp_sink import rtmp_sink
from transcoder.testcard import Card
from transcoder.testcard.sound import Sound

if TYPE_CHECKING:
    from pathlib import Path

KEY = "sk_test"
ENOUGH = 60_000
"""Bytes of a small card: more than a second of it."""


def clocks(file: Path) -> list[tuple[float, float]]:
    """Media time and the time in the picture of every frame, seconds."""
    with av.open(str(file)) as container:
        return [(float(frame.time or 0), clock_of(frame) / 1000) for frame in container.decode(video=0)]


async def test_a_foreign_server_gets_picture_and_sound_in_real_time(tmp_path: Path) -> None:
    stop = threading.Event()
    begun = time.time()
    async with rtmp_sink(tmp_path, KEY) as sink:
        words: list[str] = []
        show = Show(Card(640, 360), Sound())
        work = asyncio.create_task(asyncio.to_thread(keep_publishing, sink.url, show, stop, words.append))
        await sink.until_it_holds(ENOUGH)
        stop.set()
        await work
        await sink.finished()
    seen = clocks(sink.file)
    assert len(seen) >= FRAME_RATE
    assert begun < seen[0][1] < seen[-1][1] < time.time()
    steps = [(media, shown) for (media, shown) in ((b[0] - a[0], b[1] - a[1]) for a, b in pairwise(seen))]
    assert all(media > 0 and shown > 0 for media, shown in steps)
    with av.open(str(sink.file)) as container:
        assert [stream.codec_context.name for stream in container.streams] == ["h264", "aac"]
    assert all(KEY not in sentence for sentence in words)


def test_trouble_is_told_without_the_key() -> None:
    stop = threading.Event()
    words: list[str] = []

    def say(sentence: str) -> None:
        words.append(sentence)
        stop.set()

    keep_publishing(f"rtmp://127.0.0.1:1/live/{KEY}", Show(Card(320, 180), Sound()), stop, say)
    assert words
    assert KEY not in words[0]


def test_publishing_to_nobody_raises() -> None:
    with pytest.raises((av.FFmpegError, OSError)):
        publish(f"rtmp://127.0.0.1:1/live/{KEY}", Show(Card(320, 180), Sound()), threading.Event())
