from __future__ import annotations

import asyncio
import re
import traceback
from typing import TYPE_CHECKING

import pytest
from redis import exceptions as refusals

from origin.bus.protocol import BusError
from origin.bus.redis_link import CONNECTIONS, Address, RedisLink
from tests.support.redis import RedisServer, empty_server

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("redis://h", Address("h", 6379, 0, None, None, secure=False, ca=None)),
        ("redis://h:1/", Address("h", 1, 0, None, None, secure=False, ca=None)),
        ("redis://u:p%40%2F%3A@h:1/7", Address("h", 1, 7, "u", "p@/:", secure=False, ca=None)),
        ("redis://:p@[::1]:1/7", Address("::1", 1, 7, None, "p", secure=False, ca=None)),
        ("rediss://h/1?ca=/etc/ca%20.pem", Address("h", 6379, 1, None, None, secure=True, ca="/etc/ca .pem")),
    ],
)
def test_urls_are_read(url: str, address: Address) -> None:
    assert Address.parse(url) == address


@pytest.mark.parametrize(
    "url",
    [
        "redis:",
        "redis:///0",
        "redis://:aaa/aaa@h:1/0",
        "redis://:aaa@h:aaa/0",
        "redis://:aaa@h:99999/0",
        "redis://:aaa@h/aaa",
        "redis://:aaa@[h/0",
        "redis://:aaa@h/0?timeout=aaa",
        "redis://:aaa@h/0?aaa",
        "redis://:aaa@h/0?ca=aaa",
        "redis://:a#aa@h/0",
    ],
)
def test_a_url_that_is_wrong_is_not_quoted(url: str) -> None:
    with pytest.raises(BusError, match="Write redis://user:password@host") as caught:
        RedisLink.open(url)
    assert "aa" not in "".join(traceback.format_exception(caught.value))


def test_a_password_is_not_shown() -> None:
    address = Address.parse("redis://user:aaa@h/0")
    assert "aaa" not in repr(address)
    assert str(address) == "Redis at h:6379"


def test_a_file_that_holds_no_certificates_is_named(tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.touch()
    for path in (empty, tmp_path / "none.pem"):
        with pytest.raises(BusError, match=re.escape(f"{path} is no file of certificates")):
            RedisLink.open(f"rediss://h?ca={path}")


async def test_commands_are_done_and_answered() -> None:
    link = RedisLink.open(empty_server().url)
    assert await link.do("SET", "a", b"\x00\xff\r\n") == b"OK"
    assert await link.do("GET", "a") == b"\x00\xff\r\n"
    await link.close()
    await link.close()
    with pytest.raises(BusError, match="closed"):
        await link.do("GET", "a")


async def test_databases_are_apart() -> None:
    url = empty_server().url
    one, two = RedisLink.open(url), RedisLink.open(url.removesuffix("0") + "3")
    await one.do("SET", "a", "1")
    assert await two.do("GET", "a") is None
    await one.close()
    await two.close()


async def test_more_commands_than_connections_wait_for_one_another() -> None:
    link = RedisLink.open(empty_server().url)
    answers = await asyncio.gather(*(link.do("INCR", "a") for _ in range(20 * CONNECTIONS)))
    assert sorted(answers) == list(range(1, 20 * CONNECTIONS + 1))
    clients = (await link.do("CLIENT", "LIST")).splitlines()
    assert len(clients) <= CONNECTIONS
    await link.close()


async def test_a_command_that_was_given_up_leaves_no_answer_for_the_next() -> None:
    link = RedisLink.open(empty_server().url)
    for turn in range(50):
        given_up = asyncio.create_task(link.do("ECHO", "given up"))
        for _ in range(turn % 10):
            await asyncio.sleep(0)
        done = given_up.done()
        given_up.cancel()
        await asyncio.wait([given_up])
        assert given_up.cancelled() or done
        assert await link.do("ECHO", str(turn)) == str(turn).encode()
    await link.close()


async def test_a_server_that_is_away_and_comes_back() -> None:
    with RedisServer() as server:
        link = RedisLink.open(server.url)
        assert await link.do("PING") == b"PONG"
        server.stop()
        with pytest.raises(BusError, match=f"Redis at 127.0.0.1:{server.port} cannot be reached"):
            await link.do("PING")
        server.start()
        assert await link.do("PING") == b"PONG"
        await link.close()


async def test_a_server_that_does_not_answer() -> None:
    with RedisServer("--requirepass", "aaaa") as server:
        link = RedisLink.open(server.url.replace("//", "//:aaaa@"))
        await link.do("PING")
        server.pause()
        waiting = [link.do("ECHO", "x") for _ in range(3 * CONNECTIONS)]
        for answer in await asyncio.gather(*waiting, return_exceptions=True):
            assert isinstance(answer, BusError)
            assert answer.detail == f"Redis at 127.0.0.1:{server.port} does not answer in time."
        server.go_on()
        assert await link.do("ECHO", "again") == b"again"
        await link.close()


async def test_refusals_are_put_into_words_and_hide_the_password() -> None:
    with RedisServer(
        "--requirepass", "aaaa", *["--user", "reader", "on", ">bbbb", "+get", "~*"], "--rename-command", "ECHO", ""
    ) as server:
        for user, words in (
            ("", "wants another user or password"),
            (":cccc@", "wants another user or password"),
            ("nobody:aaaa@", "wants another user or password"),
            ("reader:bbbb@", "does not let this user do that"),
        ):
            link = RedisLink.open(server.url.replace("//", f"//{user}"))
            with pytest.raises(BusError, match=words) as caught:
                await link.do("SET", "a", "1")
            text = "".join(traceback.format_exception(caught.value))
            assert not re.search("aaaa|bbbb|cccc", text)
            await link.close()
        link = RedisLink.open(server.url.replace("//", "//:aaaa@"))
        with pytest.raises(BusError, match=r"cannot do that \(ResponseError\)") as caught:
            await link.do("ECHO", "d" * 4)
        assert "dddd" not in "".join(traceback.format_exception(caught.value))
        await link.close()


async def fill(link: RedisLink) -> None:
    for number in range(100):
        await link.do("SET", str(number), bytes(100_000))


async def test_a_full_server_and_a_replica_say_so() -> None:
    with RedisServer("--maxmemory", "1mb") as server:
        link = RedisLink.open(server.url)
        with pytest.raises(BusError, match="raise maxmemory"):
            await fill(link)
        assert server.do("REPLICAOF", "127.0.0.1", "1") == "+OK"
        with pytest.raises(BusError, match="name the primary"):
            await link.do("SET", "a", "1")
        await link.close()


async def test_a_script_that_is_not_there_is_no_failure_of_the_bus() -> None:
    link = RedisLink.open(empty_server().url)
    with pytest.raises(refusals.NoScriptError):
        await link.do("EVALSHA", "0" * 40, 0)
    await link.close()


async def test_a_certificate_is_checked() -> None:
    url = empty_server().secure_url
    link = RedisLink.open(url)
    assert await link.do("PING") == b"PONG"
    await link.close()
    link = RedisLink.open(url.partition("?")[0])
    with pytest.raises(BusError, match="certificate"):
        await link.do("PING")
    await link.close()
