"""Makes the demo's film in a process of its own: `python -m origin.demo.filming`, the file's path by standard input.

Ten seconds of test card and tone as an MP4, the index in front. It is there whole or not at all.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import av

from origin.demo.leash import take_order
from origin.demo.publisher import Broadcast, Show
from transcoder.testcard import Card
from transcoder.testcard.sound import Sound

if TYPE_CHECKING:
    import threading

    from av.container import OutputContainer

FILM_S: Final = 10
"""Several segments, so that there is something to seek in."""
WIDTH, HEIGHT = 960, 540
"""Good to look at, and little more than a second of one core to make: the demo is to be ready soon."""
TITLE: Final = "HEADWATER TEST FILM"


def make(path: Path, show: Show, begun: int, stop: threading.Event, seconds: int = FILM_S) -> bool:
    """Write a film whose first picture shows the time `begun`, unix seconds. False if it was stopped.

    Raises FFmpegError or OSError when it cannot be written.
    """
    draft = path.with_suffix(".draft")
    try:
        with av.open(str(draft), "w", format="mp4", options={"movflags": "faststart"}) as container:
            whole = _play(container, show, begun, stop, seconds)
        if whole:
            draft.replace(path)
        return whole
    finally:
        draft.unlink(missing_ok=True)


def _play(container: OutputContainer, show: Show, begun: int, stop: threading.Event, seconds: int) -> bool:
    broadcast = Broadcast(show, container, lambda: float(begun))
    for number in range(seconds * show.frame_rate):
        if stop.is_set():
            return False
        broadcast.send(number, broadcast.due(number))
    broadcast.finish()
    return True


def main() -> int:
    """Make the film; the exit status says whether it is there."""
    order, stop = take_order()
    try:
        return 0 if make(Path(order), Show(Card(WIDTH, HEIGHT, TITLE), Sound()), int(time.time()), stop) else 1
    except (av.FFmpegError, OSError) as error:
        print(f"The demo's film cannot be written: {error}.", file=sys.stderr, flush=True)  # noqa: T201 - the parent passes it on
        return 1


if __name__ == "__main__":
    sys.exit(main())
