"""A file that libav reads, as a `Film`: a container for each track and each reading, so that none waits for another."""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakSet

import av

from media.bits import MalformedConfig
from origin.vod.demux.film import LeftOut, MediaError
from origin.vod.demux.libav.carried import Carried
from origin.vod.demux.libav.choice import choose, left_out
from origin.vod.demux.libav.converted import Converted
from origin.vod.demux.libav.naming import CARRIED, codec_of
from origin.vod.demux.libav.opening import opened, translated
from origin.vod.demux.libav.packets import packets
from origin.vod.demux.libav.sniff import HEAD_BYTES, container_of
from origin.vod.demux.libav.source import Source
from origin.vod.demux.libav.timing import samples
from origin.vod.demux.zero import First, Shift, shifts

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from media.sample import Sample
    from media.track import Track
    from origin.vod.demux.libav.unit import Unit


@dataclass(frozen=True, slots=True)
class _Lane:
    """A track of the film: which stream it is, whether that is converted, and where it begins."""

    index: int
    converted: bool
    track: Track
    first: First


def open_film(file: str | Path | int) -> LibavFilm:
    """Open a file by its path, or by a descriptor that stays the caller's.

    Raises MediaError where it cannot be packaged.
    """
    if isinstance(file, int):
        return LibavFilm(file, owned=False)
    fd = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return LibavFilm(fd, owned=True)
    except BaseException:
        os.close(fd)
        raise


class LibavFilm:
    """See `origin.vod.demux.film.Film`."""

    def __init__(self, fd: int, *, owned: bool) -> None:
        self._fd = fd
        self._owned = owned
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode):
            raise MediaError("This is no file.")
        self._size = status.st_size
        self._reader = container_of(os.pread(fd, HEAD_BYTES, 0))
        self._left_out: list[LeftOut] = []
        self._lanes = self._begin()
        self._shifts = shifts([lane.first for lane in self._lanes])
        self._readings: WeakSet[Generator[Sample]] = WeakSet()

    @property
    def tracks(self) -> list[Track]:
        """The tracks that can be packaged."""
        return [lane.track for lane in self._lanes]

    @property
    def left_out(self) -> list[LeftOut]:
        """All other tracks."""
        return sorted(self._left_out, key=lambda each: each.index)

    def samples(self, track: int) -> Iterator[Sample]:
        """Those of one track."""
        reading = self._read(self._lanes[track], self._shifts[track])
        self._readings.add(reading)
        return reading

    def close(self) -> None:
        """Let go of the file, and of all that is being read."""
        for reading in list(self._readings):
            reading.close()
        if self._owned:
            os.close(self._fd)

    def _read(self, lane: _Lane, shift: Shift) -> Generator[Sample]:
        with self._stream(lane.index, converted=lane.converted) as stream, translated():
            yield from samples(stream.units(), lane.track.kind, shift)

    def _begin(self) -> list[_Lane]:
        with opened(Source(self._fd, self._size), self._reader) as container:
            choice = choose(tuple(container.streams))
            known = {index: left_out(container.streams[index], "It holds nothing.") for index in choice.taken}
        self._left_out += choice.left_out
        lanes = []
        for index in choice.taken:
            lane = self._lane(index)
            if lane:
                lanes.append(lane)
            else:
                self._left_out.append(known[index])
        if not lanes:
            raise MediaError("The file holds neither video nor sound.")
        return lanes

    def _lane(self, index: int) -> _Lane | None:
        """How a stream is read; None where there is nothing in it."""
        for converted in (False, True):
            try:
                with self._stream(index, converted=converted) as stream:
                    return _lane(index, stream, converted=converted)
            except MalformedConfig as error:
                if converted:
                    raise MediaError("The sound cannot be decoded: the file is damaged.") from error
            except EOFError:
                return None
        return None

    @contextmanager
    def _stream(self, index: int, *, converted: bool) -> Iterator[Carried | Converted]:
        with opened(Source(self._fd, self._size), self._reader) as container:
            stream, found = container.streams[index], packets(container, index, self._size)
            if isinstance(stream, av.AudioStream) and converted:
                yield Converted(stream, found)
            elif converted:
                raise MediaError("The configuration of the video cannot be read: the file is damaged.")
            elif codec_of(stream) not in CARRIED:
                raise MalformedConfig("players do not take it")
            else:
                yield Carried(stream, found)


def _lane(index: int, stream: Carried | Converted, *, converted: bool) -> _Lane | None:
    first: Unit | None = next(stream.units(), None)
    if first is None:
        return None
    return _Lane(index, converted, stream.track, First(stream.track.timescale, first.dts, first.pts))
