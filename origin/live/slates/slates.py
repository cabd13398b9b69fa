"""When a slate begins: a broadcast waits for its publisher, its stream has one, and what it carries allows it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import structlog

from media.silence import silence_for
from media.track import Codec, Kind
from origin.catalog import slates as rows
from origin.errors import Problem
from origin.live.health import Health
from origin.live.publication import Publication
from origin.live.slates.filler import Filler
from origin.live.slates.orders import Encode
from origin.observe import metrics
from transcoder.slate.loop import rate_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from media.silence import Silence
    from media.track import Track
    from origin.live.means import Means
    from origin.live.on_air import OnAir
    from origin.live.slates.workshop import Workshop
    from transcoder.slate.loop import Loop

UNAVAILABLE: Final = "slate_unavailable"
"""The remark on a stream whose slate cannot be shown."""
PREPARE_S: Final = 2.0
"""Between looks for broadcasts whose slate is not encoded yet; viewers of one that stops sooner wait a second more."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Made:
    """What is sent while the publisher is away."""

    loop: Loop
    sound: Track | None
    silence: Silence | None


class Slates:
    """Begins slates; whoever puts a publisher on, or ends the broadcast, stops them (`OnAir.stop_filling`).

    While `run` is running, loops are encoded before they are needed.
    """

    def __init__(self, means: Means, workshop: Workshop, register: Iterable[OnAir]) -> None:
        self._means = means
        self._workshop = workshop
        self._register = register
        self._prepared: set[OnAir] = set()

    async def begin(self, on_air: OnAir) -> None:
        """Fill the time until somebody publishes, if the stream wants that and it can be; a failure is remarked."""
        made = await self._made(on_air)
        if made and on_air.waiting and on_air.filler is None:  # still: encoding may take a second
            on_air.filler = Filler(self._publication(on_air), made.loop, made.sound, made.silence)
            _log.info("slate_on_air", stream_id=on_air.stream.id)

    async def run(self) -> None:
        """Encode what may be needed, one after the other, until cancelled."""
        while True:
            await asyncio.sleep(PREPARE_S)
            present = set(self._register)
            self._prepared &= present
            for on_air in present - self._prepared:
                if on_air.stream.slate and on_air.channel.started:
                    self._prepared.add(on_air)
                    await self._attempt(on_air)

    async def _attempt(self, on_air: OnAir) -> None:
        try:
            await self._made(on_air)
        except Problem as problem:
            metrics.catalog_failures.labels("slate").inc()
            _log.warning("slate_not_prepared", stream_id=on_air.stream.id, problem=str(problem))

    async def _made(self, on_air: OnAir) -> _Made | None:
        slate = await self._means.catalog.read(lambda conn: rows.get(conn, on_air.stream.id))
        tracks = {track.kind: track for track in on_air.channel.packager.presentation.tracks.values()}
        if slate is None or not tracks:
            return None
        video, sound = tracks.get(Kind.VIDEO), tracks.get(Kind.AUDIO)
        silence = silence_for(sound) if sound else None
        if video is None or not _suits(video, sound, silence):
            self._remark(on_air, "The slate needs H.264 video, and AAC or no sound; this broadcast has something else.")
            return None
        try:
            loop = await self._workshop.loop(Encode(video.width, video.height, rate_of(video), slate.picture or b""))
        except Problem as problem:
            _log.warning("slate_not_made", stream_id=on_air.stream.id, problem=str(problem))
            self._remark(on_air, "The slate could not be encoded; the server's log says why.")
            return None
        on_air.health.withdraw(UNAVAILABLE)
        return _Made(loop, sound, silence)

    def _publication(self, on_air: OnAir) -> Publication:
        """Its health is not the stream's: that says what the publisher should know of what it sends."""

        def closed(publication: Publication, _reason: str) -> None:
            on_air.end_s = publication.end_s

        return Publication(on_air.channel, Health(), start_s=on_air.end_s, clock=self._means.clock, on_close=closed)

    def _remark(self, on_air: OnAir, sentence: str) -> None:
        on_air.health.remark(UNAVAILABLE, sentence, self._means.clock())


def _suits(video: Track, sound: Track | None, silence: Silence | None) -> bool:
    """Whether players that play this broadcast will play its slate: the same codecs, and silence where there is sound.

    4:2:0 pictures have an even number of lines and columns.
    """
    if video.codec is not Codec.H264 or video.width % 2 or video.height % 2 or not video.width * video.height:
        return False
    return sound is None or (sound.codec is Codec.AAC and silence is not None)
