"""Sees that all that a writer's playlists listed can be had from its successor, and that nothing of it stays for ever.

What is listed and neither stored nor on its way there is put again, from what the writer had saved, or becomes a gap.
What is stored and was never listed goes when nobody can need it any more: no later writer uses its name.

It is made before the successor begins a run of its own, and may do its work while that goes on: a store can be slow, or
away, and then nobody waits for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from packager.commands import Life, Put
from packager.fmp4 import write_init
from packager.names import epoch_of, rendition_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from origin.live.production import Production
    from origin.live.succession import Savings
    from packager.commands import Command
    from packager.hls.segment import Segment
    from packager.presentation import Presentation


class Mending:
    """What `production` shows as it was inherited; `done` are the commands that closed what was open."""

    def __init__(self, production: Production, done: Iterable[Command]) -> None:
        shown = production.presentation
        windows = shown.windows.values()
        self._production = production
        self._epoch = production.packager.presentation.epoch
        self._segments = {f"{window.name}/{each.file}": each for window in windows for each in window.segments}
        self._listed = {f"{window.name}/{each.init}" for window in windows for each in window.segments}
        self._listed |= self._segments.keys()
        self._inits = _last_inits(shown)
        self._here = {command.name for command in done if isinstance(command, Put)}

    async def save(self, savings: Savings) -> None:
        """For as long as the store cannot say what it has: put again all that was saved, which does not keep."""
        found: list[tuple[str, list[bytes]]] = []
        for rendition in {rendition_of(name) for name in self._segments}:
            missing = [(name, each) for name, each in self._missing(()) if rendition_of(name) == rendition]
            for name, segment in reversed(missing):
                body = await _saved(name, segment, savings)
                if body is None:
                    break  # what is older went sooner
                found.append((name, body))
        for name, body in reversed(found):
            self._put(name, body)

    async def finish(self, stored: Collection[str], savings: Savings) -> None:
        """`stored` is what the store has of the broadcast. May be called again if `savings` failed."""
        self._production.carry_out([put for put in self._inits if put.name not in stored])
        for name, segment in self._missing(stored):
            body = await _saved(name, segment, savings)
            if body is None:
                self._production.mark_lost(name)
            else:
                self._put(name, body)
        stray = [name for name in stored if 0 <= epoch_of(name) < self._epoch and name not in self._listed]
        self._production.packager.adopt(sorted(stray))

    def _missing(self, stored: Collection[str]) -> list[tuple[str, Segment]]:
        """Those still listed, in their order; windows slide on meanwhile."""
        lists = self._production.packager.presentation.lists
        here = self._here
        left = (each for each in self._segments.items() if each[0] not in here and each[0] not in stored)
        return [(name, each) for name, each in left if lists(name)]

    def _put(self, name: str, body: list[bytes]) -> None:
        self._here.add(name)
        self._production.put_again(Put(name, tuple(body), Life.STORED))


async def _saved(name: str, segment: Segment, savings: Savings) -> list[bytes] | None:
    """The bytes of a whole segment; None if some are gone."""
    saved = await savings.parts(rendition_of(name), segment.parts)
    return saved if sum(map(len, saved)) == segment.size else None


def _last_inits(presentation: Presentation) -> list[Put]:
    """The init segments of the last run, which can be written again from its tracks."""
    found: list[Put] = []
    for name, track in presentation.tracks.items():
        window = presentation.windows[name]
        if window.segments:
            found.append(Put(f"{name}/{window.segments[-1].init}", (write_init(track),), Life.STORED))
    return found
