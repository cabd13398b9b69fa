"""Recordings for tests: what a packager put, planned as one file, and that file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from packager.mp4 import Plan, Planner, walk
from packager.mp4.track import LITERAL
from packager.pipeline import LivePackager
from tests.packager import feed
from tests.packager.viewer import Viewer

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping, Sequence

    from media.sample import Sample
    from media.track import Track
    from packager.mp4.fragment import Fragment, Span


@dataclass(frozen=True)
class Recording:
    """Objects by name, and the segments of each rendition with their init segments, in order."""

    objects: Mapping[str, bytes]
    segments: Sequence[tuple[str, str]]

    def plan(self) -> Plan:
        planner = Planner({init: self.objects[init] for _, init in self.segments})
        for name, init in self.segments:
            planner.add(name, init, read(self.objects[name]))
        return planner.finish()


def record(*runs: tuple[Sequence[Track], Iterable[Sample]], **changes: object) -> Recording:
    """Package runs, one after the other, and keep everything."""
    packager = LivePackager(feed.settings(dvr_window_s=1e6, **changes))
    viewer = Viewer(packager)
    for tracks, samples in runs:
        viewer.carry_out(packager.start(tracks, feed.WALL))
        for sample in samples:
            viewer.carry_out(packager.push(sample))
    viewer.carry_out(packager.close())
    return kept(packager, viewer)


def kept(packager: LivePackager, viewer: Viewer) -> Recording:
    """The segments that the windows list, by their media sequence numbers as an asset has them."""
    rows = [
        (segment.msn, f"{name}/{segment.file}", f"{name}/{segment.init}")
        for name, window in packager.windows.items()
        for segment in window.segments
        if not segment.gap
    ]
    return Recording(viewer.objects, [row[1:] for row in sorted(rows)])


def read(data: bytes) -> list[Fragment]:
    """Walk through a segment that is there as a whole."""
    return drive(walk(len(data)), data)


def drive(walking: Generator[Span, bytes, list[Fragment]], data: bytes) -> list[Fragment]:
    try:
        span = next(walking)
        while True:
            span = walking.send(data[span.start : span.end])
    except StopIteration as done:
        found: list[Fragment] = done.value
        return found


def cut(plan: Plan, objects: Mapping[str, bytes], start: int, end: int) -> bytes:
    """Bytes of the file, the slow way."""
    header = b"".join(plan.header)
    pieces = [header[start:end]]
    for source, offset, length in plan.extents.cut(max(start - len(header), 0), end - len(header)):
        body = plan.literals if source == LITERAL else objects[plan.names[source]]
        pieces.append(body[offset : offset + length])
    return b"".join(pieces)


def whole(recording: Recording) -> bytes:
    plan = recording.plan()
    return cut(plan, recording.objects, 0, plan.size)
