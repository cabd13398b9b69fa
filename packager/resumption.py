"""What a successor does first: it closes the segments that the writer before it left open.

Their parts were announced, so they stay; the segment gets the successor's epoch in its name, because the writer before
may wake up and finish its own. A rendition that had not come as far as the others is brought to the same number, so
that segment number n goes on to cover the same time in all of them: sound beside pictures with silence, as players
stand still before a gap of it, some for ever; where no silent frame is known, and pictures, with gaps.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import chain, takewhile
from typing import TYPE_CHECKING

from media.silence import silence_for
from media.timing import rescale
from packager.commands import Life, Put
from packager.follower import OVER_TARGET_S
from packager.names import Names
from packager.periods import Periods
from packager.rendition import Rendition

if TYPE_CHECKING:
    from collections.abc import Mapping

    from media.silence import Silence
    from packager.commands import Command
    from packager.hls.segment import Head, Segment
    from packager.hls.window import Window
    from packager.presentation import Presentation
    from packager.promises import Promises


def close_open_segments(
    presentation: Presentation, epoch: int, bodies: Mapping[str, tuple[bytes, ...]], promises: Promises
) -> list[Command]:
    """Close them with the parts whose bytes are in `bodies` (by name), up to the first that is missing.

    `promises` are those that players were given already.
    """
    out: list[Command] = []
    windows = [window for window in presentation.windows.values() if not window.ended]
    for window in windows:
        _keep_saved(window, bodies)
        if window.open_parts and window.open_head:
            window.open_head = _alone(window.open_head, window.open_msn)
            _close(window, Names(window.name, epoch), bodies, out)
        else:
            window.open_head = None
    _Levelling(presentation, epoch, promises, out).level(windows)
    return out


def _alone(head: Head, msn: int) -> Head:
    """The head of a segment in a DASH period of its own: a period's addresses hold one epoch."""
    return replace(head, period=msn, period_time=head.time, period_date=head.date)


def _keep_saved(window: Window, bodies: Mapping[str, tuple[bytes, ...]]) -> None:
    window.open_parts = list(takewhile(lambda part: f"{window.name}/{part.file}" in bodies, window.open_parts))


def _close(window: Window, names: Names, bodies: Mapping[str, tuple[bytes, ...]], out: list[Command]) -> None:
    saved = [(names.within(part.file), bodies[names.within(part.file)]) for part in window.open_parts]
    out += [Put(name, body, Life.EDGE) for name, body in saved]
    file = names.segment(window.open_msn)
    out.append(Put(names.within(file), tuple(chain.from_iterable(body for _, body in saved)), Life.STORED))
    duration = sum(part.duration for part in window.open_parts)
    size = sum(part.size for part in window.open_parts)
    window.close_segment(file, duration, size, names.part(window.open_msn + 1, 0))


class _Levelling:
    """Brings all windows to the same number; what that takes is put into `out`.

    They are level wherever a run begins, so all that is missing is of the present run, or the last one.
    """

    def __init__(self, presentation: Presentation, epoch: int, promises: Promises, out: list[Command]) -> None:
        self._presentation = presentation
        self._tracks = presentation.tracks
        self._epoch = epoch
        self._promises = promises
        self._out = out

    def level(self, windows: list[Window]) -> None:
        ahead = {segment.msn: (window.name, segment) for window in windows for segment in window.segments}
        last = max(ahead, default=-1)
        for window in windows:
            names = Names(window.name, self._epoch)
            silence = silence_for(self._tracks[window.name])
            while window.segments and window.open_msn <= last:
                other, like = ahead[window.open_msn]
                if silence is None or like.gap:
                    _gap(window, names, like)
                else:
                    self._fill(silence, window, names, like, self._tracks[other].timescale)
            window.promise(names.part(window.open_msn, 0))

    def _fill(self, silence: Silence, window: Window, names: Names, like: Segment, timescale: int) -> None:
        """Put silence for the time of `like`, whose clock has `timescale`, and for what is missing before it.

        The latter as far as one segment may be long; beyond that a hole stays, as where sound has fewer parts.
        """
        rendition = self._rendition(window, names, like, like.head.date - like.head.time / timescale)
        ticks = rendition.track.timescale
        begin = rescale(like.head.time, timescale, ticks)
        until = begin + round(like.duration * ticks)
        longest = int((self._promises.patience_s + OVER_TARGET_S) * ticks) - silence.span
        start = _end(window, ticks) if _joins(window, like) else begin
        start += max(-((start + longest - until) // silence.span), 0) * silence.span
        frames = list(silence.samples(start, until))
        rendition.start = start
        for sample in frames:
            rendition.add(sample, self._out)
        rendition.end_segment(start + len(frames) * silence.span, self._out, flows=False)
        self._presentation.reached_s = max(self._presentation.reached_s, rendition.reached_s)

    def _rendition(self, window: Window, names: Names, like: Segment, wall_at_zero: float) -> Rendition:
        """What puts one segment beside `like`, in a DASH period of its own and with the init segment of the run."""
        rendition = Rendition(
            *(self._tracks[window.name], names, window, self._promises, Periods()),
            init_number=0,
            wall_at_zero=wall_at_zero,
            discontinuity=like.head.discontinuity,
        )
        rendition.init = self._presentation.present[window.name].partition("/")[2]
        return rendition


def _joins(window: Window, like: Segment) -> bool:
    """Whether the next segment goes on where the samples of the last one end: in one run, and not after a gap."""
    return not like.head.discontinuity and bool(window.segments[-1].parts)


def _end(window: Window, timescale: int) -> int:
    """Where the samples of the last segment end; its duration may tell of a hole besides."""
    last = window.segments[-1]
    return last.head.time + round(sum(part.duration for part in last.parts) * timescale)


def _gap(window: Window, names: Names, like: Segment) -> None:
    window.begin_segment(window.segments[-1].init, like.head.date, discontinuity=like.head.discontinuity)
    window.close_segment(names.segment(window.open_msn), like.duration, 0, names.part(window.open_msn + 1, 0))
