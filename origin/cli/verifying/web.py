"""A package behind an address: that of its folder, of its multivariant playlist, or of its `package.json`."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import httpx

from origin.cli.verifying.sources import Digest, FileError, FileMissing, digested, joined

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

TIMEOUT_S: Final = 30.0
"""For each step; how long a file may take in all is the check's matter."""
_GONE: Final = frozenset({404, 410})


class Web:
    """`Source` tells what the methods do. What is said of a failure never holds the address: there may be a token."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        folder = parts.path.rpartition("/")[0] + "/"
        self._base = f"{parts.scheme}://{parts.netloc}{folder}"
        self._query = f"?{parts.query}" if parts.query else ""
        # As they rest, not as they travel: sizes and digests are those of the plain files.
        self._http = httpx.AsyncClient(timeout=TIMEOUT_S, headers={"Accept-Encoding": "identity"})

    async def get(self, name: str, most: int) -> bytes:  # noqa: D102 - as Source
        async with self._body(name) as chunks:
            return await joined(chunks, most)

    async def digest(self, name: str, most: int) -> Digest:  # noqa: D102 - as Source
        async with self._body(name) as chunks:
            return await digested(chunks, most)

    def names(self) -> None:
        """Nobody tells what else there is."""

    async def close(self) -> None:  # noqa: D102 - as Source
        await self._http.aclose()

    @asynccontextmanager
    async def _body(self, name: str) -> AsyncIterator[AsyncIterator[bytes]]:
        try:
            async with self._http.stream("GET", f"{self._base}{name}{self._query}") as answer:
                if answer.status_code in _GONE:
                    raise FileMissing
                if answer.status_code != httpx.codes.OK:
                    raise FileError("unreadable", f"The server answers {answer.status_code} instead of it.")
                yield answer.aiter_bytes()
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise FileError("unreadable", f"The server does not give it ({type(error).__name__}).") from None
