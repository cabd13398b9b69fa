"""From what a publisher says about time to what a player can rely on.

Frames come with stamps that cannot be trusted; samples leave with times that can: in each track one follows the
other with no hole and no overlap, sound and picture keep the offset that the publisher meant, and media time goes on
as fast as media arrives, never faster and never with a lag that grows.

- `publisher_clock` places stamps on the timeline: wraps, jumps, glitches; one offset for both tracks.
- `video_lane` puts pictures on their `frame_grid` and holds one until the next tells its duration.
- `audio_lane` counts samples, watches the stamps for drift, and fills in `silence`.

The one exception to "no hole": a track that stalls for more than 3 s while the other goes on, with no silence to
fill in. Its next sample stands where it belongs, later than the end of the one before it.

No clock is read here, so it does not matter whether media comes live or from a file.
"""

from __future__ import annotations

from collections import Counter
from math import ceil
from typing import TYPE_CHECKING, Final

from media.track import Kind
from origin.live.audio_lane import AudioLane
from origin.live.faults import Fault
from origin.live.publisher_clock import PublisherClock
from origin.live.video_lane import VideoLane

if TYPE_CHECKING:
    from media.sample import Frame, Sample
    from media.track import Track

_VIDEO: Final = Kind.VIDEO


class Timeline:
    """Mends the times of one publisher's frames.

    The first frame stands at `start_s`; a track that begins up to a second earlier than the first frame's stamp is
    placed before `start_s`, but never below 0. `faults` counts what was mended, by `Fault`; whoever reads it
    clears it.
    """

    def __init__(self, start_s: float = 1.0) -> None:
        self.faults: Counter[Fault] = Counter()
        self._start_s = start_s
        self._clock = PublisherClock(self.faults)
        self._tracks: dict[Kind, Track] = {}
        self._video: VideoLane | None = None
        self._audio: AudioLane | None = None

    @property
    def end_s(self) -> float:
        """Media time (seconds) that has been reached, held frames included: the next run may start here."""
        return max(self._start_s, *(lane.end_s for lane in (self._video, self._audio) if lane), 0.0)

    @property
    def pictures_end_s(self) -> float:
        """The same of pictures alone."""
        return self._video.end_s if self._video else 0.0

    def set_track(self, track: Track) -> list[Sample]:
        """Announce a track, or new parameters for one; returns the last sample under the old ones, if there were any.

        The same track again changes nothing: publishers repeat their headers.
        """
        if self._tracks.get(track.kind) == track:
            return []
        self._tracks[track.kind] = track
        lane = self._video if track.kind is _VIDEO else self._audio
        if lane is not None:
            return lane.retrack(track)
        if track.kind is _VIDEO:
            self._video = VideoLane(track, self.faults)
        else:
            self._audio = AudioLane(track, self.faults)
        return []

    def push(self, frame: Frame) -> list[Sample]:
        """Take the next frame; returns the samples that are complete now, in decode order in each track."""
        kind = frame.kind
        lane, other = (self._video, self._audio) if kind is _VIDEO else (self._audio, self._video)
        if lane is None:
            self.faults[Fault.NO_TRACK] += 1
            return []
        at = self._clock.place(kind, frame.dts_ms)
        if at is None:
            at = self._clock.resume(kind, frame.dts_ms, ceil(self.end_s * 1000))
        samples = lane.take(frame, at)
        if lane.astray:
            lane.astray = False
            self._clock.resume(kind, frame.dts_ms, ceil(lane.last_s * 1000))
        if other is None:
            return samples
        more = other.meanwhile(at)
        return samples + more if more else samples

    def flush(self) -> list[Sample]:
        """The frames still held: call it when the publisher is gone."""
        return [sample for lane in (self._video, self._audio) if lane for sample in lane.flush()]
