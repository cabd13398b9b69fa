"""What the program tells whoever runs it: one line of JSON each, ended by the line's end.

A file is told of when it is there, whole, under its name within the package.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from origin.vod.demux.film import LeftOut
from packager.diary import track_of, track_row
from packager.inventory import Stored
from packager.recorded import Recorded, RecordedInit

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_LINE_BYTES: Final = 64 << 10
"""A track's configuration has some kilobytes at the most; all else is far smaller."""


class BadTaleError(ValueError):
    """The line is none of these: the program is another one, or has gone mad."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How much of the film is done, 0 to 1."""

    share: float


@dataclass(frozen=True, slots=True)
class Done:
    """All files are there."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The film cannot be packaged, for the reason that the sentence gives."""

    sentence: str


@dataclass(frozen=True, slots=True)
class Poster:
    """A still of the film, a JPEG. It belongs to no rendition, and no manifest names it."""

    stored: Stored


Tale = RecordedInit | Recorded | LeftOut | Poster | Progress | Done | Failed


def write(tale: Tale) -> bytes:
    """The line."""
    kind = _NAMES[type(tale)]
    content = asdict(tale)
    if isinstance(tale, RecordedInit):
        content["track"] = track_row(tale.track)
    return json.dumps({kind: content}, separators=(",", ":")).encode() + b"\n"


def read(line: bytes) -> Tale:
    """The tale of a line. Raises BadTaleError."""
    try:
        ((kind, content),) = json.loads(line).items()
        return _KINDS[kind](content)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise BadTaleError("the packaging program does not speak as it should") from error


def _init(content: dict[str, Any]) -> RecordedInit:
    return RecordedInit(**content | {"track": track_of(content["track"])})


_KINDS: Final[dict[str, Callable[[dict[str, Any]], Tale]]] = {
    "init": _init,
    "segment": lambda content: Recorded(**content),
    "left_out": lambda content: LeftOut(**content),
    "poster": lambda content: Poster(Stored(**content["stored"])),
    "progress": lambda content: Progress(**content),
    "done": lambda content: Done(**content),
    "error": lambda content: Failed(**content),
}
_NAMES: Final[dict[type, str]] = {
    RecordedInit: "init",
    Recorded: "segment",
    LeftOut: "left_out",
    Poster: "poster",
    Progress: "progress",
    Done: "done",
    Failed: "error",
}
