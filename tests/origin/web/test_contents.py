from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from origin.catalog.objects import Version
from origin.stores.memory import MemoryStore
from origin.web.asgi import ClientGoneError
from origin.web.contents import etag, file_name, repr_digest, send_version

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

BODY = bytes(600_000)
VERSION = Version("ve_1", "tn_a", "ob_1", "tn_a/objects/ve_1", len(BODY), "ab" * 32, "text/plain", 1.0, "a.txt")


class Failing(MemoryStore):
    """One from which the end is missing, as of a file that somebody cut."""

    async def stream(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        async for chunk in super().stream(key, start, end):
            yield chunk
            return


async def sent(store: MemoryStore, version: Version, *, leaves: bool = False, **headers: str) -> list[dict[str, Any]]:
    await store.put(version.key, (BODY,))
    found: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        found.append(message)

    async def receive() -> dict[str, Any]:
        if not leaves:
            await asyncio.Event().wait()
        return {"type": "http.disconnect"}

    named = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send_version({"method": "GET", "headers": named}, receive, send, store, version)
    return found


async def test_it_comes_in_chunks_with_its_length() -> None:
    start, *rest = await sent(MemoryStore(), VERSION)
    assert (start["status"], dict(start["headers"])[b"content-length"]) == (200, b"600000")
    assert b"".join(message["body"] for message in rest) == BODY
    assert max(len(message["body"]) for message in rest) == 256 * 1024
    assert "more_body" not in rest[-1]


async def test_an_object_that_lacks_bytes_is_not_taken_for_whole() -> None:
    *_, last = await sent(Failing(), VERSION)
    assert last["more_body"]
    *_, last = await sent(MemoryStore(), replace(VERSION, size=len(BODY) + 1))
    assert last["more_body"]


async def test_nothing_is_read_for_a_client_that_has_left() -> None:
    with pytest.raises(ClientGoneError):
        await sent(MemoryStore(), VERSION, leaves=True)


def test_tag_and_digest_are_of_the_bytes() -> None:
    assert etag(VERSION) == b'"sha256-' + b"ab" * 32 + b'"'
    assert repr_digest("00" * 32) == b"sha-256=:" + b"A" * 43 + b"=:"


@pytest.mark.parametrize(
    ("name", "saved"),
    [
        ("a.txt", ("a", ".txt")),
        ("x/y/a.tar.gz", ("a.tar", ".gz")),
        ("C:\\x\\a", ("a", "")),
        (".profile", (".profile", "")),
        ('a."; x=1', ('a."; x=1', "")),
        ("a/", ("", "")),
    ],
)
def test_a_file_is_saved_under_the_last_part_of_its_name(name: str, saved: tuple[str, str]) -> None:
    assert file_name(name) == saved
