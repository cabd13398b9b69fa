"""One broadcast as viewers see it: its presentation, the newest bytes in memory, and who waits for more.

Whoever writes the broadcast (`production`) or follows it from another node (`replica`) puts bytes into the spool and
calls `announce` when the presentation has grown. Playlists are rendered when asked for and kept until something
changes: 5,000 viewers of one part cost one rendering.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from origin.errors import Problem
from origin.live.growing import Growing
from origin.live.signal import Signal
from origin.live.spool import Spool
from origin.wire.conditions import weak_etag
from packager.hls import media_playlist
from packager.hls.reload import Decision, ReloadError, decide
from packager.names import Names, rendition_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from packager.hls.reload import ReloadQuery
    from packager.hls.window import Window
    from packager.presentation import Presentation

HOLD_TARGETS: Final = 3
"""A held reload is answered after this many target durations whatever happens (rfc8216bis, 6.2.5.2)."""
PART_HOLD_TARGETS: Final = 0.5
"""The same where a part is named: hls.js takes such a reload for lost after 0.8 target durations, and counts its line
and its own computer in: of 2 s they have 0.6 s. Where a publisher leaves it asks for the first part of a segment that
does not begin, or for a later one, for it adds what time must have brought."""
HOLD_BEFORE_READY_S: Final = 12.0
"""The same while the target duration is not known yet: one longest segment and a little."""
MPD: Final = "manifest.mpd"
FAREWELL_S: Final = 2.0
"""For how long the DASH manifest of an ended broadcast stays a live one: players reload it every second, and dash.js
5.2 must hear that it is over before it has stood at the end for two seconds, or it never says so."""
GZIP_LEVEL: Final = 1
"""Playlists repeat themselves; higher levels save 5 % more for five times the work."""


@dataclass(frozen=True, slots=True)
class Playlist:
    """A rendered playlist or manifest, plain and compressed."""

    plain: bytes
    zipped: bytes
    etag: bytes
    """A weak one, since both forms share it."""
    kind: bytes = b"application/vnd.apple.mpegurl"

    @classmethod
    def of(cls, text: str, kind: bytes = kind) -> Playlist:
        """Encode and compress `text`; `mtime` 0 so that equal playlists have equal bytes."""
        plain = text.encode()
        return cls(plain, gzip.compress(plain, GZIP_LEVEL, mtime=0), weak_etag(plain), kind)


def _between(chunks: Iterable[bytes], start: int, end: int) -> tuple[bytes, ...]:
    """Bytes `start` up to `end` of what `chunks` are together; a chunk that is wanted whole is not copied."""
    pieces, at = list[bytes](), 0
    for chunk in chunks:
        pieces.append(chunk[max(start - at, 0) : max(end - at, 0)])
        at += len(chunk)
    return tuple(filter(None, pieces))


class Channel:
    """The playlists and media of one broadcast; stored objects are under `prefix`."""

    def __init__(self, presentation: Presentation, prefix: str) -> None:
        self.presentation = presentation
        self.prefix = prefix
        self.ended = False
        self._ended_s = math.inf
        self.spool = Spool()
        self._signals: dict[str, Signal] = {}
        self._ready = Signal()
        self._rendered: dict[tuple[str, bool], tuple[tuple[int, ...], Playlist]] = {}

    def show(self, presentation: Presentation) -> None:
        """Show another presentation from now on."""
        self.presentation = presentation
        self._rendered.clear()

    def announce(self, renditions: Iterable[str]) -> None:
        """These windows have grown: wake whoever waits for that."""
        for rendition in renditions:
            self.signal(rendition).fire()
        if self.presentation.ready:
            self._ready.fire()

    def end(self) -> None:
        """No more media will come: everybody who waits is answered."""
        self.ended = True
        self._ended_s = asyncio.get_running_loop().time()
        for signal in (*self._signals.values(), self._ready):
            signal.fire()

    @property
    def _is_over(self) -> bool:
        """Whether the end has been told for so long that all have heard of it; what goes on elsewhere has none."""
        return self.presentation.ended and asyncio.get_running_loop().time() - self._ended_s >= FAREWELL_S

    def signal(self, rendition: str) -> Signal:
        """What fires when `rendition` grows."""
        return self._signals.setdefault(rendition, Signal())

    @property
    def started(self) -> bool:
        """Whether there is something to play."""
        return self.presentation.ready

    def can_answer(self, rendition: str, query: ReloadQuery) -> bool:
        """Whether `playlist` would answer, or refuse, without waiting."""
        if self.ended:
            return True
        if not self.presentation.ready:
            return False
        window = self.presentation.windows.get(rendition)
        try:
            return window is None or decide(window, query) is Decision.READY
        except ReloadError:
            return True

    def announced(self, name: str) -> bool:
        """Whether `name` is the part that comes next, so that `media` would wait for it."""
        window = self.presentation.windows.get(rendition_of(name))
        return window is not None and window.hinted == name and self.spool.get(name) is None

    async def until_presentable(self) -> None:
        """Wait until the presentation may be seen as it is; at once, unless somebody has to hear of it first."""

    async def multivariant(self) -> Playlist:
        """The multivariant playlist, as soon as there is something to play.

        Raises:
            Problem: `stream_offline` when nothing comes in time.
        """
        await self._until_ready()
        await self.until_presentable()
        versions = tuple(window.version for window in self.presentation.windows.values())
        return self._cached("", skip=False, versions=versions, windows=self.presentation.windows)

    async def manifest(self) -> Playlist:
        """The DASH manifest, as soon as there is something to play.

        Raises:
            Problem: `stream_offline` when nothing comes in time.
        """
        await self._until_ready()
        await self.until_presentable()
        versions = (
            self.presentation.flowing,
            self._is_over,
            *(window.version for window in self.presentation.windows.values()),
        )
        return self._cached(MPD, skip=False, versions=versions, windows=self.presentation.windows)

    async def playlist(self, rendition: str, query: ReloadQuery) -> Playlist:
        """A media playlist, held until it has what `query` asks for.

        Raises:
            Problem: `not_found` for an unknown rendition, `bad_reload` for a position that cannot come,
                `stream_offline` when nothing comes in time.
        """
        await self._until_ready()
        window = self.presentation.windows.get(rendition)
        if window is None:
            raise Problem("not_found", "This stream has no such rendition; reload its multivariant playlist.")
        await self._until_has(rendition, query)
        await self.until_presentable()
        windows = self.presentation.windows
        versions = (window.version, *(other.version for other in windows.values()))
        return self._cached(rendition, skip=query.skip, versions=versions, windows=windows)

    def growing(self, name: str, period: int | None = None) -> Growing | None:
        """The segment `name`, if it is open or the next to be, for a reader that takes its parts as they come.

        The reader expects it in the DASH period `period`, if that is not None.
        """
        window = self.presentation.windows.get(rendition_of(name))
        if window is None or not window.low_latency:
            return None
        files = Names(window.name, self.presentation.epoch)
        for msn in (window.open_msn, window.open_msn + 1):
            if name == files.within(files.segment(msn)):
                return Growing(self, window, msn, period, self._hold_s(window))
        return None

    async def media(self, name: str) -> tuple[bytes, ...] | None:
        """The chunks of an init segment, segment or part; a part that was announced is waited for.

        None means that memory does not have it: look in the store, under `prefix + name`, or for a part where the
        presentation's `place` says. Nobody has what the presentation hides.
        """
        if self.presentation.hides(name):
            return None
        if self.announced(name):
            rendition = rendition_of(name)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._hold_s(self.presentation.windows[rendition])):
                    while self.announced(name) and not self.ended:
                        await asyncio.shield(self.signal(rendition).next())
        return await self.body(name)

    async def body(self, name: str) -> tuple[bytes, ...] | None:
        """The chunks of `name` if they are at hand, by themselves or within their segment."""
        return self.spool.get(name) or self._within_segment(name)

    def _within_segment(self, name: str) -> tuple[bytes, ...] | None:
        place = self.presentation.place(name)
        whole = self.spool.get(place.file) if place else None
        return _between(whole, place.start, place.end) if place and whole else None

    async def _until_ready(self) -> None:
        if not self.started:  # rarely; a time-out costs more than all the rest of an answer
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(HOLD_BEFORE_READY_S):
                    while not self._settled():
                        await asyncio.shield(self._ready.next())
        if not self.presentation.ready:
            raise Problem("stream_offline", "The stream has only just begun; try again in a few seconds.")

    def _settled(self) -> bool:
        return self.presentation.ready or self.ended

    async def _until_has(self, rendition: str, query: ReloadQuery) -> None:
        window = self.presentation.windows[rendition]
        try:
            if decide(window, query) is Decision.READY:
                return
            async with asyncio.timeout(self._hold_s(window, query.part)):
                while decide(window, query) is Decision.WAIT and not self.ended:
                    await asyncio.shield(self.signal(rendition).next())
                    window = self.presentation.windows.get(rendition, window)  # that of the next writer, perhaps
        except ReloadError as error:
            raise Problem("bad_reload", str(error)) from error
        except TimeoutError:
            return  # the playlist as it stands is a legal answer, and the player asks again

    def _hold_s(self, window: Window, part: int | None = None) -> float:
        targets = HOLD_TARGETS if part is None else PART_HOLD_TARGETS
        return targets * window.target_duration if window.target_duration else HOLD_BEFORE_READY_S

    def _cached(
        self, rendition: str, *, skip: bool, versions: tuple[int, ...], windows: Mapping[str, Window]
    ) -> Playlist:
        """The last rendering, or a new one when a window has changed since. `rendition` "" is the multivariant one."""
        key = (rendition, skip)
        known = self._rendered.get(key)
        if known and known[0] == versions:
            return known[1]
        if rendition == MPD:
            fresh = Playlist.of(self.presentation.mpd(over=self._is_over), b"application/dash+xml")
        elif rendition:
            others = {name: window for name, window in windows.items() if name != rendition}
            fresh = Playlist.of(media_playlist.render(windows[rendition], others, skip=skip))
        else:
            fresh = Playlist.of(self.presentation.multivariant())
        self._rendered[key] = (versions, fresh)
        return fresh
