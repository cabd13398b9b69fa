"""What an ingest shell needs from the rest of the server: somebody to ask, and somewhere to put the frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import asyncio

    from media.sample import Frame
    from media.track import Track
    from origin.live.farewell import Farewell


class Publication(Protocol):
    """One publisher on the air. All calls are made on the event loop and return at once."""

    @property
    def farewell(self) -> asyncio.Future[Farewell]:
        """Done when the server wants the publisher gone; the shell tells it so and closes."""

    def set_track(self, track: Track) -> None:
        """Announce a track, or its new parameters. Comes before the first frame of its kind."""

    def push(self, frame: Frame) -> None:
        """Take one frame. Frames that come after the farewell are dropped."""

    def remark(self, code: str, sentence: str) -> None:
        """Note something about the publisher's health (a long GOP, an ignored track)."""

    def close(self, reason: str) -> None:
        """The publisher is gone, cleanly or not. May be called more than once."""


class Desk(Protocol):
    """Where a publisher asks to go on the air."""

    async def open(self, stream_key: str, protocol: str, peer: str) -> Publication:
        """Check the key (by its hash) and put the publisher on the air, in place of one that may be there already.

        Raises `origin.errors.Problem`: `unauthorized` for an unknown key, `draining` while the server stops.
        """
