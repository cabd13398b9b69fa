"""A viewer who believes nothing: carries out commands, reads every playlist, and holds them to the specification."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import m3u8

from packager.commands import Command, Delete, Life, Put
from packager.hls.media_playlist import render

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from packager.hls.window import Window
    from packager.pipeline import LivePackager

_EPSILON = 1e-5


@dataclass(frozen=True)
class SeenPart:
    file: str
    duration: float
    independent: bool


@dataclass(frozen=True)
class SeenSegment:
    file: str
    duration: float
    gap: bool
    init: str
    discontinuity: int
    date: str


@dataclass
class Seen:
    """All that one rendition ever showed."""

    media_sequence: int = -1
    segments: dict[int, SeenSegment] = field(default_factory=dict)
    parts: dict[int, list[SeenPart]] = field(default_factory=dict)
    listed: list[int] = field(default_factory=list)
    longest: float = 0.0
    removed_at: dict[str, tuple[float, float]] = field(default_factory=dict)
    part_target: float = 0.0
    target_duration: int = 0


class Viewer:
    """Give it every command, and let it look at the playlists as often as it should.

    `now` is media time, told by whoever pushes. `even` says that frames come evenly, so that parts add up to segments.
    `others` look when this one does.
    """

    def __init__(self, packager: LivePackager, *, even: bool = True) -> None:
        self.packager = packager
        self.even = even
        self.now = 0.0
        self.objects: dict[str, bytes] = {}
        self.lives: dict[str, Life] = {}
        self.deleted: set[str] = set()
        self.seen: dict[Window, Seen] = {}
        self.others: list[Callable[[], None]] = []

    def carry_out(self, commands: Iterable[Command]) -> None:
        """Act on commands as the origin does."""
        for command in commands:
            if isinstance(command, Put):
                assert command.name not in self.objects, "a name was used twice"
                assert command.size > 0
                self.objects[command.name] = b"".join(command.body)
                self.lives[command.name] = command.life
            else:
                self._delete(command)

    def _delete(self, command: Delete) -> None:
        assert command.name in self.objects
        assert command.name not in self.deleted
        assert self.lives[command.name] is Life.STORED
        self.deleted.add(command.name)
        for window, seen in self.seen.items():
            if command.name in seen.removed_at:
                age, wanted = seen.removed_at[command.name]
                assert self.now - age >= wanted - _EPSILON, "deleted before the time of RFC 8216bis, 6.2.2"
            for msn in seen.listed if not window.ended else ():
                assert command.name != f"{window.name}/{seen.segments[msn].file}"
                assert command.name != f"{window.name}/{seen.segments[msn].init}"

    def look(self) -> None:
        """Read and check all playlists."""
        windows = self.packager.windows
        for window in windows.values():
            if window.target_duration is not None:
                text = render(window, windows, skip=False)
                self._read(window, text)
                self._check_delta(window, text, render(window, windows, skip=True))
        for look in self.others:
            look()

    def _read(self, window: Window, text: str) -> None:
        loaded: Any = m3u8.loads(text)
        seen = self.seen.setdefault(window, Seen())
        assert loaded.media_sequence >= seen.media_sequence
        assert seen.target_duration in (0, loaded.target_duration)
        seen.media_sequence, seen.target_duration = loaded.media_sequence, loaded.target_duration
        if window.low_latency:
            assert seen.part_target in (0, loaded.part_inf.part_target)
            seen.part_target = float(loaded.part_inf.part_target)
        listed, closed = [], []
        discontinuity = loaded.discontinuity_sequence or 0
        for offset, segment in enumerate(loaded.segments):
            msn = loaded.media_sequence + offset
            discontinuity += segment.discontinuity
            if segment.uri:
                self._segment(window, seen, msn, segment, discontinuity)
                listed.append(msn)
                closed.append(segment.duration)
            self._parts(window, seen, msn, segment)
        assert loaded.segments or text
        if listed:
            assert loaded.segments[0].init_section, "the first segment has no EXT-X-MAP"
            assert loaded.segments[0].program_date_time, "the first segment has no date"
        self._note_removed(window, seen, listed)
        seen.listed, seen.longest = listed, max(seen.longest, sum(closed))
        self._check_end(window, text)

    def _segment(self, window: Window, seen: Seen, msn: int, segment: Any, discontinuity: int) -> None:
        now = SeenSegment(
            segment.uri,
            segment.duration,
            bool(segment.gap_tag),
            segment.init_section.uri,
            discontinuity,
            str(segment.program_date_time),
        )
        assert seen.segments.setdefault(msn, now) == now, "a segment changed"
        assert int(now.duration + 0.5) <= seen.target_duration
        name = f"{window.name}/{now.file}"
        assert (name in self.objects) is not now.gap
        assert f"{window.name}/{now.init}" in self.objects
        if not window.ended:
            assert name not in self.deleted
            assert f"{window.name}/{now.init}" not in self.deleted

    def _parts(self, window: Window, seen: Seen, msn: int, segment: Any) -> None:
        if not segment.parts:
            return
        now = [SeenPart(part.uri, part.duration, part.independent == "YES") for part in segment.parts]
        before = seen.parts.get(msn, [])
        assert now[: len(before)] == before, "a part changed"
        seen.parts[msn] = now
        for part in now[len(before) :]:
            assert f"{window.name}/{part.file}" in self.objects
            assert part.duration <= seen.part_target + 1e-9, "a part is longer than PART-TARGET"

    def _note_removed(self, window: Window, seen: Seen, listed: list[int]) -> None:
        for msn in set(seen.listed) - set(listed):
            segment = seen.segments[msn]
            seen.removed_at[f"{window.name}/{segment.file}"] = (self.now, segment.duration + seen.longest)
        if seen.listed:
            assert not listed or listed[0] >= seen.listed[0]

    def _check_end(self, window: Window, text: str) -> None:
        assert ("#EXT-X-ENDLIST" in text) is window.ended
        hint = re.search(r'#EXT-X-PRELOAD-HINT:TYPE=PART,URI="(.*)"', text)
        assert bool(hint) is (window.low_latency and not window.ended)
        if hint:
            assert window.hinted == f"{window.name}/{hint[1]}"
            assert window.hinted not in self.objects, "a hint at what is there"
        if not window.ended and window.segments:
            duration = sum(segment.duration for segment in window.segments)
            assert duration <= window.longest + _EPSILON
        assert "?" not in text
        assert "://" not in text

    def _check_delta(self, window: Window, full: str, delta: str) -> None:
        """A delta update with what it left out put back is the full playlist."""
        found = re.search(r"#EXT-X-SKIP:SKIPPED-SEGMENTS=(\d+)\n", delta)
        if not found:
            assert delta == full
            return
        skipped = int(found[1])
        kept = window.segments[skipped:]
        assert skipped > 0
        assert sum(segment.duration for segment in kept) >= 6 * (window.target_duration or 0) - max(
            (segment.duration for segment in window.segments), default=0
        )
        head, tail = delta.split(found[0])
        assert full.startswith(head)
        assert full.endswith(tail)

    def check_parts(self) -> None:
        """At the end: parts against the rules of RFC 8216bis, 4.4.4.9, and segments against their parts."""
        for window, seen in self.seen.items():
            for msn, parts in seen.parts.items():
                for part, after in pairwise(parts):
                    assert after.independent or part.duration >= 0.85 * seen.part_target - _EPSILON, (
                        f"{part} of {msn} is too short for {seen.part_target}"
                    )
                if msn in seen.segments:
                    self._check_sum(window, seen.segments[msn], parts)

    def _check_sum(self, window: Window, segment: SeenSegment, parts: list[SeenPart]) -> None:
        whole = self.objects[f"{window.name}/{segment.file}"]
        stem = f"{window.name}/{segment.file.removesuffix('m4s')}"
        names = [name for name in self.objects if name.startswith(stem) and name != f"{stem}m4s"]
        assert whole == b"".join(self.objects[name] for name in names)
        if len(parts) == len(names):
            difference = sum(part.duration for part in parts) - segment.duration
            assert abs(difference) < 1e-4 if self.even else difference < 1, "parts are longer than their segment"
