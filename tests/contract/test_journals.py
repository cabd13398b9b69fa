"""What every journal must do, whatever lies between its writers and its readers."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from origin.bus.journals.protocol import (
    MAX_BODY_BYTES,
    MAX_SNAPSHOT_BYTES,
    MAX_TELL_BYTES,
    Bounds,
    Fenced,
    Forgotten,
    Past,
    Told,
)
from origin.bus.journals.table import JOURNALS
from origin.bus.protocol import MAX_QUEUED, BusError, Lost
from tests.contract.journals import OPENERS, Shared

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from origin.bus.journals.protocol import Journal
    from origin.bus.protocol import Subscription

PATIENCE_S = 30.0
SMALL = Bounds(entries=10, entries_bytes=100, bodies_bytes=1000, kept_bytes=100)
SHORT_BODIES = Bounds(body_ttl_s=1.0)
SHORT = Bounds(journal_ttl_s=1.0)


def opened(bounds: Bounds) -> Any:
    """A fixture of every kind of journal with these bounds."""

    @pytest_asyncio.fixture(params=list(JOURNALS))
    async def fixture(request: pytest.FixtureRequest) -> AsyncIterator[Shared]:
        async with OPENERS[request.param](bounds) as shared:
            yield shared

    return fixture


shared, small, short_bodies, short = map(opened, (Bounds(), SMALL, SHORT_BODIES, SHORT))


async def take(following: Subscription[Told]) -> Told | Lost:
    async with asyncio.timeout(PATIENCE_S):
        return await anext(following)


async def until_none(look: Callable[[], Awaitable[object]]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while await look() is not None:  # noqa: ASYNC110 - what expires tells nobody
            await asyncio.sleep(0.05)


async def everything(journal: Journal) -> tuple[object, ...]:
    """All that a reader can see, to show that something changed nothing."""
    return (
        await journal.past("bc_a"),
        await journal.sequence("bc_a"),
        *[await journal.body("bc_a", name) for name in ("v0/1.m4s", "v0/init.mp4", "x")],
    )


async def test_what_was_told_is_there_for_all(shared: Shared) -> None:
    base = await shared.one.begin("bc_a", 3, b"all so far")
    assert await shared.reader.past("bc_a") == Past(3, base, b"all so far", ())
    assert await shared.one.tell("bc_a", 3, [b"1", b"\x00\xff\r\n"], {}) == base + 2
    assert await shared.one.tell("bc_a", 3, [b"3"], {}) == base + 3
    assert await shared.reader.past("bc_a") == Past(3, base + 3, b"all so far", (b"1", b"\x00\xff\r\n", b"3"))
    assert await shared.reader.sequence("bc_a") == base + 3


async def test_only_what_is_new_can_be_asked_for(shared: Shared) -> None:
    base = await shared.one.begin("bc_a", 3, b"all so far")
    await shared.one.tell("bc_a", 3, [b"1", b"2", b"3"], {})
    for after, entries in ((0, (b"1", b"2", b"3")), (2, (b"3",)), (3, ())):
        assert await shared.reader.past("bc_a", base + after) == Past(3, base + 3, b"", entries)
    whole = Past(3, base + 3, b"all so far", (b"1", b"2", b"3"))
    for after in (base - 1, base + 4, 0):
        assert await shared.reader.past("bc_a", after) == whole


async def test_nothing_is_known_of_others(shared: Shared) -> None:
    await shared.one.begin("bc_a", 3, b"all so far")
    assert await shared.reader.past("bc_b") is None
    assert await shared.reader.past("bc_b", 7) is None
    assert await shared.reader.sequence("bc_b") is None
    assert await shared.reader.body("bc_b", "x") is None
    await shared.one.forget("bc_b", 1)


async def test_a_rebase_drops_what_it_stands_for_and_nothing_else(shared: Shared) -> None:
    base = await shared.one.begin("bc_a", 3, b"0")
    await shared.one.tell("bc_a", 3, [b"1", b"2", b"3"], {})
    await shared.one.rebase("bc_a", 3, base + 2, b"0-2")
    assert await shared.reader.past("bc_a") == Past(3, base + 3, b"0-2", (b"3",))
    assert await shared.reader.past("bc_a", base + 1) == Past(3, base + 3, b"0-2", (b"3",))
    assert await shared.reader.past("bc_a", base + 2) == Past(3, base + 3, b"", (b"3",))
    await shared.one.rebase("bc_a", 3, base + 1, b"too old")
    assert await shared.reader.past("bc_a") == Past(3, base + 3, b"0-2", (b"3",))
    await shared.one.rebase("bc_a", 3, base + 3, b"0-3")
    assert await shared.one.tell("bc_a", 3, [b"4"], {}) == base + 4
    assert await shared.reader.past("bc_a") == Past(3, base + 4, b"0-3", (b"4",))


async def test_a_snapshot_cannot_stand_for_what_was_not_told(shared: Shared) -> None:
    base = await shared.one.begin("bc_a", 3, b"0")
    with pytest.raises(Forgotten):
        await shared.one.rebase("bc_a", 3, base + 1, b"0-1")
    assert await shared.reader.past("bc_a") == Past(3, base, b"0", ())


async def test_a_fenced_writer_changes_nothing(shared: Shared) -> None:
    await shared.one.begin("bc_a", 3, b"0")
    before = await shared.one.tell("bc_a", 3, [b"1"], {"v0/1.m4s": [b"one"]})
    assert await shared.two.begin("bc_a", 4, b"two's") > before
    last = await shared.two.tell("bc_a", 4, [b"2"], {})
    await shared.two.keep("bc_a", 4, {"v0/init.mp4": [b"init"]})
    seen = await everything(shared.reader)
    old = shared.one
    attempts: list[Callable[[], Awaitable[object]]] = [
        partial(old.begin, "bc_a", 3, b"one's"),
        partial(old.tell, "bc_a", 3, [b"x"], {"x": [b"x"]}),
        partial(old.tell, "bc_a", 3, [], {"x": [b"x"]}),
        partial(old.rebase, "bc_a", 3, last, b"one's"),
        partial(old.keep, "bc_a", 3, {"x": [b"x"]}),
        partial(old.forget, "bc_a", 3),
    ]
    async with shared.reader.follow("bc_a") as following:
        for attempt in attempts:
            with pytest.raises(Fenced, match="Epoch 3 of bc_a is over"):
                await attempt()
            assert await everything(shared.reader) == seen
        assert await shared.two.tell("bc_a", 4, [b"3"], {}) == last + 1
        assert await take(following) == Told(last + 1, (b"3",))


async def test_an_epoch_that_was_never_begun_has_nothing_to_append_to(shared: Shared) -> None:
    last = await shared.one.begin("bc_a", 3, b"0")
    seen = await everything(shared.reader)
    for broadcast in ("bc_a", "bc_b"):
        attempts: list[Callable[[], Awaitable[object]]] = [
            partial(shared.two.tell, broadcast, 4, [b"x"], {"x": [b"x"]}),
            partial(shared.two.rebase, broadcast, 4, last, b"x"),
            partial(shared.two.keep, broadcast, 4, {"x": [b"x"]}),
        ]
        for attempt in attempts:
            with pytest.raises(Forgotten, match=f"{broadcast} must be begun again"):
                await attempt()
    assert await everything(shared.reader) == seen
    assert await shared.reader.past("bc_b") is None


async def test_numbers_only_rise(shared: Shared) -> None:
    numbers = [await shared.one.begin("bc_a", 3, b"0")]
    numbers.append(await shared.one.tell("bc_a", 3, [b"x"] * 100, {}))
    numbers.append(await shared.two.begin("bc_a", 4, b"0"))
    numbers.append(await shared.two.begin("bc_a", 4, b"0"))
    numbers.append(await shared.two.tell("bc_a", 4, [b"x"] * 100, {}))
    await shared.two.forget("bc_a", 4)
    numbers.append(await shared.two.begin("bc_a", 5, b"0"))
    numbers.append(await shared.two.tell("bc_a", 5, [b"x"] * 100, {}))
    await shared.wipe()
    numbers.append(await shared.two.begin("bc_a", 5, b"0"))
    numbers.append(await shared.two.tell("bc_a", 5, [b"x"] * 100, {}))
    await shared.wipe()
    numbers.append(await shared.one.begin("bc_a", 6, b"0"))
    assert numbers == sorted(set(numbers))
    assert numbers[-1] < 2**53  # exact as a double, wherever it is computed or written as JSON


async def test_after_the_journal_was_emptied_its_writer_begins_again(shared: Shared) -> None:
    await shared.one.begin("bc_a", 3, b"0")
    last = await shared.one.tell("bc_a", 3, [b"1"], {"v0/1.m4s": [b"one"]})
    async with shared.reader.follow("bc_a") as following:
        await shared.wipe()
        with pytest.raises(Forgotten):
            await shared.one.tell("bc_a", 3, [b"2"], {"x": [b"x"]})
        with pytest.raises(Forgotten):
            await shared.one.rebase("bc_a", 3, last, b"0-1")
        assert await everything(shared.reader) == (None,) * 5
        base = await shared.one.begin("bc_a", 3, b"0-2")
        assert base > last
        assert isinstance(await take(following), Lost)
        await shared.one.tell("bc_a", 3, [b"3"], {"x": [b"x"]})
        assert await take(following) == Told(base + 1, (b"3",))
    assert await shared.reader.past("bc_a", last) == Past(3, base + 1, b"0-2", (b"3",))
    assert await shared.reader.body("bc_a", "x") == b"x"


async def test_what_was_forgotten_is_gone_but_its_epoch_still_fences(shared: Shared) -> None:
    await shared.two.begin("bc_a", 4, b"0")
    last = await shared.two.tell("bc_a", 4, [b"1"], {"v0/1.m4s": [b"one"]})
    await shared.two.keep("bc_a", 4, {"v0/init.mp4": [b"init"]})
    async with shared.reader.follow("bc_a") as following:
        await shared.two.forget("bc_a", 4)
        assert isinstance(await take(following), Lost)
    assert await everything(shared.reader) == (None,) * 5
    with pytest.raises(Forgotten):
        await shared.two.tell("bc_a", 4, [b"2"], {})
    with pytest.raises(Fenced):
        await shared.one.begin("bc_a", 3, b"0")
    with pytest.raises(Fenced):
        await shared.one.tell("bc_a", 3, [b"x"], {})
    assert await shared.two.begin("bc_a", 4, b"0") > last


async def test_followers_hear_all_in_order(shared: Shared) -> None:
    base = await shared.one.begin("bc_a", 3, b"0")
    async with shared.reader.follow("bc_a") as first, shared.two.follow("bc_a") as second:
        for number in range(100):
            await shared.one.tell("bc_a", 3, [b"%d" % number, b"\x00\r\n" * number], {"x": [b"y"]})
        for following in (first, second):
            heard = [await take(following) for _ in range(100)]
            assert heard == [Told(base + 1 + 2 * n, (b"%d" % n, b"\x00\r\n" * n)) for n in range(100)]


async def test_followers_hear_only_of_their_broadcast_and_only_of_entries(shared: Shared) -> None:
    base = await shared.one.begin("bc_a", 3, b"0")
    await shared.one.begin("bc_b", 3, b"0")
    async with shared.reader.follow("bc_a") as following:
        await shared.one.tell("bc_b", 3, [b"b"], {})
        await shared.one.tell("bc_a", 3, [], {"x": [b"x"]})
        await shared.one.keep("bc_a", 3, {"init": [b"x"]})
        await shared.one.rebase("bc_a", 3, base, b"1")
        await shared.one.tell("bc_a", 3, [b"a"], {})
        assert await take(following) == Told(base + 1, (b"a",))


async def test_followers_are_told_to_read_again_when_another_begins(shared: Shared) -> None:
    await shared.one.begin("bc_a", 3, b"0")
    async with shared.reader.follow("bc_a") as following:
        base = await shared.two.begin("bc_a", 4, b"1")
        await shared.two.tell("bc_a", 4, [b"2"], {})
        assert await take(following) == Lost(0)
        assert await take(following) == Told(base + 1, (b"2",))


async def test_a_slow_follower_is_told_that_it_lost_some(shared: Shared) -> None:
    count = 2 * MAX_QUEUED + 7
    base = await shared.one.begin("bc_a", 3, b"0")
    async with shared.reader.follow("bc_a") as slow, shared.reader.follow("bc_a") as quick:
        for number in range(count):
            await shared.one.tell("bc_a", 3, [b"%d" % number], {})
            assert await take(quick) == Told(base + 1 + number, (b"%d" % number,))
        assert isinstance(await take(slow), Lost)
        told = await take(slow)
        while told != Told(base + count, (b"%d" % (count - 1),)):
            after = await take(slow)
            assert isinstance(told, Told)
            assert isinstance(after, Told)
            assert after.sequence == told.last + 1
            told = after


async def test_large_tellings_fill_a_queue_sooner(shared: Shared) -> None:
    await shared.one.begin("bc_a", 3, b"0")
    async with shared.reader.follow("bc_a") as slow, shared.reader.follow("bc_a") as quick:
        for _ in range(7):
            await shared.one.tell("bc_a", 3, [bytes(MAX_TELL_BYTES)], {})
            await take(quick)
        assert isinstance(await take(slow), Lost)


async def test_bodies_are_there_whole(shared: Shared) -> None:
    await shared.one.begin("bc_a", 3, b"0")
    await shared.one.tell("bc_a", 3, [b"1"], {"v0/3-1.0.m4s": [b"a\x00", b"", b"\r\nb"], "a0/3-1.0.m4s": [b"c"]})
    await shared.one.tell("bc_a", 3, [], {"v0/3-1.1.m4s": [bytes(range(256)) * 600]})
    assert await shared.reader.body("bc_a", "v0/3-1.0.m4s") == b"a\x00\r\nb"
    assert await shared.reader.body("bc_a", "a0/3-1.0.m4s") == b"c"
    assert await shared.reader.body("bc_a", "v0/3-1.1.m4s") == bytes(range(256)) * 600
    assert await shared.reader.body("bc_a", "v0/3-1.2.m4s") is None


async def test_bodies_outlive_a_change_of_the_writer(shared: Shared) -> None:
    await shared.one.begin("bc_a", 3, b"0")
    await shared.one.tell("bc_a", 3, [], {"v0/3-1.0.m4s": [b"a"]})
    await shared.one.keep("bc_a", 3, {"v0/3-init-0.mp4": [b"i", b"nit"]})
    await shared.two.begin("bc_a", 4, b"0")
    assert await shared.reader.body("bc_a", "v0/3-1.0.m4s") == b"a"
    assert await shared.reader.body("bc_a", "v0/3-init-0.mp4") == b"init"


async def test_bodies_expire_and_kept_ones_do_not(short_bodies: Shared) -> None:
    await short_bodies.one.begin("bc_a", 3, b"0")
    await short_bodies.one.keep("bc_a", 3, {"init": [b"init"]})
    await short_bodies.one.tell("bc_a", 3, [b"1"], {"1": [b"one"]})
    await until_none(partial(short_bodies.reader.body, "bc_a", "1"))
    assert await short_bodies.reader.body("bc_a", "init") == b"init"


async def test_bodies_expire_while_others_come(short_bodies: Shared) -> None:
    await short_bodies.one.begin("bc_a", 3, b"0")
    await short_bodies.one.tell("bc_a", 3, [], {"1": [b"one"]})

    async def tell_on_and_look() -> bytes | None:
        await short_bodies.one.tell("bc_a", 3, [], {"2": [b"two"]})
        return await short_bodies.reader.body("bc_a", "1")

    await until_none(tell_on_and_look)
    assert await short_bodies.reader.body("bc_a", "2") == b"two"


async def test_the_oldest_bodies_give_way(small: Shared) -> None:
    await small.one.begin("bc_a", 3, b"0")
    bodies = {f"{number}": [bytes(400)] for number in range(4)}
    await small.one.tell("bc_a", 3, [], bodies)
    assert [await small.reader.body("bc_a", name) for name in bodies] == [None, None, bytes(400), bytes(400)]
    await small.one.tell("bc_a", 3, [], {"3": [bytes(200)], "4": [bytes(400)]})
    assert [await small.reader.body("bc_a", name) for name in ("2", "3", "4")] == [bytes(400), bytes(200), bytes(400)]
    kept = {f"init{number}": [bytes(40)] for number in range(4)}
    for name, body in kept.items():
        await small.one.keep("bc_a", 3, {name: body})
    assert [await small.reader.body("bc_a", name) for name in kept] == [None, None, bytes(40), bytes(40)]


@pytest.mark.parametrize("entries", [[b"x"] * 11, [bytes([1]) * 101]], ids=["many", "large"])
async def test_a_full_journal_takes_no_more_until_it_is_rebased(small: Shared, entries: list[bytes]) -> None:
    base = await small.one.begin("bc_a", 3, b"0")
    with pytest.raises(Forgotten):
        await small.one.tell("bc_a", 3, entries, {"1": [b"one"]})
    assert await small.reader.body("bc_a", "1") is None
    last = await small.one.tell("bc_a", 3, [bytes([1]) * 10] * 10, {})
    seen = await small.reader.past("bc_a")
    with pytest.raises(Forgotten):
        await small.one.tell("bc_a", 3, [b"x"], {"1": [b"one"]})
    assert await small.reader.past("bc_a") == seen
    await small.one.rebase("bc_a", 3, base + 9, b"0-9")
    assert await small.one.tell("bc_a", 3, [b"11"], {}) == last + 1
    assert await small.reader.past("bc_a") == Past(3, last + 1, b"0-9", (bytes([1]) * 10, b"11"))


async def test_a_journal_that_nobody_writes_to_expires(short: Shared) -> None:
    await short.one.begin("bc_a", 3, b"0")
    await short.one.keep("bc_a", 3, {"init": [b"init"]})
    last = await short.one.tell("bc_a", 3, [b"1"], {})
    await until_none(partial(short.reader.sequence, "bc_a"))
    assert await short.reader.past("bc_a") is None
    await until_none(partial(short.reader.body, "bc_a", "init"))
    with pytest.raises(Forgotten):
        await short.one.tell("bc_a", 3, [b"2"], {})
    assert await short.one.begin("bc_a", 3, b"0") > last


async def test_what_has_no_business_here_is_refused(shared: Shared) -> None:
    base = await shared.one.begin("bc_a", 3, b"0")
    for broadcast in ("", "bc a", "{bc}", "bc/a", "x" * 101):
        with pytest.raises(ValueError, match="is not a broadcast"):
            await shared.one.begin(broadcast, 3, b"0")
        with pytest.raises(ValueError, match="is not a broadcast"):
            shared.one.follow(broadcast)
        with pytest.raises(ValueError, match="is not a broadcast"):
            await shared.one.past(broadcast)
    for name in ("", "a b", "x" * 201):
        with pytest.raises(ValueError, match="is not the name of a body"):
            await shared.one.tell("bc_a", 3, [b"1"], {name: [b""]})
    with pytest.raises(ValueError, match="too many for the journal"):
        await shared.one.tell("bc_a", 3, [b"1"], {"a": [bytes(MAX_BODY_BYTES), b"1"]})
    with pytest.raises(Forgotten, match="too large for one step"):
        await shared.one.tell("bc_a", 3, [bytes(MAX_TELL_BYTES), b"1"], {})
    for snapshot in (b"", bytes(MAX_SNAPSHOT_BYTES + 1)):
        with pytest.raises(ValueError, match="snapshot of"):
            await shared.one.begin("bc_a", 3, snapshot)
        with pytest.raises(ValueError, match="snapshot of"):
            await shared.one.rebase("bc_a", 3, base, snapshot)
    assert await shared.reader.past("bc_a") == Past(3, base, b"0", ())


async def test_leaving_ends_the_following(shared: Shared) -> None:
    await shared.one.begin("bc_a", 3, b"0")
    async with shared.reader.follow("bc_a") as following:
        pass
    await shared.one.tell("bc_a", 3, [b"1"], {})
    assert [told async for told in following] == []


async def test_a_closed_journal_says_so(shared: Shared) -> None:
    base = await shared.one.begin("bc_a", 3, b"0")
    async with shared.reader.follow("bc_a") as following:
        await shared.one.tell("bc_a", 3, [b"1"], {})
        assert await take(following) == Told(base + 1, (b"1",))
        await shared.reader.close()
        await shared.reader.close()
        async with asyncio.timeout(PATIENCE_S):
            assert [told async for told in following] == []
    with pytest.raises(BusError, match="closed"):
        await shared.reader.past("bc_a")
    with pytest.raises(BusError, match="closed"):
        await shared.reader.begin("bc_a", 3, b"0")
    with pytest.raises(BusError, match="closed"):
        async with shared.reader.follow("bc_a"):
            pass
