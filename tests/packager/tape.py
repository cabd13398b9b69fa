"""Records what a packager lists, as the origin does: rows for tests of what is made of them."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from packager.commands import Life, Put
from packager.pipeline import LivePackager
from packager.recorded import Recorded, RecordedInit
from packager.recording import Recording
from tests.packager import feed
from tests.packager.feed import AAC, VIDEO, WALL, mixed, pictures, sound

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from media.sample import Sample
    from media.track import Track
    from packager.commands import Command


class Tape:
    """`objects` are all that was put for long, by name; `rows` what was listed of it."""

    def __init__(self, **changes: object) -> None:
        self.packager = LivePackager(feed.settings(epoch=4, first_msn=100, **changes))
        self.objects: dict[str, bytes] = {}
        self.rows: dict[tuple[str, int], Recorded] = {}
        self.tracks: dict[str, Track] = {}

    def run(self, tracks: Sequence[Track], samples: Iterable[Sample], wall: float = WALL) -> None:
        """One run of a publisher, from start to pause."""
        self._note(self.packager.start(tracks, wall))
        for sample in samples:
            self._note(self.packager.push(sample))
        self._note(self.packager.pause())

    def both(self, seconds: float, start: float = 0.0, wall: float = WALL) -> None:
        """A run of picture and sound."""
        samples = mixed((VIDEO, pictures(seconds, start=start)), (AAC, sound(seconds, start=start)))
        self.run([VIDEO, AAC], samples, wall)

    def lose(self, rendition: str, msn: int) -> None:
        """The store has not taken a segment."""
        row = self.rows[rendition, msn]
        self.rows[rendition, msn] = replace(row, size=0, sha256="")
        del self.objects[f"{rendition}/{row.file}"]

    def inits(self) -> list[RecordedInit]:
        return [
            RecordedInit(name, track, len(self.objects[name]), _hash(self.objects[name]))
            for name, track in self.tracks.items()
        ]

    def recording(self) -> Recording:
        made = Recording(self.inits())
        for key in sorted(self.rows):
            made.add(self.rows[key])
        return made

    def _note(self, commands: Iterable[Command]) -> None:
        for command in commands:
            if isinstance(command, Put) and command.life is Life.STORED:
                self.objects[command.name] = b"".join(command.body)
        self.tracks |= self.packager.tracks
        for name, window in self.packager.windows.items():
            for segment in window.segments:
                stored = self.objects.get(f"{name}/{segment.file}")
                self.rows.setdefault(
                    (name, segment.msn), Recorded.of(name, segment, "" if stored is None else _hash(stored))
                )


def _hash(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
