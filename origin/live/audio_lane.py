"""Sound with mended times: counted in samples, brought back to the stamps where they drift away, filled with silence.

A decoder plays frames of sound one after the other whatever their stamps say, so the count of samples is the time.
The publisher's stamps (rounded, jittering, from another clock) are only watched: while they stay within 60 ms of
the count, they are ignored. Beyond, sound was lost (silence fills its time, or the frame before lasts longer), or
there is too much (frames are dropped until the count is right). So sound never drifts from its picture.

Where sound is missing while pictures go on, silence runs behind them at a small distance, because a player stops
where either is missing. What comes later for time already filled is dropped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from media.sample import Frame, Sample
from media.silence import silence_for
from media.sound_span import aac_span, opus_span
from media.track import Codec, Kind
from origin.live.faults import Fault

if TYPE_CHECKING:
    from collections import Counter

    from media.track import Track

_AUDIO: Final = Kind.AUDIO
_DRIFT_MS: Final = 60
"""Lip-sync errors below are not seen (ITU-R BT.1359: 45 ms early to 125 ms late), and RTMP stamps jitter by less."""
_PATIENCE_MS: Final = 700
"""Sound this far behind the pictures is taken for missing: encoders interleave within half a second, and players
a second behind the live edge would stall a moment later."""
_PATIENCE_MOST_MS: Final = 4_000
"""A publisher whose sound proved to come late is waited for up to here; later sound is given another time."""
_DISTANCE_MS: Final = 250
"""Silence ends this much before the newest picture, so that returning sound finds its place free."""
_STALL_S: Final = 3
"""The longest that a frame may last where no silence is known, as for pictures."""
_LOST_S: Final = 5
"""After dropping this much in a row, or dropping all while this much was filled, the stamps are not believed."""
_FILL_MOST: Final = 1_000
"""Silent frames at a time: 10 s of the shortest (1024 samples at 96 kHz), three times the longest step of a clock."""


class AudioLane:
    """One frame is held; `take` and `meanwhile` return at most that and `_FILL_MOST` silent ones."""

    __slots__ = (
        "_behind",
        "_dts",
        "_faults",
        "_filling",
        "_held",
        "_late_from",
        "_lost",
        "_next",
        "_patience",
        "_pictures_at",
        "_scale",
        "_settled",
        "_silence",
        "_slack",
        "_slack_settled",
        "_span",
        "_unit",
        "_waiting_from",
        "astray",
    )

    def __init__(self, track: Track, faults: Counter[Fault]) -> None:
        self.astray = False
        self._faults = faults
        self._held: Frame | None = None
        self._dts = 0
        self._next: int | None = None
        self._scale = track.timescale
        self._patience = _PATIENCE_MS
        self._pictures_at = 0
        self._waiting_from: int | None = None
        self._late_from = 0
        self._begin(track)

    @property
    def end_s(self) -> float:
        """Media time up to where samples go, with the held one."""
        return (self._next or 0) / self._scale

    @property
    def last_s(self) -> float:
        """Where a frame would have stood to end here."""
        return max(0, (self._next or 0) - self._unit) / self._scale

    def take(self, frame: Frame, at: int) -> list[Sample]:
        """Accept a frame that stands at `at` (ms); returns the one before it, and silence between them."""
        due = self._next
        if due is None:
            return self._first(frame, at)
        span = self._span or opus_span(frame.data, self._scale)
        drift = at * self._scale // 1000 - due
        if not -self._slack <= drift <= self._slack:
            return self._resync(frame, drift, span)
        if not self._settled:
            self._settle()
        held, before = self._held, self._dts  # as `_accept` does, without the call
        self._held, self._dts, self._next = frame, due, due + span
        return [Sample(_AUDIO, before, before, due - before, held.key, held.data)] if held is not None else []

    def meanwhile(self, at: int) -> list[Sample]:
        """Pictures have reached `at` (ms): fill in what is missing."""
        self._pictures_at = at
        due = self._next
        if due is None:
            return self._still_nothing(at)
        if at * self._scale - due * 1000 <= self._behind:
            return []
        return self._missing(at, due)

    def flush(self) -> list[Sample]:
        """The held frame."""
        held, self._held = self._held, None
        if held is None or self._next is None:
            return []
        return [Sample(Kind.AUDIO, self._dts, self._dts, self._next - self._dts, held.key, held.data)]

    def retrack(self, track: Track) -> list[Sample]:
        """Go on with other parameters; returns what was held under the old ones."""
        samples = self.flush()
        if self._next is not None:
            self._next = -(-self._next * track.timescale // self._scale)
        self._begin(track)
        return samples

    def _begin(self, track: Track) -> None:
        self._scale = track.timescale
        self._span = 0 if track.codec is Codec.OPUS else aac_span(track)
        self._silence = silence_for(track)
        self._unit = self._silence.span if self._silence else self._span or opus_span(b"", self._scale)
        self._slack_settled = max(_DRIFT_MS * self._scale // 1000, self._unit)
        self._settle()

    def _settle(self) -> None:
        """Sound comes as it should."""
        self._settled, self._filling = True, False
        self._slack = self._slack_settled
        self._lost = 0
        wait = self._patience if self._silence else _STALL_S * 1000
        self._behind = wait * self._scale

    def _unsettle(self) -> None:
        """Find the exact place again, not merely one within the usual slack."""
        self._settled = False
        self._slack = self._unit // 2

    def _first(self, frame: Frame, at: int) -> list[Sample]:
        self._next = max(0, at * self._scale // 1000)
        self._settle()
        return self._accept(frame, self._next, self._span or opus_span(frame.data, self._scale))

    def _accept(self, frame: Frame, due: int, span: int) -> list[Sample]:
        held, before = self._held, self._dts
        self._held, self._dts, self._next = frame, due, due + span
        if held is None:
            return []
        return [Sample(_AUDIO, before, before, due - before, held.key, held.data)]

    def _resync(self, frame: Frame, drift: int, span: int) -> list[Sample]:
        if drift < 0:
            self._drop(drift, span)
            return []
        samples = self._bridge(drift)
        self._settle()
        return samples + self._accept(frame, self._next or 0, span)

    def _bridge(self, drift: int) -> list[Sample]:
        """Get over `drift` ticks without sound."""
        self._faults[Fault.GAP] += 1
        due = self._next or 0
        if self._silence is not None:
            return self._fill(drift + self._unit // 2)
        samples = self.flush() if drift > _STALL_S * self._scale else []
        self._next = due + drift
        return samples

    def _fill(self, ticks: int) -> list[Sample]:
        """What was held, and as many silent frames as fit into `ticks`."""
        samples, silence = self.flush(), self._silence
        if silence is None or self._next is None:
            return samples
        count = min(ticks // silence.span, _FILL_MOST)
        begin, self._next = self._next, self._next + count * silence.span
        self._faults[Fault.SILENCE_FILLED] += count
        times = range(begin, self._next, silence.span)
        return samples + [Sample(Kind.AUDIO, t, t, silence.span, key=True, data=silence.data) for t in times]

    def _missing(self, at: int, due: int) -> list[Sample]:
        if self._silence is None:
            return self.flush()
        self._unsettle()
        self._filling = True
        self._behind = _DISTANCE_MS * self._scale
        return self._fill((at - _DISTANCE_MS) * self._scale // 1000 - due)

    def _still_nothing(self, at: int) -> list[Sample]:
        """No sound since the beginning: silence begins where the pictures did."""
        if self._waiting_from is None:
            self._waiting_from = at
        if at - self._waiting_from <= self._patience or self._silence is None:
            return []
        self._next = max(0, self._waiting_from * self._scale // 1000)
        return self._missing(at, self._next)

    def _drop(self, drift: int, span: int) -> None:
        self._faults[Fault.LATE_DROPPED if self._filling else Fault.OVERLAP] += 1
        due = self._next or 0
        if not self._lost:
            self._late_from = due
            self._learn(due + drift)
        self._unsettle()
        self._lost += span
        if max(self._lost, due - self._late_from) > _LOST_S * self._scale:
            self.astray = True
            self._settle()

    def _learn(self, stood: int) -> None:
        """Wait longer for a publisher whose sound is always late; less again for one that is not."""
        late = self._pictures_at - stood * 1000 // self._scale
        if not self._filling:
            return
        self._patience = late * 3 // 2 if late > self._patience else max(_PATIENCE_MS, self._patience // 2)
        self._patience = min(self._patience, _PATIENCE_MOST_MS)
