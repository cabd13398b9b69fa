"""What a successor does first: it closes the segments that the writer before it left open.

Their parts were announced, so they stay; the segment gets the successor's epoch in its name, because the writer before
may wake up and finish its own. A rendition that had not come as far as the others gets gaps, so that segment number n
goes on to cover the same time in all of them.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import chain, takewhile
from typing import TYPE_CHECKING

from packager.commands import Life, Put
from packager.names import Names

if TYPE_CHECKING:
    from collections.abc import Mapping

    from packager.commands import Command
    from packager.hls.segment import Head, Segment
    from packager.hls.window import Window
    from packager.presentation import Presentation


def close_open_segments(
    presentation: Presentation, epoch: int, bodies: Mapping[str, tuple[bytes, ...]]
) -> list[Command]:
    """Close them with the parts whose bytes are in `bodies` (by name), up to the first that is missing."""
    out: list[Command] = []
    windows = [window for window in presentation.windows.values() if not window.ended]
    for window in windows:
        _keep_saved(window, bodies)
        if window.open_parts and window.open_head:
            window.open_head = _alone(window.open_head, window.open_msn)
            _close(window, Names(window.name, epoch), bodies, out)
        else:
            window.open_head = None
    _level(windows, epoch)
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


def _level(windows: list[Window], epoch: int) -> None:
    """Bring all windows to the same number."""
    ahead = {segment.msn: segment for window in windows for segment in window.segments}
    last = max(ahead, default=-1)
    for window in windows:
        names = Names(window.name, epoch)
        while window.segments and window.open_msn <= last:
            _gap(window, names, ahead[window.open_msn])
        window.promise(names.part(window.open_msn, 0))


def _gap(window: Window, names: Names, like: Segment) -> None:
    window.begin_segment(window.segments[-1].init, like.head.date, discontinuity=like.head.discontinuity)
    window.close_segment(names.segment(window.open_msn), like.duration, 0, names.part(window.open_msn + 1, 0))
