"""A channel on the air, with no socket in front of it."""

from __future__ import annotations

from origin.live.health import Health
from origin.live.production import Production
from origin.live.publication import Publication
from packager.pipeline import LivePackager, LiveSettings
from tests.support.frames import VIDEO, pictures, push_all


class Air:
    """A channel with pictures coming as the test says."""

    def __init__(self, *, low_latency: bool = True) -> None:
        settings = LiveSettings(
            epoch=1, first_msn=0, first_discontinuity=0, low_latency=low_latency, dvr_window_s=60, segment_min_s=2.0
        )
        self.channel = Production(LivePackager(settings), "tn/bc/")
        self._frames = pictures(3_600)
        self.come(1.0)

    def come(self, start_s: float) -> None:
        """A publisher comes."""
        self._publication = Publication(
            self.channel, Health(), start_s=start_s, clock=lambda: 1.8e9, on_close=lambda _publication, _reason: None
        )
        self._publication.set_track(VIDEO)

    def go(self, frames: int) -> None:
        push_all(self._publication, [next(self._frames) for _ in range(frames)])

    def pause(self) -> None:
        """The publisher goes."""
        self._publication.close("gone")

    def return_(self) -> None:
        """And comes back, beginning with a key frame."""
        self._frames = pictures(3_600)
        self.come(self._publication.end_s)
