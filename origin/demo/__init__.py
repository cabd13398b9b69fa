"""`headwater demo`: the whole server on embedded defaults, with a test card on the air and a place for OBS.

`stage` starts the server, makes or finds two streams in the catalog (`streams`), lets a child process publish the card
to one of them over real RTMP (`child`, `publisher`), and prints where to look and what to put into OBS (`banner`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from origin.config import Settings


def run(settings: Settings) -> None:
    """Run the demo until SIGINT or SIGTERM: what the command calls.

    Raises what starting the server raises: `Problem`, `OSError`, `AlreadyRunningError`.
    """
    # Not at the top: the publisher's process lives in this package too, and should not load a server for it.
    import asyncio  # noqa: PLC0415 - see above

    import uvloop  # noqa: PLC0415 - see above

    from origin.demo.stage import run_demo  # noqa: PLC0415 - see above

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run_demo(settings, lambda words: print(words, flush=True)))  # noqa: T201 - a command's voice
