"""Listening sockets that whoever started us has opened, by the protocol of systemd (sd_listen_fds(3)).

They outlive us. While a server is stopped, or killed, and started again, the kernel goes on taking connections, which
wait: viewers and encoders are not refused. Some players give up at once when they are.
"""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING, Final

from origin.config import ConfigError

if TYPE_CHECKING:
    from collections.abc import MutableMapping

FIRST: Final = 3
"""SD_LISTEN_FDS_START."""
NAMES: Final = ("http", "rtmp")
"""What a socket may be for, as FileDescriptorName= says."""


def inherited(environ: MutableMapping[str, str], pid: int) -> dict[str, socket.socket]:
    """Take the sockets that are meant for process `pid`, by name, and the variables out of `environ`.

    Raises:
        ConfigError: they are not named for what we listen to.
    """
    told = {name: environ.pop(name, "") for name in ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES")}
    if told["LISTEN_PID"] != str(pid):
        return {}
    names = told["LISTEN_FDNAMES"].split(":")
    if told["LISTEN_FDS"] != str(len(names)) or len(set(names)) < len(names) or not {*NAMES}.issuperset(names):
        raise ConfigError(f"Sockets that are handed over are to be named {' and '.join(NAMES)} (FileDescriptorName=).")
    return {name: _taken(FIRST + index) for index, name in enumerate(names)}


def _taken(number: int) -> socket.socket:
    os.set_inheritable(number, False)  # noqa: FBT003 - its only form
    taken = socket.socket(fileno=number)
    taken.settimeout(0.0)
    return taken
