"""Puts the runs of a recording one behind the other.

A run begins where the one before ended, or later: then the last sample stays meanwhile. But a publisher that comes back
may send one kind earlier than the other, up to a second, and the origin keeps that offset; the earlier kind then begins
before the run before it has ended. Segments do not mind, one sequence of samples does: so that run is shown later, and
all that follow, by as much as it takes, picture and sound alike.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

from packager.mp4.runs import Runs
from packager.mp4.track import stay

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from packager.mp4.track import RunKey, TrackTables


def join(tracks: Sequence[TrackTables]) -> None:
    """Give each track, which has samples, its `start`, `end` and `durations`. Raises CannotJoinError."""
    moves = _moves(tracks)
    for track in tracks:
        _move(track, {run: round(seconds * track.description.timescale) for run, seconds in moves.items()})
        _chain(track)


def _moves(tracks: Sequence[TrackTables]) -> Mapping[RunKey, Fraction]:
    """By how many seconds each run is shown later: as much as the one before it, more where it would overlap one."""
    runs = sorted({stretch.run for track in tracks for stretch in track.stretches})
    overlaps: dict[RunKey, list[tuple[RunKey, Fraction]]] = {run: [] for run in runs}
    for track in tracks:
        for before, after in pairwise(track.stretches):
            overlap = Fraction(before.end - after.start, track.description.timescale)
            overlaps[after.run].append((before.run, overlap))
    moves: dict[RunKey, Fraction] = {}
    latest = Fraction(0)
    for run in runs:
        latest = moves[run] = max(latest, *(moves[before] + overlap for before, overlap in overlaps[run]), Fraction(0))
    return moves


def _move(track: TrackTables, ticks: Mapping[RunKey, int]) -> None:
    """Let runs begin later by so many ticks, or by one more, where rounding would leave an overlap."""
    starts, end = track.pieces.starts, track.stretches[0].start
    for number, stretch in enumerate(track.stretches):
        late = max(ticks[stretch.run], end - stretch.start)
        stretch.start += late
        stretch.end += late
        if late:
            after = track.stretches[number + 1].piece if number + 1 < len(track.stretches) else len(starts)
            for piece in range(stretch.piece, after):
                starts[piece] += late
        end = stretch.end


def _chain(track: TrackTables) -> None:
    """Make one table of all runs; the last sample of each stays until the next one begins."""
    for before, after in pairwise(track.stretches):
        stay(before.durations, after.start - before.end)
    track.start, track.end = track.stretches[0].start, track.stretches[-1].end
    track.durations = track.stretches[0].durations
    for stretch in track.stretches[1:]:
        track.durations.append(stretch.durations)
        stretch.durations = Runs()
