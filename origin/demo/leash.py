"""A child process of the demo, seen from inside: told what to do by a line, ended by the end of standard input.

Not by arguments, which every user of the machine can read. Standard input ends when the parent does, however that
ends, so that no child outlives it.
"""

from __future__ import annotations

import signal
import sys
import threading
from typing import Any


def take_order() -> tuple[str, threading.Event]:
    """Read the first line of standard input; the event is set when the rest of it ends."""
    # Ctrl-C reaches the whole terminal; the parent ends this process in its own time.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    order, ended = sys.stdin.readline().strip(), threading.Event()
    threading.Thread(target=_set_at_end, args=(sys.stdin, ended), daemon=True).start()
    return order, ended


def _set_at_end(stream: Any, ended: threading.Event) -> None:
    while stream.read(1024):
        pass
    ended.set()
