"""What a successor finds, saves, and gives up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from origin.live import succession
from origin.live.keeper import Keeper
from origin.live.production import Production
from origin.stores.disk import DiskStore
from origin.stores.memory import MemoryStore
from origin.stores.protocol import StoreError
from packager.commands import Life, Put
from packager.diary import Diary, apply
from packager.hls.reload import ReloadQuery
from packager.pipeline import LivePackager
from packager.presentation import Presentation
from tests.packager import feed
from tests.packager.feed import AAC, VIDEO, WALL, mixed, pictures, sound

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

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

    def __init__(self) -> None:
        packager = LivePackager(feed.settings(dvr_window_s=6.0))
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

    async def succeed(self, savings: succession.Savings) -> tuple[Production, MemoryStore]:
        store = MemoryStore()
        for name, body in self.objects.items():
            await store.put(PREFIX + name, [body])
        packager, commands = await succession.resume(feed.settings(epoch=2), self.presentation, savings)
        production = Production(packager, PREFIX)
        keeper = Keeper(
            store, PREFIX, on_durable=lambda stored: production.spool.durable(stored.name), on_lost=production.mark_lost
        )
        production.keep_with(keeper)
        stored = await succession.stored_names(store, PREFIX)
        production.carry_out(commands)
        await succession.mend(production, stored, savings, commands)
        await keeper.close(5)
        return production, store


@pytest.fixture
def left() -> Left:
    return Left()


async def everything_can_be_had(production: Production, store: MemoryStore) -> bool:
    names = await succession.stored_names(store, PREFIX)
    windows = production.presentation.windows.values()
    return all(
        f"{window.name}/{segment.file}" in names and f"{window.name}/{segment.init}" in names
        for window in windows
        for segment in window.segments
        if not segment.gap
    )


async def test_what_was_saved_is_closed_and_stored(left: Left) -> None:
    parts = [part.file for part in left.presentation.windows["v0"].open_parts]
    production, store = await left.succeed(Saved(left.parts))
    assert await everything_can_be_had(production, store)
    segment = production.presentation.windows["v0"].segments[-1]
    assert [part.file for part in segment.parts] == parts
    assert await store.get(f"{PREFIX}v0/{segment.file}") == b"".join(left.parts[f"v0/{part}"] for part in parts)
    assert production.spool.get(f"v0/{parts[0]}") is not None


async def test_without_savings_only_the_open_segment_is_lost(left: Left) -> None:
    before = left.presentation.windows["v0"].last_msn
    production, store = await left.succeed(succession.NoSavings())
    assert await everything_can_be_had(production, store)
    assert production.presentation.windows["v0"].last_msn == before - 1
    assert not any(segment.gap for segment in production.presentation.windows["v0"].segments)


async def test_a_segment_that_never_got_stored_is_saved_or_a_gap(left: Left) -> None:
    gone = left.presentation.windows["v0"].segments[-1]
    del left.objects[f"v0/{gone.file}"]
    production, store = await left.succeed(Saved(left.parts))
    assert await everything_can_be_had(production, store)
    assert not production.presentation.windows["v0"].segments[-2].gap
    other = Left()
    del other.objects[f"v0/{gone.file}"]
    production, _ = await other.succeed(succession.NoSavings())
    assert production.presentation.windows["v0"].segments[-1].gap
    assert b"#EXT-X-GAP" in (await production.playlist("v0", ReloadQuery())).plain


async def test_a_lost_init_segment_is_written_again(left: Left) -> None:
    init = left.objects.pop("v0/1-init-0.mp4")
    _, store = await left.succeed(Saved(left.parts))
    assert await store.get(f"{PREFIX}v0/1-init-0.mp4") == init


async def test_what_nothing_lists_goes_in_time(left: Left) -> None:
    left.objects["v0/1-999.m4s"] = b"stray"
    production, _ = await left.succeed(Saved(left.parts))
    packager = production.packager
    commands = packager.start([VIDEO, AAC], WALL)
    for sample in mixed((VIDEO, pictures(60, start=20)), (AAC, sound(60, start=20))):
        commands += packager.push(sample)
    deleted = {command.name for command in commands if not isinstance(command, Put)}
    assert "v0/1-999.m4s" in deleted


async def test_segments_written_ahead_are_found_after_a_crash(left: Left, tmp_path: Path) -> None:
    window = left.presentation.windows["v0"]
    key = f"{PREFIX}v0/1-{window.open_msn}.m4s"
    dead = DiskStore(tmp_path)
    draft = dead.draft(key)
    for part in window.open_parts:
        draft.append((left.parts[f"v0/{part.file}"],))
    draft.append((b"half a part",))
    await dead.close()
    store = DiskStore(tmp_path)
    savings = await succession.DraftSavings.find(store, store, PREFIX)
    bodies = await savings.parts("v0", window.open_parts)
    assert bodies == [left.parts[f"v0/{part.file}"] for part in window.open_parts]
    assert await savings.parts("v0", []) == []
    assert await savings.parts("a0", left.presentation.windows["a0"].open_parts) == []
    savings.discard()
    await store.close()
    again = DiskStore(tmp_path)
    assert await again.drafts(PREFIX) == []
    await again.close()


async def test_a_segment_that_was_stored_before_the_log_closed_it_is_saved(left: Left, tmp_path: Path) -> None:
    window = left.presentation.windows["v0"]
    store = DiskStore(tmp_path)
    bodies = [left.parts[f"v0/{part.file}"] for part in window.open_parts]
    await store.put(f"{PREFIX}v0/1-{window.open_msn}.m4s", [*bodies, b"a part that no log has"])
    savings = await succession.DraftSavings.find(store, store, PREFIX)
    assert await savings.parts("v0", window.open_parts) == bodies
    savings.discard()
    await store.close()


class Watched(MemoryStore):
    """A real store that notes what is read of it, and that can be out of order."""

    def __init__(self) -> None:
        super().__init__()
        self.read: list[tuple[str, int, int | None]] = []
        self.fault: StoreError | None = None

    async def get(self, key: str) -> bytes:
        raise AssertionError(f"{key} was read whole")

    async def stream(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        self.read.append((key, start, end))
        if self.fault:
            raise self.fault
        async for chunk in super().stream(key, start, end):
            yield chunk


async def test_of_a_stored_segment_no_more_is_read_than_the_log_has(left: Left, tmp_path: Path) -> None:
    window, store = left.presentation.windows["v0"], Watched()
    key, bodies = f"{PREFIX}v0/1-{window.open_msn}.m4s", [left.parts[f"v0/{part.file}"] for part in window.open_parts]
    await store.put(key, [*bodies, bytes(1_000_000)])
    place = DiskStore(tmp_path)
    savings = await succession.DraftSavings.find(place, store, PREFIX)
    assert await savings.parts("v0", window.open_parts) == bodies
    assert store.read == [(key, 0, sum(map(len, bodies)))]
    await place.close()


@pytest.mark.parametrize("fault", [None, StoreError("The bucket does not answer.")])
async def test_a_store_that_cannot_be_read_is_told_of_and_one_without_the_segment_is_not(
    left: Left, tmp_path: Path, fault: StoreError | None
) -> None:
    window, store, place = left.presentation.windows["v0"], Watched(), DiskStore(tmp_path)
    store.fault = fault
    savings = await succession.DraftSavings.find(place, store, PREFIX)
    with capture_logs() as said:
        assert await savings.parts("v0", window.open_parts) == []
    expected = [("segment_unread", f"{PREFIX}v0/1-{window.open_msn}.m4s")] if fault else []
    assert [(line["event"], line["key"]) for line in said] == expected
    await place.close()
