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
        self._held: set[str] = set()
        self._stored: Collection[str] = ()

    async def save(self, savings: Savings) -> None:
        """Have at hand what was saved, which does not keep, until `finish` knows what the store has of it.

        The newest first, for what is older goes sooner; as much as there is room for. May be called again if `savings`
        failed, and run while `finish` does.
        """
        over: set[str] = set()
        for name, segment in sorted(self._missing(), key=lambda each: each[1].end, reverse=True):
            rendition = rendition_of(name)
            if rendition in over:
                continue
            body = await _saved(name, segment, savings)
            if self._is_found(name):  # meanwhile
                continue
            if body is None or not self._production.hold(_stored(name, body)):
                over.add(rendition)
            else:
                self._held.add(name)

    async def finish(self, stored: Collection[str], savings: Savings) -> None:
        """`stored` is what the store has of the broadcast. May be called again if `savings` failed."""
        self._stored = stored
        self._production.carry_out([put for put in self._inits if put.name not in stored])
        self._here |= self._production.resolve(stored)
        self._held.clear()
        for name, segment in self._missing():
            body = await _saved(name, segment, savings)
            if body is None:
                self._production.mark_lost(name)
            else:
                self._here.add(name)
                self._production.put_again(_stored(name, body))
        stray = [name for name in stored if 0 <= epoch_of(name) < self._epoch and name not in self._listed]
        self._production.packager.adopt(sorted(stray))

    def _missing(self) -> list[tuple[str, Segment]]:
        """Those still listed, in their order; windows slide on meanwhile."""
        lists = self._production.packager.presentation.lists
        return [each for each in self._segments.items() if not self._is_found(each[0]) and lists(each[0])]

    def _is_found(self, name: str) -> bool:
        return name in self._here or name in self._held or name in self._stored


def _stored(name: str, body: list[bytes]) -> Put:
    return Put(name, tuple(body), Life.STORED)


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
