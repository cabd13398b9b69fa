"""What a run is put together from, for tests of one room without the pipeline around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from media.track import Kind
from packager.commands import Life, Put
from packager.hls.window import Window
from packager.names import Names
from packager.periods import Periods
from packager.promises import Promises
from packager.rendition import Rendition
from packager.retention import Retention
from tests.packager.feed import WALL
from tests.packager.fragments import Fragment, fragments

if TYPE_CHECKING:
    from media.track import Track
    from packager.commands import Command

PART = (18_000, 90_000)
"""0.2 s, six frames at 30 a second."""


class Rig:
    """Windows, and the promises and the retention that renditions share. `out` gathers all commands."""

    def __init__(self, *, low_latency: bool = True, part_s: float = 0.2, span: float = 60.0) -> None:
        self.low_latency = low_latency
        self.windows: dict[str, Window] = {}
        self.promises = Promises(self.windows, part_s, 2.0)
        self.periods = Periods()
        self.retention = Retention(self.windows, span)
        self.out: list[Command] = []

    def rendition(self, track: Track, *, discontinuity: bool = False) -> Rendition:
        name = "v0" if track.kind is Kind.VIDEO else "a0"
        window = Window(name, media_sequence=0, discontinuity_sequence=0, low_latency=self.low_latency)
        self.windows[name] = window
        return Rendition(
            track,
            Names(name, 1),
            window,
            self.promises,
            self.periods,
            init_number=3,
            wall_at_zero=WALL,
            discontinuity=discontinuity,
        )

    def put(self, life: Life) -> dict[str, bytes]:
        """What was put for so long, by name."""
        puts = [command for command in self.out if isinstance(command, Put) and command.life is life]
        assert len({each.name for each in puts}) == len(puts), "a name was used twice"
        return {each.name: b"".join(each.body) for each in puts}

    @property
    def parts(self) -> dict[str, bytes]:
        return self.put(Life.EDGE)

    def segments(self, name: str = "v0") -> dict[str, list[Fragment]]:
        """The stored segments of a rendition by name, read back."""
        return {key: fragments(body) for key, body in self.put(Life.STORED).items() if key.startswith(f"{name}/")}


def durations(window: Window) -> list[float]:
    return [round(segment.duration, 3) for segment in window.segments]


def gaps(window: Window) -> list[bool]:
    return [segment.gap for segment in window.segments]
