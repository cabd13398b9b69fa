"""A request's body as it comes in, for what is too large to be held: pulled, so nothing runs ahead of its reader."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final

from origin.web.asgi import ClientGoneError

if TYPE_CHECKING:
    from origin.web.asgi import Receive

DROPPED_BYTES: Final = 4 << 20
DROPPED_S: Final = 2.0
"""Of a body that nobody wants, so much is read after the answer: closed at once, the connection would be reset, and its
client would lose the answer with it. What sockets hold on both sides is a few megabytes."""


class Body:
    """One request's."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.over = False

    async def next(self) -> bytes | None:
        """Give the next bytes, perhaps none; None at the end. Raises `ClientGoneError`."""
        if self.over:
            return None
        message = await self._receive()
        if message["type"] == "http.disconnect":
            self.over = True
            raise ClientGoneError
        self.over = not message.get("more_body", False)
        return bytes(message.get("body", b""))

    async def is_empty(self) -> bool:
        """Whether no byte comes. Reads no further than to the first."""
        while (chunk := await self.next()) is not None:
            if chunk:
                return False
        return True

    async def drop(self) -> None:
        """Read what is left, within bounds."""
        left = DROPPED_BYTES
        with contextlib.suppress(TimeoutError, ClientGoneError):
            async with asyncio.timeout(DROPPED_S):
                while left > 0 and (chunk := await self.next()) is not None:
                    left -= len(chunk)
