"""Decoded sound to AAC-LC, as it comes: a frame or two are held, whatever the length of the film.

Samples are counted; the times of frames only tell gaps. A gap is filled with silence, for an encoder's frames join
without a seam; behind a long one a new encoder begins at the time that is said. An encoder puts 1024 samples before
what it was given (priming): the first frame bears a time as much earlier.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

import av

from media.record import record
from media.track import Codec, Track
from transcoder.sound.shape import shape_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from transcoder.sound.shape import Shape

FRAME: Final = 1024
"""Samples in an AAC frame (ISO/IEC 14496-3, 4.4.2)."""
TOLERANCE: Final = Fraction(40, 1000)
"""Seconds that sound may be off its stamps: containers round these, and nobody sees lips that are 40 ms off (ITU-R
BT.1359)."""
MOST_SILENCE: Final = Fraction(10)
"""Seconds that are filled: silence costs as much as sound, and an hour's gap is one number in a file."""
_FORMAT: Final = "fltp"


@record
class Coded:
    """A frame of AAC, and when it begins, in samples; negative where priming comes before 0."""

    at: int
    data: bytes


class Conversion:
    """One stream of sound. The first frame decides what it becomes; it may change its rate and channels later."""

    def __init__(self, first: av.AudioFrame) -> None:
        self._shape = shape_of(first.sample_rate, first.layout.name, first.layout.nb_channels)
        self._encoder = _encoder(self._shape)
        self._resampler: av.AudioResampler | None = None
        self._source: tuple[str, str, int] | None = None
        self._at = 0
        self._begun = False
        self._expected = Fraction(0)
        self._coded: list[Coded] = []
        self._next: int | None = None

    @property
    def track(self) -> Track:
        """What comes out."""
        config = bytes(self._encoder.extradata or b"")
        rate = self._shape.rate
        return Track(Codec.AAC, rate, config, sample_rate=rate, channels=self._shape.channels)

    def push(self, frame: av.AudioFrame, at: Fraction | None) -> list[Coded]:
        """Take one frame that begins at `at`, in seconds, or right behind the one before it."""
        if not self._begun:
            self._begin(at or Fraction(0))
        off = at - self._expected if at is not None else Fraction(0)
        if off < -TOLERANCE:
            return self._taken()  # it overlaps what was there
        if off > TOLERANCE:
            self._bridge(self._expected + off, off)
        self._feed(frame)
        self._expected += Fraction(frame.samples, frame.sample_rate)
        return self._taken()

    def finish(self) -> list[Coded]:
        """What is still held; the last frame ends with silence."""
        self._drain()
        return self._taken()

    def _begin(self, at: Fraction) -> None:
        self._at = round(at * self._shape.rate)
        self._begun, self._expected, self._next = True, at, None

    def _bridge(self, until: Fraction, off: Fraction) -> None:
        if off > MOST_SILENCE:
            self._drain()
            self._encoder = _encoder(self._shape)
            self._begin(until)
            return
        self._drain_resampler()
        for _ in range(0, missing := round(until * self._shape.rate) - self._at, FRAME):
            self._encode([_silence(self._shape, min(FRAME, missing))])
            missing -= FRAME
        self._expected = until

    def _feed(self, frame: av.AudioFrame) -> None:
        source = (frame.format.name, frame.layout.name, frame.sample_rate)
        if source != self._source:
            self._drain_resampler()
            self._source = source
        if self._resampler is None:
            self._resampler = av.AudioResampler(format=_FORMAT, layout=self._shape.layout, rate=self._shape.rate)
        frame.pts = None  # what it resamples is counted here
        self._encode(self._resampler.resample(frame))

    def _drain_resampler(self) -> None:
        if self._resampler is not None:
            self._encode(self._resampler.resample(None))
        self._resampler = None

    def _drain(self) -> None:
        self._drain_resampler()
        if self._begun:
            self._take(self._encoder.encode(None))

    def _encode(self, frames: Iterable[av.AudioFrame | None]) -> None:
        for frame in frames:
            if frame is not None and frame.samples:
                frame.pts, frame.time_base = self._at, Fraction(1, self._shape.rate)
                self._at += frame.samples
                self._take(self._encoder.encode(frame))

    def _take(self, packets: Iterable[av.Packet[Any]]) -> None:
        for packet in packets:
            at = self._next if self._next is not None else packet.pts or 0
            self._coded.append(Coded(at, bytes(packet)))
            self._next = at + FRAME

    def _taken(self) -> list[Coded]:
        coded, self._coded = self._coded, []
        return coded


def _encoder(shape: Shape) -> av.AudioCodecContext:
    encoder = av.AudioCodecContext.create("aac", "w")
    encoder.sample_rate, encoder.layout, encoder.format = shape.rate, shape.layout, _FORMAT
    encoder.bit_rate, encoder.time_base = shape.bit_rate, Fraction(1, shape.rate)
    encoder.thread_count = 1
    encoder.open()
    return encoder


def _silence(shape: Shape, samples: int) -> av.AudioFrame:
    frame = av.AudioFrame(_FORMAT, shape.layout, samples)
    frame.sample_rate = shape.rate
    for plane in frame.planes:
        plane.update(bytes(plane.buffer_size))
    return frame
