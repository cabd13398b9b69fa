"""Gives a process a clock of its own: the machine's, and as many seconds more as a file says, which may change.

Python imports this before anything else where the folder is on `PYTHONPATH`. The file is `WRONG_CLOCK`. Monotonic
clocks stay as they are, as they do when a system's clock is set. (Debian's libfaketime breaks `time.sleep` in Python
3.11.)
"""

from __future__ import annotations

import datetime as dt
import os
import time
from pathlib import Path

_FILE = Path(os.environ["WRONG_CLOCK"])
_LOOK_S = 0.1
_right, _right_ns = time.time, time.time_ns
_known = [0.0, 0.0]


def _wrong_by() -> float:
    now = time.monotonic()
    if now >= _known[0]:
        _known[:] = now + _LOOK_S, float(_FILE.read_text())
    return _known[1]


time.time = lambda: _right() + _wrong_by()
time.time_ns = lambda: _right_ns() + int(_wrong_by() * 1e9)

from botocore import compat  # noqa: E402 - with which S3 requests are dated


def _current(remove_tzinfo: bool = True) -> dt.datetime:  # noqa: FBT001, FBT002 - as botocore has it
    now = dt.datetime.fromtimestamp(time.time(), dt.UTC)
    return now.replace(tzinfo=None) if remove_tzinfo else now


compat.get_current_datetime = _current
