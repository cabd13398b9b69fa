"""When what left the playlists may be deleted.

RFC 8216bis, 6.2.2: after its removal from the playlist, a segment must stay for its own duration and that of the
longest playlist that held it. Media time, as it is pushed, is the clock: it stands still while nothing is published, so
nothing goes too early then.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING

from packager.commands import Delete

if TYPE_CHECKING:
    from collections.abc import Iterable, MutableMapping

    from packager.commands import Command
    from packager.hls.segment import Segment
    from packager.hls.window import Window


class Retention:
    """Slides windows to `span` seconds and remembers what became due when; one for all renditions.

    `windows` are those of the broadcast; one that was retired is taken out when nothing it lists is left.
    """

    def __init__(self, windows: MutableMapping[str, Window], span: float) -> None:
        self._windows = windows
        self._span = span
        self._age = 0.0
        self._media_s: float | None = None
        self._due: list[tuple[float, str]] = []
        self._retired: list[tuple[float, Window]] = []

    def slide(self, window: Window) -> None:
        """Drop what `window` need not show any more."""
        removed = window.slide(self._span)
        follower = window.segments[0] if window.segments else None
        for segment, after in zip(removed, [*removed[1:], follower], strict=False):
            self._doom(window, segment, last_of_init=after is None or after.init != segment.init)

    def retire(self, window: Window) -> None:
        """Doom everything in a window that has ended and will never slide."""
        for segment, after in zip(window.segments, [*window.segments[1:], None], strict=False):
            self._doom(window, segment, last_of_init=after is None or after.init != segment.init)
        self._retired.append((self._age + window.longest, window))

    def adopt(self, names: Iterable[str]) -> None:
        """Doom what a writer before has left behind: nothing lists it any more, yet players may still ask for it."""
        longest = max(
            (window.longest + 2 * (window.target_duration or 0) for window in self._windows.values()), default=0
        )
        for name in names:
            heappush(self._due, (self._age + longest, name))

    def start(self) -> None:
        """Let media time begin anew."""
        self._media_s = None

    def reach(self, media_s: float) -> None:
        """Media has come up to `media_s`."""
        if self._media_s is None:
            self._media_s = media_s
        elif media_s > self._media_s:
            self._age += media_s - self._media_s
            self._media_s = media_s

    def expire(self, out: list[Command]) -> None:
        """Delete what is due."""
        while self._due and self._due[0][0] <= self._age:
            out.append(Delete(heappop(self._due)[1]))
        while self._retired and self._retired[0][0] <= self._age:
            gone = self._retired.pop(0)[1]
            if self._windows.get(gone.name) is gone:
                del self._windows[gone.name]

    def _doom(self, window: Window, segment: Segment, *, last_of_init: bool) -> None:
        due = self._age + segment.duration + window.longest + (window.target_duration or 0)
        if not segment.gap:
            heappush(self._due, (due, f"{window.name}/{segment.file}"))
        if last_of_init:
            heappush(self._due, (due, f"{window.name}/{segment.init}"))
