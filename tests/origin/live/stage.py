"""One publisher on the air, and what comes of it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from origin.live.health import Health
from origin.live.production import Production
from origin.live.publication import Publication
from origin.observe.metrics import REGISTRY
from packager.pipeline import LivePackager, LiveSettings

if TYPE_CHECKING:
    from packager.hls.window import Window

NOW = 1_800_000_000.0


class OnStage:
    """A publication with a real channel and packager, and a note of how it closed."""

    def __init__(self) -> None:
        settings = LiveSettings(
            epoch=1, first_msn=0, first_discontinuity=0, low_latency=True, dvr_window_s=60, segment_min_s=2.0
        )
        self.channel = Production(LivePackager(settings), "tn/bc/")
        self.health = Health()
        self.closed: list[str] = []
        self.now = NOW
        self.publication = self.another(1.0)

    def another(self, start_s: float) -> Publication:
        return Publication(
            self.channel,
            self.health,
            start_s=start_s,
            clock=lambda: self.now,
            on_close=lambda _publication, reason: self.closed.append(reason),
        )

    @property
    def video(self) -> Window:
        return self.channel.packager.windows["v0"]

    @property
    def codes(self) -> set[str]:
        return {remark.code for remark in self.health.remarks}


async def parted(stage: OnStage) -> str:
    """The code that the publisher is sent home with."""
    return (await asyncio.wait_for(stage.publication.farewell, 10)).code


async def remarked(stage: OnStage, code: str, count: int = 1) -> None:
    async with asyncio.timeout(10):
        while not any(each.code == code and each.count >= count for each in stage.health.remarks):  # noqa: ASYNC110 - health tells nobody
            await asyncio.sleep(0.001)


def warnings(code: str) -> float:
    return REGISTRY.get_sample_value("headwater_live_warnings_total", {"code": code}) or 0.0
