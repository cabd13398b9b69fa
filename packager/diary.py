"""A presentation written down as it grows: entries that say what has changed since the one before.

`Diary.entry` gives what came since its last call, `apply` brings another presentation up to it, and the first entry of
a fresh diary says everything. An entry is JSON, a few hundred bytes for a part; a closed segment is in one entry.
Entries must be applied in order and without a gap: whoever keeps them numbers them.
"""

from __future__ import annotations

import json
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

from media.track import Codec, Track
from packager.hls.segment import Head, Part, Segment
from packager.hls.window import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from packager.presentation import Presentation

T = TypeVar("T")

_ENCODE: Final = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode
MAX_ENTRY_BYTES: Final = 64 << 20
"""A window of a day is 86,400 segments of some 700 bytes with their parts; no entry is longer."""


class DiaryError(ValueError):
    """An entry that does not follow the one before, or is none."""


class Diary:
    """Remembers how much of a presentation has been told."""

    def __init__(self, presentation: Presentation) -> None:
        self._presentation = presentation
        self._told: dict[str, _Told] = {}
        self._inits: dict[str, Track] | None = None
        self._state: list[Any] = []

    def entry(self) -> bytes:
        """What has changed since the last call."""
        shown = self._presentation
        rows = {name: self._row(window) for name, window in shown.windows.items()}
        whole: dict[str, Any] = {
            "reached": shown.reached_s,
            "windows": {name: row for name, row in rows.items() if row is not None},
        }
        state = [list(shown.windows), shown.part_target, shown.epoch, shown.flowing, shown.span_s]
        if state != self._state:
            self._state = whole["state"] = state
        if shown.inits is not self._inits:
            self._inits = shown.inits
            whole["inits"] = {name: track_row(track) for name, track in shown.inits.items()}
            whole["present"] = shown.present
        return _ENCODE(whole).encode()

    def _row(self, window: Window) -> dict[str, Any] | None:
        told = self._told.get(window.name)
        if told is None or told.window is not window:
            told = self._told[window.name] = _Told(window)
        return told.row()


