"""From init segments and the heads of segments to the plan of a file."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from media.track import Kind
from packager.mp4.description import read_init
from packager.mp4.errors import BadSegmentError, CannotJoinError
from packager.mp4.joining import join
from packager.mp4.layout import lay_out
from packager.mp4.movie import write_header
from packager.mp4.parameters import unite
from packager.mp4.quiet import Filler, silence_of
from packager.mp4.track import LITERAL, TrackTables
from packager.names import init_place, rendition_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from packager.mp4.description import Description
    from packager.mp4.fragment import Fragment
    from packager.mp4.layout import Extents
    from packager.mp4.words import Buffer

FORMAT: Final = b"headwater-mp4/1"
"""Changes whenever the same recording would become another file: entity tags begin with it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A file: `header`, and then the media that `extents` lists. `names` are the objects, by their number.

    `tag` is the same for the same bytes on every node, and another for others.
    """

    header: tuple[Buffer, ...]
    extents: Extents
    literals: bytes
    names: tuple[str, ...]
    tag: str

    @property
    def header_size(self) -> int:
        """Bytes before the media."""
        return sum(map(len, self.header))

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return self.header_size + self.extents.size


class Planner:
    """Takes the segments of a recording in order, a rendition's own at least, and gives the plan of its file.

    `inits` are the init segments by their names, relative to the playback id (`v0/1-init-0.mp4`), all of them and of
    at most one rendition of a kind.

    Raises:
        BadSegmentError: an init segment is damaged.
        CannotJoinError: runs differ in a way that one file cannot hold.
    """

    def __init__(self, inits: Mapping[str, bytes]) -> None:
        self._descriptions = {name: read_init(data) for name, data in inits.items()}
        self._tracks: dict[str, TrackTables] = {}
        self._literals: dict[bytes, tuple[int, int]] = {}
        self._literal_bytes = b""
        self._sets: dict[str, tuple[int, int] | None] = {}
        self._names: list[str] = []
        for rendition in sorted(set(map(rendition_of, inits))):
            self._begin(rendition)

    def _begin(self, rendition: str) -> None:
        names = [name for name in self._descriptions if rendition_of(name) == rendition]
        own = {name: self._descriptions[name] for name in sorted(names, key=init_place)}
        entry, sets = unite(own.values())
        first = next(iter(own.values()))
        self._tracks[rendition] = TrackTables(first, entry, self._filler(first))
        for name, description in own.items():
            self._sets[name] = self._literal(sets[description]) if sets[description] else None

    def _filler(self, description: Description) -> Filler | None:
        """A second of silence at a time: what chunks of the file last."""
        silence = silence_of(description)
        if silence is None:
            return None
        count = max(description.timescale // silence.span, 1)
        offset, size = self._literal(silence.data * count)
        return Filler(offset, size // count, silence.span, count)

    def _literal(self, data: bytes) -> tuple[int, int]:
        """Offset and length of bytes that the plan has itself."""
        if data not in self._literals:
            self._literals[data] = len(self._literal_bytes), len(data)
            self._literal_bytes += data
        return self._literals[data]

    def add(self, name: str, init: str, parts: Sequence[Fragment]) -> None:
        """Take the next segment of its rendition; `init` names the init segment that it goes with.

        Raises:
            BadSegmentError: it does not go on where the one before ended, or goes with no init segment that is there.
            CannotJoinError: the file would become too long.
        """
        if len(self._names) >= LITERAL:
            raise CannotJoinError("it has too many segments")
        if init not in self._sets:
            raise BadSegmentError("an init segment is missing")
        track, source = self._tracks[rendition_of(name)], len(self._names)
        self._names.append(name)
        for part in parts:
            track.add(init_place(init), source, part, self._sets[init])

    def finish(self) -> Plan:
        """The plan; call it once.

        Raises:
            BadSegmentError: there is no sample at all.
            CannotJoinError: between two runs nothing came for hours.
        """
        tracks = [track for track in self._tracks.values() if track.sizes]
        if not tracks:
            raise BadSegmentError("it has no samples")
        tracks.sort(key=lambda track: track.description.kind is not Kind.VIDEO)
        join(tracks)
        extents, chunks = lay_out(tracks)
        header = write_header(tracks, chunks, extents.size)
        return Plan(header, extents, self._literal_bytes, tuple(self._names), self._tag(header))

    def _tag(self, header: tuple[Buffer, ...]) -> str:
        """The header tells the size of every sample, and an object's name never has two contents: no more is needed."""
        digest = sha256(FORMAT)
        for piece in (*header, self._literal_bytes, "\n".join(self._names).encode()):
            digest.update(b"%d:" % len(piece))
            digest.update(piece)
        return f"mp4-{digest.hexdigest()[:32]}"
