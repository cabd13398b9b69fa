"""A file as a buffer: mapped into memory, which takes none as long as pages are given back."""

from __future__ import annotations

import mmap
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from origin.vod.demux.film import MediaError
from origin.vod.demux.isobmff.movie import Movie

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from media.sample import Sample
    from media.track import Track
    from origin.vod.demux.film import LeftOut

GIVE_BACK_BYTES: Final = 16 * 1024 * 1024
"""Read by one who goes through a track, then all pages are let go: they stay in the system's cache, at a price of some
page faults a megabyte, and a file of gigabytes shows up as no more than this in the memory of the process."""


class MappedFilm:
    """As `Film`. Nobody may make the file shorter meanwhile: who reads what is gone from a map is killed."""

    def __init__(self, fd: int) -> None:
        try:
            self._map = mmap.mmap(fd, 0, access=mmap.ACCESS_READ)
        except ValueError:
            raise MediaError("The file is empty.") from None
        self._data = memoryview(self._map)
        try:
            self._movie = Movie(self._data)
        except BaseException:
            self.close()
            raise

    @property
    def tracks(self) -> Sequence[Track]:
        """As Film."""
        return self._movie.tracks

    @property
    def left_out(self) -> Sequence[LeftOut]:
        """As Film."""
        return self._movie.left_out

    def samples(self, track: int) -> Iterator[Sample]:
        """As Film; pages that were read are given back. Samples' data stays good: it is read anew where needed."""
        read = 0
        for sample in self._movie.samples(track):
            read += len(sample.data)
            if read > GIVE_BACK_BYTES:
                self._map.madvise(mmap.MADV_DONTNEED)
                read = 0
            yield sample

    def close(self) -> None:
        """As Film. What of it somebody still holds keeps the map; it goes with the last of these."""
        with suppress(BufferError):
            self._data.release()
            self._map.close()


def open_film(file: Path | int) -> MappedFilm:
    """Open a file by its path, or by a descriptor, which may be closed right afterwards.

    Raises MediaError, NotUnderstoodError, and OSError where there is none.
    """
    if isinstance(file, int):
        return MappedFilm(file)
    with file.open("rb") as opened:
        return MappedFilm(opened.fileno())
