"""Publishes a loop, and silence beside it, in real time, until it is stopped: to the packager it is a publisher.

So what comes out is a run like any other, with a discontinuity before it and, when the publisher is back, behind it.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from media.sample import Frame
from media.track import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from media.silence import Silence
    from media.track import Track
    from origin.live.publication import Publication
    from transcoder.slate.loop import Loop

TICK_S: Final = 0.2
"""Between two wake-ups: a part of media each."""
MOST_BEHIND_S: Final = 2.0
"""Further behind the clock (a machine that was suspended), time is left out and not hurried through."""


def frames(loop: Loop, sound: Track | None, silence: Silence | None) -> Iterator[Frame]:
    """The slate for ever, in the order of its times; the loop over and over, and a silent frame after the other."""
    rate, pictures = loop.rate, loop.pictures
    span_s = silence.span / sound.timescale if sound and silence else 0.0
    picture = heard = 0
    while True:
        if silence and heard * span_s < picture / rate:
            yield Frame(Kind.AUDIO, round(1000 * heard * span_s), 0, key=True, data=silence.data)
            heard += 1
            continue
        data = pictures[picture % len(pictures)]
        yield Frame(Kind.VIDEO, round(1000 * picture / rate), 0, key=picture % len(pictures) == 0, data=data)
        picture += 1


class Filler:
    """A slate on the air as `publication`."""

    def __init__(self, publication: Publication, loop: Loop, sound: Track | None, silence: Silence | None) -> None:
        self._publication = publication
        for track in (loop.track, sound):
            if track:
                publication.set_track(track)
        self._task = asyncio.create_task(self._run(frames(loop, sound, silence)), name="slate")

    def stop(self) -> None:
        """End the run: whoever comes next goes on where it ends. Never waits."""
        self._task.cancel()
        self._publication.close("the slate is taken off")

    async def _run(self, coming: Iterator[Frame]) -> None:
        clock = asyncio.get_running_loop().time
        begun, sent_s = clock(), 0.0
        while not self._publication.farewell.done():
            due_s = clock() - begun + TICK_S
            if due_s - sent_s > MOST_BEHIND_S:
                begun += due_s - sent_s - TICK_S
                due_s = sent_s + TICK_S
            while sent_s < due_s:
                frame = next(coming)
                self._publication.push(frame)
                sent_s = frame.dts_ms / 1000
            await asyncio.sleep(TICK_S)
