"""What a writer leaves that was cut off, and how a successor begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from origin.live import succession
from origin.live.keeper import Keeper
from origin.live.mending import Mending
from origin.live.production import Production
from origin.stores.memory import MemoryStore
from packager.commands import Life, Put
from packager.diary import Diary, apply
from packager.pipeline import LivePackager
from packager.presentation import Presentation
from tests.packager import feed
from tests.packager.feed import AAC, VIDEO, WALL, mixed, pictures, sound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from packager.hls.segment import Part

PREFIX = "tn/bc/"


class Saved:
    """Bytes of parts by name, as far as they were put aside."""

    def __init__(self, bodies: dict[str, bytes]) -> None:
        self.bodies = bodies

    async def parts(self, rendition: str, parts: Sequence[Part]) -> list[bytes]:
        found = []
        for part in parts:
            if f"{rendition}/{part.file}" not in self.bodies:
                break
            found.append(self.bodies[f"{rendition}/{part.file}"])
        return found

    def discard(self) -> None:
        self.bodies.clear()


class Left:
    """A writer that was cut off 9 s into its broadcast: its presentation, its objects, and its parts."""

    def __init__(self, *, low_latency: bool = True) -> None:
        self.low_latency = low_latency
        packager = LivePackager(feed.settings(dvr_window_s=6.0, low_latency=low_latency))
        self.objects: dict[str, bytes] = {}
        self.parts: dict[str, bytes] = {}
        commands = packager.start([VIDEO, AAC], WALL)
        for sample in mixed((VIDEO, pictures(9.5, start=1)), (AAC, sound(9.5, start=1))):
            commands += packager.push(sample)
        for command in commands:
            if isinstance(command, Put):
                kept = self.objects if command.life is Life.STORED else self.parts
                kept[command.name] = b"".join(command.body)
        self.presentation = Presentation()
        apply(self.presentation, Diary(packager.presentation).entry())

    async def succeed(self, savings: succession.Savings) -> tuple[Production, MemoryStore, Keeper, Mending]:
        """Close what was open; what is left to do is mending."""
        store = MemoryStore()
        for name, body in self.objects.items():
            await store.put(PREFIX + name, [body])
        settings = feed.settings(epoch=2, low_latency=self.low_latency)
        packager, commands = await succession.resume(settings, self.presentation, savings)
        production = Production(packager, PREFIX)
        keeper = Keeper(
            store, PREFIX, on_durable=lambda stored: production.spool.durable(stored.name), on_lost=production.mark_lost
        )
        production.keep_with(keeper)
        production.carry_out(commands)
        return production, store, keeper, Mending(production, commands)