class _Told:
    """One window, and what of it is in the entries so far."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self._version = -1
        self._base: int | None = None
        self._parts = 0
        self._changed = window.lost_count
        self._rest: tuple[object, ...] = ()

    def row(self) -> dict[str, Any] | None:
        window = self.window
        if (window.version, len(window.open_parts)) == (self._version, self._parts):
            return None
        if self._only_parts(window):
            parts_from, self._parts = self._parts, len(window.open_parts)
            self._version = window.version
            parts = [_row_of(part) for part in window.open_parts[parts_from:]]
            return {"at": self._base, "parts": [parts_from, parts], "hint": window.hint}
        fresh = self._base is None
        first = window.media_sequence if self._base is None else max(self._base, window.media_sequence)
        closed = window.segments[first - window.media_sequence :]
        parts_from = self._parts if first == window.open_msn and not fresh else 0
        row: dict[str, Any] = {
            "from": None if fresh else first,
            "media": window.media_sequence,
            "discontinuity": window.discontinuity_sequence,
            "low": window.low_latency,
            "target": window.target_duration,
            "closed": [_segment_row(segment) for segment in closed],
            "head": None if window.open_head is None else _row_of(window.open_head),
            "parts": [parts_from, [_row_of(part) for part in window.open_parts[parts_from:]]],
            "hint": window.hint,
            "ended": window.ended,
            "longest": window.longest,
        }
        if self._changed != window.lost_count:
            row["gaps"] = [segment.msn for segment in window.segments if segment.lost]
        self._version, self._base, self._parts = window.version, window.open_msn, len(window.open_parts)
        self._changed = window.lost_count
        self._rest = self._rest_of(window)
        return row

    def _only_parts(self, window: Window) -> bool:
        """Whether nothing has changed but the parts of the open segment, and what is hinted at: nearly always."""
        return window.open_msn == self._base and self._rest_of(window) == self._rest

    def _rest_of(self, window: Window) -> tuple[object, ...]:
        return (
            *(window.media_sequence, window.target_duration, window.ended, window.lost_count, window.longest),
            *(window.discontinuity_sequence, window.open_head),
        )


def apply(presentation: Presentation, entry: bytes) -> set[str]:
    """Bring `presentation` up to an entry; gives the renditions whose windows have changed. Raises DiaryError."""
    if len(entry) > MAX_ENTRY_BYTES:
        raise DiaryError("the entry is too long")
    try:
        return _apply(presentation, json.loads(entry))
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
        raise DiaryError(f"the entry does not fit: {error}") from error


def _apply(presentation: Presentation, whole: Mapping[str, Any]) -> set[str]:
    windows = presentation.windows
    for name, row in whole["windows"].items():
        if row.get("from", 0) is None:
            windows[name] = Window(
                name,
                media_sequence=row["media"],
                discontinuity_sequence=row["discontinuity"],
                low_latency=row["low"],
            )
        _advance(windows[name], row)
    presentation.reached_s = whole["reached"]
    if "state" in whole:
        names, part, presentation.epoch, presentation.flowing, presentation.span_s = whole["state"]
        presentation.part_target = None if part is None else (part[0], part[1])
        for gone in windows.keys() - set(names):
            del windows[gone]
    if "inits" in whole:
        presentation.inits = {name: track_of(row) for name, row in whole["inits"].items()}
        presentation.present = whole["present"]
    for window in windows.values():
        if presentation.part_target and window.low_latency:
            window.part_target = presentation.part_target[0] / presentation.part_target[1]
    return set(whole["windows"])


def _advance(window: Window, row: Mapping[str, Any]) -> None:
    if "at" in row:
        _take_parts(window, row["at"], *row["parts"])
        if window.low_latency:
            window.promise(row["hint"])
        return
    if row["from"] is not None and row["from"] > max(window.open_msn, row["media"]):
        raise DiaryError(f"segments before {row['from']} of {window.name} are missing")
    window.target_duration = row["target"]
    closed = [_segment(each) for each in row["closed"]]
    start, parts = row["parts"]
    kept = window.open_parts[:start] if not closed else []
    if len(kept) != start:
        raise DiaryError(f"parts before {start} of {window.name} are missing")
    window.take_over(
        closed,
        open_head=None if row["head"] is None else Head(*row["head"]),
        open_parts=[*kept, *(Part(*part) for part in parts)],
        media_sequence=row["media"],
        discontinuity_sequence=row["discontinuity"],
        longest=row["longest"],
    )
    for msn in row.get("gaps", ()):
        window.mark_lost(f"{window.name}/{window.segments[msn - window.media_sequence].file}")
    window.hint, window.ended = row["hint"], row["ended"]
    window.version += 1


def _take_parts(window: Window, msn: int, start: int, parts: list[list[Any]]) -> None:
    if (window.open_msn, len(window.open_parts)) != (msn, start):
        raise DiaryError(f"what comes before part {start} of segment {msn} of {window.name} is missing")
    window.open_parts += [Part(*part) for part in parts]


def _row_of(value: Head | Part) -> list[Any]:
    return [getattr(value, name) for name in _FIELDS[type(value)]]


def _segment_row(segment: Segment) -> list[Any]:
    parts = [_row_of(part) for part in segment.parts]
    return [
        segment.msn,
        segment.file,
        segment.duration,
        _row_of(segment.head),
        parts,
        segment.size,
        segment.end,
        segment.lost,
    ]


def _segment(row: list[Any]) -> Segment:
    msn, file, duration, head, parts, size, end, lost = row
    return Segment(msn, file, duration, Head(*head), tuple(Part(*part) for part in parts), size, end, lost)


def track_row(track: Track) -> list[Any]:
    """A track as JSON can say it, without what only files have where there is none: older nodes do not know that."""
    of_files = [track.name, track.rotation, *track.aspect]
    return [
        *(track.codec.value, track.timescale, track.config.hex(), track.width, track.height),
        *(track.sample_rate, track.channels, track.frame_rate, track.language),
        *(of_files if of_files != ["", 0, 1, 1] else []),
    ]


def track_of(row: list[Any]) -> Track:
    """The track that `track_row` gave. Raises ValueError or TypeError for anything else."""
    codec, timescale, config, width, height, rate, channels, frames, language, *of_files = row
    known = Track(Codec(codec), timescale, bytes.fromhex(config), width, height, rate, channels, frames, language)
    if not of_files:
        return known
    name, rotation, wide, high = of_files
    return replace(known, name=name, rotation=rotation, aspect=(wide, high))


_FIELDS: Final[Mapping[Callable[..., object], tuple[str, ...]]] = {
    kind: tuple(field.name for field in fields(kind)) for kind in (Head, Part)
}
