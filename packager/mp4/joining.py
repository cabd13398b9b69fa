"""Puts the runs of a recording one behind the other.

A run begins where the one before ended, or later: then the last picture stays meanwhile, and silence fills the sound
(`quiet` says why), here as where sound came late within a run. But a publisher that comes back
may send one kind earlier than the other, up to a second, and the origin keeps that offset; the earlier kind then begins
before the run before it has ended. Segments do not mind, one sequence of samples does: so that run is shown later, and
all that follow, by as much as it takes, picture and sound alike.
"""

from __future__ import annotations

from array import array
from fractions import Fraction
from itertools import pairwise, repeat
from typing import TYPE_CHECKING

from packager.mp4.errors import CannotJoinError
from packager.mp4.runs import Runs
from packager.mp4.track import LITERAL, MOST_SAMPLES, Pieces, stay

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from packager.mp4.quiet import Filler
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
            if before.run == after.run:
                continue
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
    """Make one sequence of all stretches: before each but the first the last sample stays, or silence is put."""
    stretches, fills = track.stretches, _fills(track)
    if any(fills):
        _put_silence(track, fills)
    for before, after, frames in zip(stretches, stretches[1:], fills, strict=False):
        gap = after.start - before.end
        if frames and track.filler:
            before.durations.add(track.filler.span, frames - 1)
            before.durations.add(gap - (frames - 1) * track.filler.span, 1)
        else:
            stay(before.durations, gap)
    track.start, track.end = stretches[0].start, stretches[-1].end
    track.durations = stretches[0].durations
    for stretch in stretches[1:]:
        track.durations.append(stretch.durations)
        stretch.durations = Runs()


def _fills(track: TrackTables) -> list[int]:
    """Silent frames behind each stretch. What rounding leaves is carried on, so that it never comes to a whole one."""
    filler, carried, found = track.filler, 0, []
    for before, after in pairwise(track.stretches):
        gap = after.start - before.end
        frames = filler.frames(gap + carried) if filler and gap else 0
        carried += gap - frames * filler.span if filler else 0
        found.append(frames)
    return found


def _put_silence(track: TrackTables, fills: Sequence[int]) -> None:
    """Put so many silent frames behind each stretch, shown when decoded. All samples of sound are sync samples."""
    sizes, pieces, offsets, ends = array("I"), Pieces(), Runs(), [*track.stretches[1:], None]
    counts = [b - a for a, b in pairwise([*(each.sample for each in track.stretches), len(track.sizes)])]
    places = zip(track.stretches, ends, track.offsets.split(counts), [*fills, 0], strict=True)
    for stretch, after, shown, frames in places:
        sizes += track.sizes[stretch.sample : after.sample if after else None]
        offsets.append(shown)
        offsets.add(0, frames)
        pieces.extend(track.pieces, stretch.piece, after.piece if after else len(track.pieces.starts))
        if frames and track.filler:
            sizes.extend(repeat(track.filler.size, frames))
            _add_silence(pieces, track.filler, frames, stretch.end)
    if len(sizes) > MOST_SAMPLES:
        raise CannotJoinError("it has more samples than the tables of one file may have")
    track.sizes, track.pieces, track.offsets = sizes, pieces, offsets
    track.keys = array("I", range(1, len(sizes) + 1))


def _add_silence(pieces: Pieces, filler: Filler, frames: int, start: int) -> None:
    for first in range(0, frames, filler.count):
        count = min(filler.count, frames - first)
        pieces.add(LITERAL, filler.offset, count * filler.size, count, start + first * filler.span)
