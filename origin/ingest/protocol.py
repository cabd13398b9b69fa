"""What every way in offers to the server that starts it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import ssl

    from origin.ingest.desk import Desk


class Listener(Protocol):
    """A way in that is open."""

    @property
    def address(self) -> tuple[str, int]:
        """Host and true port."""

    async def close(self, grace_s: float) -> None:
        """Take no more publishers; wait up to `grace_s` for those whom the desk has said farewell to; then close."""


class Serve(Protocol):
    """Opens a way in that is a socket of its own."""

    async def __call__(self, desk: Desk, host: str, port: int, *, tls: ssl.SSLContext | None = None) -> Listener:
        """Listen. Raises OSError where the address cannot be had."""
