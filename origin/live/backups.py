"""The backup publishers of this node: who waits for which stream, and when one is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from origin.live.standby import Standby

if TYPE_CHECKING:
    from origin.live.publication import Publication


class Backups:
    """One standby a stream."""

    def __init__(self) -> None:
        self._standbys: dict[str, Standby] = {}

    def add(self, stream_id: str) -> Standby:
        """Let a backup wait, in the place of the one before."""
        before = self._standbys.get(stream_id)
        if before:
            before.part("taken_over", "Another backup with this stream's key has taken over.")
            before.close("taken_over")

        standby = Standby(lambda gone: self._remove(stream_id, gone))
        self._standbys[stream_id] = standby
        return standby

    def ready(self, stream_id: str) -> Standby | None:
        """The backup that waits for the stream, if it sends."""
        standby = self._standbys.get(stream_id)
        return standby if standby and standby.publication is None and standby.fresh else None

    def wanted(self) -> list[str]:
        """The streams that a backup waits for."""
        return [stream_id for stream_id in self._standbys if self.ready(stream_id)]

    def make_room(self, stream_id: str, publication: Publication | None) -> bool:
        """Take a backup off the air that is there as `publication`; False if that is none."""
        standby = self._standbys.get(stream_id)
        if publication is None or standby is None or standby.publication is not publication:
            return False
        standby.demote()
        return True

    def part_all(self, code: str, sentence: str) -> None:
        """Send all home."""
        for standby in tuple(self._standbys.values()):
            standby.part(code, sentence)
            standby.close(code)

    def _remove(self, stream_id: str, gone: Standby) -> None:
        if self._standbys.get(stream_id) is gone:
            del self._standbys[stream_id]
