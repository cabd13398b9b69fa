"""What the program tells whoever runs it, a JSON line each, read as strictly as a stranger's: it reads their files.

    {"left_out": […]}  {"init": …}  {"segment": …}  {"progress": 0.42}  {"poster": …}
    {"done": {}}, or {"error": "sentence"}, as the last one

A file is told of when it is there, whole. Its name must be one that this attempt may give: its rendition, and its
epoch. So nothing that is told can reach another attempt's objects, or another asset's.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, Final

from origin.vod.demux.film import LeftOut
from packager.diary import track_of, track_row
from packager.inventory import Stored
from packager.names import POSTER, epoch_of, is_init
from packager.recorded import Recorded, RecordedInit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MAX_LINE_BYTES: Final = 64 << 10
"""A line has some 400 bytes; an init segment's holds its decoder configuration in hex, 8 KiB at the worst."""
MAX_FILE_BYTES: Final = 256 << 20
"""A segment of 10 s at 200 Mbit/s; it is put as a whole."""
MAX_POSTER_BYTES: Final = 1 << 20
"""Some 60 KB as a rule."""
MAX_LEFT_OUT: Final = 64
"""Tracks that are told of; a file with more is strange enough."""
MAX_WORDS: Final = 300
"""Characters of a sentence, or a name, that people are shown."""
_MOST: Final = 1 << 53
"""What JSON's readers agree on as an integer; 3,000 years in ticks of 90 kHz."""
_NAME: Final = re.compile(r"[av][0-9]{1,3}/[0-9]{1,15}-(?:init-[0-9]{1,9}\.mp4|[0-9]{1,12}\.m4s)")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]+")


class BadTaleError(Exception):
    """A line that the program must not have told."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it has come, 0 to 1."""

    share: float


@dataclass(frozen=True, slots=True)
class TracksLeftOut:
    """Tracks of the file that are not packaged, some tens at the most."""

    tracks: tuple[LeftOut, ...]


@dataclass(frozen=True, slots=True)
class Poster:
    """A still of the film, a JPEG. It belongs to no rendition, and no manifest names it."""

    stored: Stored


@dataclass(frozen=True, slots=True)
class Done:
    """All files were told."""


@dataclass(frozen=True, slots=True)
class Failure:
    """The file cannot be packaged; a sentence says why."""

    sentence: str


Tale = Recorded | RecordedInit | Progress | TracksLeftOut | Poster | Done | Failure


def write(tale: Tale) -> bytes:
    """The line, with its end."""
    name, content_of = _WRITTEN[type(tale)]
    return json.dumps({name: content_of(tale)}, separators=(",", ":")).encode() + b"\n"


def read(line: bytes, epoch: int) -> Tale:
    """Read one line of the attempt `epoch`. Raises BadTaleError."""
    try:
        told = json.loads(line)
        (name,) = told
        return _KINDS[name](told[name], epoch)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
        raise BadTaleError(f"The packaging program told something strange ({error!r:.200}).") from None


def _segment(told: Mapping[str, Any], epoch: int) -> Recorded:
    values = {name: _checked(told[name], kind) for name, kind in _SEGMENT.items()}
    row = Recorded(**values)
    _check_file(row.stored.name, row.size, row.sha256, epoch)
    _check_file(row.init_name, row.size, row.sha256, epoch)
    if is_init(row.file) or not is_init(row.init) or row.duration <= 0:
        raise ValueError(row.file)
    return row


def _init(told: Mapping[str, Any], epoch: int) -> RecordedInit:
    row = RecordedInit(told["name"], track_of(told["track"]), _checked(told["size"], "int"), told["sha256"])
    _check_file(row.name, row.size, row.sha256, epoch)
    if not is_init(row.name):
        raise ValueError(row.name)
    return row


def _check_file(name: str, size: int, sha256: str, epoch: int) -> None:
    if not _NAME.fullmatch(name) or epoch_of(name) != epoch:
        raise ValueError(name)
    if not 0 < size <= MAX_FILE_BYTES or not _SHA256.fullmatch(sha256):
        raise ValueError(size)


def _checked(value: Any, kind: str) -> Any:
    """A value of the type that the column has; numbers that are none, or that no column holds, are refused."""
    if kind == "float" and type(value) in (int, float) and math.isfinite(value) and abs(value) < _MOST:
        return float(value)
    if kind == "int" and type(value) is int and abs(value) < _MOST:
        return value
    if type(value).__name__ != kind or kind in ("float", "int"):
        raise ValueError(value)
    return value


def _progress(told: Any, _epoch: int) -> Progress:
    return Progress(min(max(_checked(told, "float"), 0.0), 1.0))


def _left_out(told: list[Mapping[str, Any]], _epoch: int) -> TracksLeftOut:
    return TracksLeftOut(tuple(map(_track, told[:MAX_LEFT_OUT])))


def _track(told: Mapping[str, Any]) -> LeftOut:
    words = (_words(told[name]) for name in ("kind", "codec", "language", "why"))
    return LeftOut(_checked(told["index"], "int"), *words)


def _poster(told: Mapping[str, Any], _epoch: int) -> Poster:
    stored = Stored(told["name"], _checked(told["size"], "int"), told["sha256"])
    if stored.name != POSTER or not 0 < stored.size <= MAX_POSTER_BYTES or not _SHA256.fullmatch(stored.sha256):
        raise ValueError(stored.name)
    return Poster(stored)


def _words(said: str) -> str:
    """Words for people: of one line, and not endless."""
    return _CONTROL.sub(" ", said)[:MAX_WORDS].encode(errors="replace").decode()


_KINDS: Final[dict[str, Callable[[Any, int], Tale]]] = {
    "segment": _segment,
    "init": _init,
    "progress": _progress,
    "left_out": _left_out,
    "poster": _poster,
    "done": lambda _told, _epoch: Done(),
    "error": lambda told, _epoch: Failure(_words(told)),
}
_WRITTEN: Final[dict[type, tuple[str, Callable[[Any], Any]]]] = {
    Recorded: ("segment", asdict),
    RecordedInit: ("init", lambda tale: {**asdict(tale), "track": track_row(tale.track)}),
    Progress: ("progress", lambda tale: tale.share),
    TracksLeftOut: ("left_out", lambda tale: [asdict(track) for track in tale.tracks[:MAX_LEFT_OUT]]),
    Poster: ("poster", lambda tale: asdict(tale.stored)),
    Done: ("done", asdict),
    Failure: ("error", lambda tale: tale.sentence[:MAX_WORDS]),
}
_SEGMENT: Final = {field.name: str(field.type) for field in fields(Recorded)}
