"""What a successor saves of what its writer before had listed, what it gives up, and what it clears away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from media.silence import aac_silence
from origin.live import succession
from packager.commands import Put
from packager.hls.reload import ReloadQuery
from tests.origin.live.left import PREFIX, Left, Saved
from tests.packager.feed import AAC, VIDEO, WALL, mixed, pictures, sound
from tests.packager.fragments import fragments

if TYPE_CHECKING:
    from origin.live.production import Production
    from origin.stores.memory import MemoryStore


@pytest.fixture(params=["low", "standard"])
def left(request: pytest.FixtureRequest) -> Left:
    return Left(low_latency=request.param == "low")


async def succeeded(left: Left, savings: succession.Savings) -> tuple[Production, MemoryStore]:
    production, store, keeper, mending = await left.succeed(savings)
    await mending.finish(await succession.stored_names(store, PREFIX), savings)
    await keeper.close(5)
    return production, store


def go_on(production: Production, seconds: float) -> set[str]:
    """Package so much more; gives what is deleted meanwhile."""
    packager = production.packager
    commands = packager.start([VIDEO, AAC], WALL)
    for sample in mixed((VIDEO, pictures(seconds, start=20)), (AAC, sound(seconds, start=20))):
        commands += packager.push(sample)
    production.carry_out(commands)
    return {command.name for command in commands if not isinstance(command, Put)}


async def everything_can_be_had(production: Production, store: MemoryStore) -> bool:
    names = await succession.stored_names(store, PREFIX)
    windows = production.presentation.windows.values()
    return all(
        f"{window.name}/{segment.file}" in names and f"{window.name}/{segment.init}" in names
        for window in windows
        for segment in window.segments
        if not segment.gap
    )


async def test_sound_that_was_not_saved_is_silent_and_stored(left: Left) -> None:
    saved = Saved({name: body for name, body in left.parts.items() if name.startswith("v0")})
    production, store = await succeeded(left, saved)
    assert await everything_can_be_had(production, store)
    pictures_, heard = (production.presentation.windows[name].segments[-1] for name in ("v0", "a0"))
    assert pictures_.msn == heard.msn
    body = await store.get(f"{PREFIX}a0/{heard.file}")
    assert {row.data for part in fragments(body) for row in part.rows} == {aac_silence(2)}
    assert all(production.spool.get(f"a0/{part.file}") is not None for part in heard.parts)
    assert production.presentation.reached_s >= fragments(body)[-1].end / AAC.timescale


async def test_what_was_saved_is_closed_and_stored(left: Left) -> None:
    parts = [part.file for part in left.presentation.windows["v0"].open_parts]
    production, store = await succeeded(left, Saved(left.parts))
    assert await everything_can_be_had(production, store)
    segment = production.presentation.windows["v0"].segments[-1]
    assert [part.file for part in segment.parts] == parts
    assert await store.get(f"{PREFIX}v0/{segment.file}") == b"".join(left.parts[f"v0/{part}"] for part in parts)
    assert production.spool.get(f"v0/{parts[0]}") is not None


async def test_without_savings_only_the_open_segment_is_lost(left: Left) -> None:
    before = left.presentation.windows["v0"].open_msn
    production, store = await succeeded(left, succession.NoSavings())
    assert await everything_can_be_had(production, store)
    assert production.presentation.windows["v0"].open_msn == before
    assert not any(segment.gap for segment in production.presentation.windows["v0"].segments)


async def test_a_segment_that_never_got_stored_is_saved_or_a_gap(left: Left) -> None:
    gone = left.presentation.windows["v0"].segments[-1]
    del left.objects[f"v0/{gone.file}"]
    production, store = await succeeded(left, Saved(left.parts))
    assert await everything_can_be_had(production, store)
    assert not production.presentation.windows["v0"].segments[-2].gap
    other = Left(low_latency=left.low_latency)
    del other.objects[f"v0/{gone.file}"]
    production, _ = await succeeded(other, succession.NoSavings())
    assert production.presentation.windows["v0"].segments[-1].gap
    assert b"#EXT-X-GAP" in (await production.playlist("v0", ReloadQuery())).plain


async def test_a_lost_init_segment_is_written_again(left: Left) -> None:
    init = left.objects.pop("v0/1-init-0.mp4")
    _, store = await succeeded(left, Saved(left.parts))
    assert await store.get(f"{PREFIX}v0/1-init-0.mp4") == init


async def test_what_nothing_lists_goes_in_time(left: Left) -> None:
    left.objects["v0/1-999.m4s"] = b"stray"
    production, _ = await succeeded(left, Saved(left.parts))
    assert "v0/1-999.m4s" in go_on(production, 60)


async def test_manifests_and_what_the_successor_puts_itself_are_not_cleared_away(left: Left) -> None:
    for name in ("index.m3u8", "v0/index.m3u8", "v0/index.m3u8.jws", "package.json"):
        left.objects[name] = b"told again by whoever goes on"
    production, store, keeper, mending = await left.succeed(Saved(left.parts))
    go_on(production, 4)
    await keeper.settled()
    stored = await succession.stored_names(store, PREFIX)
    await mending.finish(stored, Saved(left.parts))  # late: the store has taken its time
    deleted = go_on(production, 60)
    await keeper.settled()
    assert not {name for name in deleted if "index" in name or "package" in name}
    assert await everything_can_be_had(production, store)
    await keeper.close(5)


async def test_while_the_store_says_nothing_what_was_saved_is_at_hand_and_put_later(left: Left) -> None:
    """The writer before had stored nothing of its last two segments, and its savings will not last."""
    gone = {f"v0/{segment.file}" for segment in left.presentation.windows["v0"].segments[-2:]}
    for name in gone:
        del left.objects[name]
    savings = Saved(left.parts)
    production, store, keeper, mending = await left.succeed(savings)
    await mending.save(savings)
    savings.discard()
    segments = production.presentation.windows["v0"].segments
    assert len(segments) > 2
    for segment in segments:
        assert sum(map(len, await production.media(f"v0/{segment.file}") or ())) == segment.size
    await keeper.settled()
    assert not gone & (await succession.stored_names(store, PREFIX)).keys(), "nobody knows yet that it is missing"
    go_on(production, 2)
    parts = [f"v0/{part.file}" for part in production.presentation.windows["v0"].open_parts]
    assert parts
    assert all(production.spool.get(part) for part in parts), "they are still the open segment's"
    await mending.finish(await succession.stored_names(store, PREFIX), savings)
    await keeper.close(5)
    assert await everything_can_be_had(production, store)
    assert not any(segment.gap for segment in production.presentation.windows["v0"].segments)


async def test_what_was_saved_and_is_stored_after_all_is_not_put_again(left: Left) -> None:
    savings = Saved(left.parts)
    production, store, keeper, mending = await left.succeed(savings)
    await mending.save(savings)
    first = f"v0/{production.presentation.windows['v0'].segments[0].file}"
    assert production.spool.get(first)
    await mending.finish(await succession.stored_names(store, PREFIX), savings)
    assert production.spool.get(first) is None, "the store has it"
    await keeper.settled()
    assert first not in keeper.stored, "it was not put"
    await keeper.close(5)


async def test_what_is_held_gives_way_to_what_is_fresh_and_is_no_gap_for_that(
    left: Left, monkeypatch: pytest.MonkeyPatch
) -> None:
    savings = Saved(left.parts)
    production, store, keeper, mending = await left.succeed(savings)
    await keeper.settled()
    window = production.presentation.windows["v0"]
    *_, older, newest, _ = window.segments  # and the one that was open
    monkeypatch.setattr(keeper, "_limit", 2 * newest.size)
    await mending.save(savings)
    assert not production.spool.get(f"v0/{older.file}"), "there was no room for it"
    assert production.spool.get(f"v0/{newest.file}")
    go_on(production, 4)
    assert not production.spool.get(f"v0/{newest.file}")
    await mending.finish(await succession.stored_names(store, PREFIX), succession.NoSavings())
    gaps = {segment.file for segment in window.segments if segment.gap}
    assert not gaps & {older.file, newest.file}, "the store had them all the time"
    await keeper.close(5)


async def test_what_is_held_when_the_successor_stops_is_kept_for_later(left: Left) -> None:
    gone = f"v0/{left.presentation.windows['v0'].segments[-1].file}"
    del left.objects[gone]
    savings = Saved(left.parts)
    production, store, keeper, mending = await left.succeed(savings)
    await mending.save(savings)
    savings.discard()
    await production.suspend()
    await mending.finish({}, savings)  # late
    await keeper.close(5)
    assert gone in await succession.stored_names(store, PREFIX)
    assert not any(segment.gap for segment in production.presentation.windows["v0"].segments)
