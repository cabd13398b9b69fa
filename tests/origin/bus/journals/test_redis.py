from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from origin.bus.journals import scripts
from origin.bus.journals.protocol import Forgotten, Past, Told
from origin.bus.journals.redis import RedisJournal, _decoded
from origin.bus.protocol import BusError, Lost, Message
from origin.bus.redis import RedisBus
from origin.bus.redis_link import RedisLink
from tests.support.redis import RedisServer, empty_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from origin.bus.queues import Queue

PATIENCE_S = 30.0


@pytest_asyncio.fixture
async def journal() -> AsyncIterator[RedisJournal]:
    journal = RedisJournal.open(empty_server().url)
    yield journal
    await journal.close()


async def take(following: Queue[Told]) -> Told | Lost:
    async with asyncio.timeout(PATIENCE_S):
        return await anext(following)


async def test_after_an_answer_that_did_not_come_the_writer_begins_again() -> None:
    with RedisServer() as server:
        journal = RedisJournal.open(server.url)
        last = await journal.begin("bc_a", 3, b"0")
        server.pause()
        with pytest.raises(BusError, match="does not answer in time"):
            await journal.tell("bc_a", 3, [b"1"], {"1": [b"one"]})
        server.go_on()
        with pytest.raises(Forgotten):
            await journal.tell("bc_a", 3, [b"2"], {"2": [b"two"]})
        assert await journal.body("bc_a", "2") is None
        base = await journal.begin("bc_a", 3, b"0-2")
        assert base > last
        assert await journal.past("bc_a") == Past(3, base, b"0-2", ())
        assert await journal.tell("bc_a", 3, [b"3"], {}) == base + 1
        await journal.close()


async def test_what_was_begun_in_vain_does_not_undo_what_was_begun_later() -> None:
    with RedisServer() as server:
        journal = RedisJournal.open(server.url)
        await journal.begin("bc_a", 3, b"0")
        server.pause()
        with pytest.raises(BusError, match="does not answer in time"):
            await journal.begin("bc_a", 3, b"late")
        server.go_on()
        base = await journal.begin("bc_a", 3, b"0-1")
        await journal.tell("bc_a", 3, [b"2"], {})
        assert await journal.past("bc_a") == Past(3, base + 1, b"0-1", (b"2",))
        await journal.close()


async def test_commands_that_come_late_are_refused(journal: RedisJournal) -> None:
    await journal.begin("bc_a", 3, b"0")
    late = journal._terms["bc_a"]
    base = await journal.begin("bc_a", 3, b"1")
    past = Past(3, base, b"1", ())
    attempts: list[tuple[scripts.Script, list[str | bytes | int]]] = [
        (scripts.BEGIN, [0, b"late"]),
        (scripts.TELL, [1000, 1000, 10, 100, 1, b"late", "name", b"body"]),
        (scripts.REBASE, [base, b"late"]),
        (scripts.KEEP, [1000, "name", b"body"]),
        (scripts.FORGET, []),
    ]
    for script, arguments in attempts:
        assert await journal._write(script, "bc_a", late, *arguments) == scripts.FORGOTTEN
        assert await journal.past("bc_a") == past
        assert await journal.body("bc_a", "name") is None
    await journal.forget("bc_a", 3)
    assert await journal._write(scripts.BEGIN, "bc_a", late, 0, b"late") == scripts.FORGOTTEN
    assert await journal.past("bc_a") is None


async def test_a_writer_that_was_cancelled_begins_again() -> None:
    with RedisServer() as server:
        journal = RedisJournal.open(server.url)
        for turns in range(5):
            await journal.begin("bc_a", 3, b"0")
            server.pause()
            telling = asyncio.create_task(journal.tell("bc_a", 3, [b"1"], {}))
            for _ in range(turns + 1):
                await asyncio.sleep(0)
            telling.cancel()
            await asyncio.wait([telling])
            assert telling.cancelled()
            server.go_on()
            with pytest.raises(Forgotten):
                await journal.tell("bc_a", 3, [b"2"], {})
        await journal.close()


async def test_a_restart_in_mid_stream_heals() -> None:
    with RedisServer() as server:
        writer, reader = RedisJournal.open(server.url), RedisJournal.open(server.url)
        await writer.begin("bc_a", 3, b"0")
        last = await writer.tell("bc_a", 3, [b"1"], {})
        async with reader.follow("bc_a") as following:
            await asyncio.to_thread(server.stop)
            with pytest.raises(BusError, match="cannot be reached"):
                await writer.tell("bc_a", 3, [b"2"], {})
            await asyncio.to_thread(server.start)
            with pytest.raises(Forgotten):
                await writer.tell("bc_a", 3, [b"2"], {})
            assert await take(following) == Lost(0)
            assert await reader.past("bc_a") is None
            base = await writer.begin("bc_a", 3, b"0-2")
            assert base > last
            await writer.tell("bc_a", 3, [b"3"], {})
            assert await take(following) == Lost(0)
            assert await take(following) == Told(base + 1, (b"3",))
        await writer.close()
        await reader.close()


async def test_numbers_rise_though_redis_forgot_them_and_its_clock_went_back(journal: RedisJournal) -> None:
    await journal.begin("bc_a", 3, b"0")
    journal._terms["bc_a"].reached = 2**52  # as if the clock had been that far ahead
    await journal._link.do("FLUSHALL")
    assert await journal.begin("bc_a", 3, b"0") == 2**52 + 1
    await journal._link.do("FLUSHALL")
    assert await journal.begin("bc_a", 3, b"0") == 2**52 + 2
    assert await journal.tell("bc_a", 3, [b"x"] * 10, {}) == 2**52 + 12
    past = await journal.past("bc_a", 2**52 + 11)
    assert past == Past(3, 2**52 + 12, b"", (b"x",))


