"""Publishes the test card over RTMP, in a process of its own: `python -m origin.demo.publisher`.

The address with the stream key comes as the first line of standard input (`leash`). A lost connection is made again.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import av

from origin.demo.leash import take_order
from transcoder.testcard import Card
from transcoder.testcard.encode import AUDIO_CODEC, AUDIO_FRAME, VIDEO_CODEC, set_up_audio, set_up_video
from transcoder.testcard.sound import Sound

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from av.container import OutputContainer

FRAME_RATE: Final = 30
MOST_BEHIND_S: Final = 0.5
"""Further behind the clock than this (a suspended machine, a stalled line), pictures are left out, not hurried."""
FIRST_PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 5.0
"""Between attempts to connect; a demo's server is on the same machine, so it is back soon or never."""


@dataclass(frozen=True, slots=True)
class Show:
    """What is published."""

    card: Card
    sound: Sound
    frame_rate: int = FRAME_RATE


class Broadcast:
    """One connection's worth of the card. Picture 0 is at the time when all was ready, unix seconds."""

    def __init__(self, show: Show, container: OutputContainer, clock: Callable[[], float]) -> None:
        self._show = show
        self._container = container
        self._next_sound = 0
        self._video = container.add_stream(VIDEO_CODEC, rate=show.frame_rate)
        self._audio = container.add_stream(AUDIO_CODEC, rate=show.sound.sample_rate)
        set_up_video(self._video.codec_context, show.card.width, show.card.height, show.frame_rate)
        set_up_audio(self._audio.codec_context, show.sound.sample_rate)
        # Encoders open and the header goes out before the clock starts: a first picture that is late against the
        # others would put every date in the playlist as much too late.
        container.start_encoding()
        self._start = clock()

    def due(self, number: int) -> float:
        """When a picture is to be sent, unix seconds."""
        return self._start + number / self._show.frame_rate

    def nearest(self, now: float) -> int:
        """Which picture is due now."""
        return int((now - self._start) * self._show.frame_rate)

    def send(self, number: int, now: float) -> None:
        """Draw and send one picture with the time `now` in it, and the sound up to it."""
        picture = self._show.card.picture(int(now * 1000))
        picture.pts = number
        self._container.mux(self._video.encode(picture))
        rate = self._show.sound.sample_rate
        first = int(self._start * rate)
        until = number * rate // self._show.frame_rate
        # Sound that pictures were left out for is left out too: players mend a gap, but never a growing lag.
        self._next_sound = max(self._next_sound, until - rate)
        while self._next_sound <= until:
            frame = self._show.sound.samples(first + self._next_sound, AUDIO_FRAME)
            frame.pts = self._next_sound
            self._next_sound += AUDIO_FRAME
            self._container.mux(self._audio.encode(frame))

    def finish(self) -> None:
        """Send what the encoders still hold."""
        self._container.mux(self._video.encode(None))
        self._container.mux(self._audio.encode(None))


def publish(url: str, show: Show, stop: threading.Event, clock: Callable[[], float] = time.time) -> None:
    """Connect and send until `stop` is set. Raises FFmpegError or OSError when the connection fails or ends."""
    options = {"flvflags": "no_duration_filesize"}
    with av.open(url, "w", format="flv", container_options=options) as container:
        broadcast = Broadcast(show, container, clock)
        number = 0
        while not stop.wait(max(0.0, broadcast.due(number) - clock())):
            now = clock()
            if now - broadcast.due(number) > MOST_BEHIND_S:
                number = broadcast.nearest(now)
            broadcast.send(number, now)
            number += 1


def keep_publishing(url: str, show: Show, stop: threading.Event, say: Callable[[str], None]) -> None:
    """Publish again whenever the connection is lost. `say` gets a sentence without the address, which holds the key."""
    pause = FIRST_PAUSE_S
    while not stop.is_set():
        begun = time.monotonic()
        try:
            publish(url, show, stop)
        except (av.FFmpegError, OSError) as error:
            say(f"The test card lost its connection ({error.strerror}); trying again.")
        pause = FIRST_PAUSE_S if time.monotonic() - begun > LONGEST_PAUSE_S else min(pause * 2, LONGEST_PAUSE_S)
        stop.wait(pause)


def main() -> int:
    """Read the address, then publish until standard input ends."""
    url, stop = take_order()
    keep_publishing(url, Show(Card(), Sound()), stop, lambda words: print(words, file=sys.stderr, flush=True))  # noqa: T201 - the parent passes it on
    return 0


if __name__ == "__main__":
    sys.exit(main())
