"""Waits at the start of a run of frames until it is known which tracks there are and where a decoder can begin.

A playlist names its renditions once, so the packager must be told all tracks at the start. Publishers announce them in
the first messages, yet not all: some send audio late, some promise what never comes. Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from media.track import Kind, Track

if TYPE_CHECKING:
    from media.sample import Frame

PATIENCE_MS: Final = 1_000
"""How much media to wait for a second track. A first segment takes 2 s anyway, so viewers lose nothing."""
KEY_FRAME_PATIENCE_MS: Final = 20_000
"""How long a publisher may send video without any key frame. Encoders' longest defaults are near 10 s."""
PICTURE_PATIENCE_MS: Final = 5_000
"""How long sound waits for the first picture of a video track that was announced. Cameras begin within two seconds; and
it is worth waiting for, since players that have begun with sound alone do not look for pictures."""
MOST_AWAITED: Final = 4_096
"""Frames without a key frame, for a publisher whose clock stands still: 20 s of 60 pictures and 94 sounds a second."""
MOST_FRAMES: Final = 512
"""Frames held at the most; 1 s holds about 110."""
MOST_BYTES: Final = 32 << 20
"""Of them: 1 s at 200 Mbit/s is 25 MB. Beyond either, the run begins with the tracks that there are."""


class NoKeyFrameError(Exception):
    """The publisher sends video that no decoder can begin with."""


class Gathering:
    """Frames and tracks of a run that has not begun."""

    def __init__(self) -> None:
        self.tracks: dict[Kind, Track] = {}
        self.frames: list[Frame] = []
        self.absent: Track | None = None
        """Video that was announced, and of which no picture came: the run begins without it."""
        self._pictures = False
        self._bytes = 0
        self._first_ms: int | None = None
        self._awaited = 0

    def set_track(self, track: Track) -> None:
        """Take a track's parameters; a repetition replaces them, and what was held for the old ones goes."""
        if self.tracks.get(track.kind) not in {None, track}:
            self.frames = [frame for frame in self.frames if frame.kind is not track.kind]
        self.tracks[track.kind] = track

    def offer(self, frame: Frame) -> bool:
        """Take a frame and say whether the run can begin, with `tracks` and `frames`.

        Raises:
            NoKeyFrameError: video has gone on for `KEY_FRAME_PATIENCE_MS` with no key frame.
        """
        if frame.kind not in self.tracks:
            return False
        if self._first_ms is None:
            self._first_ms = frame.dts_ms
        elapsed_ms = frame.dts_ms - self._first_ms
        if Kind.VIDEO in self.tracks and not self._has_key_frame():
            return self._await_key_frame(frame, elapsed_ms)
        self._hold(frame)
        waited_ms = abs(frame.dts_ms - self.frames[0].dts_ms)
        return len(self.tracks) == len(Kind) or waited_ms >= PATIENCE_MS or self._full()

    def _hold(self, frame: Frame) -> None:
        self.frames.append(frame)
        self._bytes += len(frame.data)

    def _full(self) -> bool:
        return len(self.frames) >= MOST_FRAMES or self._bytes >= MOST_BYTES

    def _has_key_frame(self) -> bool:
        return any(frame.kind is Kind.VIDEO for frame in self.frames)

    def _await_key_frame(self, frame: Frame, elapsed_ms: int) -> bool:
        self._awaited += 1
        self._pictures |= frame.kind is Kind.VIDEO
        if not self._pictures and (abs(elapsed_ms) > PICTURE_PATIENCE_MS or self._awaited > MOST_AWAITED):
            self.absent = self.tracks.pop(Kind.VIDEO)
            self.frames = [frame]
            return True
        if abs(elapsed_ms) > KEY_FRAME_PATIENCE_MS or self._awaited > MOST_AWAITED:
            raise NoKeyFrameError
        self._bytes = 0
        self.frames.clear()  # sound before the first picture would only delay the start
        if frame.kind is Kind.VIDEO and frame.key:
            self._hold(frame)
            return len(self.tracks) == len(Kind)
        return False