async def test_scripts_that_redis_forgot_are_handed_to_it_again(journal: RedisJournal) -> None:
    base = await journal.begin("bc_a", 3, b"0")
    await journal._link.do("SCRIPT", "FLUSH")
    assert await journal.tell("bc_a", 3, [b"1"], {"1": [bytes(200_000)]}) == base + 1
    assert await journal.body("bc_a", "1") == bytes(200_000)


async def test_all_keys_of_a_broadcast_expire_and_have_one_hash_tag(journal: RedisJournal) -> None:
    await journal.begin("bc_a", 3, b"0")
    await journal.keep("bc_a", 3, {"init": [b"i"]})
    await journal.tell("bc_a", 3, [b"1"], {"1": [b"one"]})
    keys = await journal._link.do("KEYS", "*")
    names = ("state", "entries", "bodies", "ages", "kept", "kept-ages")
    assert set(keys) == {b"headwater:{bc_a}:" + name.encode() for name in names}
    for key in keys:
        left_s = await journal._link.do("TTL", key)
        assert 0 < left_s <= (30 if key.endswith((b"bodies", b":ages")) else 3600)
    await journal.forget("bc_a", 3)
    assert await journal._link.do("KEYS", "*") == [b"headwater:{bc_a}:state"]
    assert await journal._link.do("TTL", "headwater:{bc_a}:state") > 0


async def test_a_history_of_which_redis_has_dropped_a_piece_is_none(journal: RedisJournal) -> None:
    await journal.begin("bc_a", 3, b"0")
    await journal.tell("bc_a", 3, [b"1"], {})
    await journal._link.do("DEL", "headwater:{bc_a}:entries")
    assert await journal.past("bc_a") is None
    with pytest.raises(Forgotten):
        await journal.tell("bc_a", 3, [b"2"], {})


async def test_no_name_opens_what_is_not_a_body(journal: RedisJournal) -> None:
    await journal.begin("bc_a", 3, b"0")
    await journal.tell("bc_a", 3, [], {"1": [b"one"]})
    for name in ("", "../state", "1\n", "x" * 1000):
        assert await journal.body("bc_a", name) is None


async def test_a_user_with_the_rights_that_the_documentation_names() -> None:
    rights = ["on", ">aaaa", "~headwater:*", "&headwater:*", "+@all", "-@admin", "-@dangerous"]
    with RedisServer("--user", "headwater", *rights) as server:
        journal = RedisJournal.open(server.url.replace("//", "//headwater:aaaa@"))
        base = await journal.begin("bc_a", 3, b"0")
        async with journal.follow("bc_a") as following:
            await journal.tell("bc_a", 3, [b"1"], {"1": [b"one"]})
            assert await take(following) == Told(base + 1, (b"1",))
        await journal.rebase("bc_a", 3, base + 1, b"1")
        await journal.keep("bc_a", 3, {"init": [b"i"]})
        assert await journal.past("bc_a") == Past(3, base + 1, b"1", ())
        assert await journal.body("bc_a", "init") == b"i"
        assert await journal.sequence("bc_a") == base + 1
        await journal.forget("bc_a", 3)
        await journal.close()


async def test_a_bus_and_its_journal_share_connections() -> None:
    url = empty_server().url
    bus = RedisBus.open(url)
    journal = RedisJournal.open(url, bus)
    await journal.begin("bc_a", 3, b"0")
    async with bus.subscribe("a") as subscription, journal.follow("bc_a") as following:
        assert len((await bus.link.do("CLIENT", "LIST", "TYPE", "pubsub")).splitlines()) == 1
        await journal.close()
        assert [told async for told in following] == []
        await bus.publish("a", {"number": "1"})
        async with asyncio.timeout(PATIENCE_S):
            assert await anext(subscription) == Message("a", {"number": "1"})
    with pytest.raises(BusError, match="journal is closed"):
        await journal.sequence("bc_a")
    await bus.close()


async def test_a_bus_elsewhere_is_left_alone() -> None:
    url = empty_server().url
    bus = RedisBus.open(url)
    journal = RedisJournal.open(url.removesuffix("0") + "1", bus)
    await journal.begin("bc_a", 3, b"0")
    assert await bus.link.do("DBSIZE") == 0
    await journal.close()
    await bus.publish("a", {})
    await bus.close()


async def test_more_broadcasts_than_one_process_writes(journal: RedisJournal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("origin.bus.journals.redis.MAX_TERMS", 2)
    for name in ("bc_a", "bc_b", "bc_c"):
        await journal.begin(name, 3, b"0")
    assert list(journal._terms) == ["bc_b", "bc_c"]
    with pytest.raises(Forgotten):
        await journal.tell("bc_a", 3, [b"1"], {})


def test_a_url_that_is_wrong_is_refused_with_a_sentence() -> None:
    with pytest.raises(BusError, match="Write redis://"):
        RedisJournal.open("redis:", RedisBus(RedisLink.open("redis://localhost")))


@given(st.binary())
def test_what_is_no_telling_is_refused(message: bytes) -> None:
    with suppress(ValueError):
        assert _decoded(message).entries is not None


@pytest.mark.parametrize("message", [b"", b"7", b"x:", b"7:\0\0\0\1", b"7:\0\0\0\1a\0\1"])
def test_what_is_cut_off_is_refused(message: bytes) -> None:
    with pytest.raises(ValueError, match=r"no entries|cut off|invalid literal"):
        _decoded(message)


def test_a_telling() -> None:
    assert _decoded(b"7:\0\0\0\1a\0\0\0\0\0\0\0\2\0:") == Told(7, (b"a", b"", b"\0:"))
