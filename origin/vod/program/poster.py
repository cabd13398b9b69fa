"""The poster: a key frame of the film, kept as it passes by, and decoded when all else is done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from media.track import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from media.sample import Sample
    from media.track import Track

WANTED_S: Final = 8.0
"""The first key frame from here on, past most logos and fades from black, or the last one that there is."""


class Poster:
    """Watches the samples of a film's first video track, if it has one."""

    def __init__(self, track: Track | None) -> None:
        self._track = track
        self._frame: bytes | None = None

    def watching(self, track: Track, samples: Iterator[Sample]) -> Iterator[Sample]:
        """The samples of a track, unchanged."""
        return iter(self._watched(samples)) if track is self._track and track.kind is Kind.VIDEO else samples

    def jpeg(self) -> bytes | None:
        """The picture; None where there is none, or its frame cannot be decoded: a film is none the worse for it."""
        if self._track is None or self._frame is None:
            return None
        from transcoder.stills import StillError, still  # noqa: PLC0415 - libav is loaded for nothing else, as a rule

        try:
            return still(self._track, self._frame)
        except StillError:
            return None

    def _watched(self, samples: Iterator[Sample]) -> Iterable[Sample]:
        wanted = WANTED_S * self._track.timescale if self._track else 0
        for sample in samples:
            if sample.key:
                self._frame = bytes(sample.data)
                if sample.pts >= wanted:
                    yield sample
                    break
            yield sample
        yield from samples
