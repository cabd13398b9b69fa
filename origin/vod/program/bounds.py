"""What the program gives up before it opens a stranger's file: memory, time, files, the network, new rights.

libav is large, old and fed by strangers. What it can be made to open is bounded where it is called (`demux.libav`);
this holds for what nobody thought of.
"""

from __future__ import annotations

import ctypes
import resource
import signal
from typing import Final

MEMORY_BYTES: Final = 512 << 20
"""Of our own, without the pages of the file; mutated files have pushed libav beyond 800 MB."""
CPU_S: Final = 4 * 3600
"""The sound of twelve hours takes some ten minutes to convert; who runs the program ends it when nothing comes."""
FILES: Final = 64
"""Open at a time."""
GROWTH: Final = 4
"""A written file has at most so many times the size of the film, and `LEAST_BYTES`: sound may grow in conversion."""
LEAST_BYTES: Final = 64 << 20

_NEW_NET: Final = 0x4000_0000
_NEW_USER: Final = 0x1000_0000
_NO_NEW_PRIVILEGES: Final = 38
_SIGNAL_OF_PARENTS_DEATH: Final = 1
"""clone(2), prctl(2)."""


def give_up(film_bytes: int) -> bool:
    """Bound this process, for good. Says whether the network is gone: not every kernel lets everyone do that."""
    limits = (
        (resource.RLIMIT_DATA, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_S),
        (resource.RLIMIT_NOFILE, FILES),
        (resource.RLIMIT_FSIZE, GROWTH * film_bytes + LEAST_BYTES),
        (resource.RLIMIT_CORE, 0),
    )
    for what, most in limits:
        hard = resource.getrlimit(what)[1]
        within = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (within, within))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    libc.prctl(_SIGNAL_OF_PARENTS_DEATH, int(signal.SIGKILL), 0, 0, 0)  # nobody is left who would take what is made
    # With the right to it a network namespace alone will do; without, one's own user namespace gives it.
    return any(libc.unshare(flags) == 0 for flags in (_NEW_NET, _NEW_USER | _NEW_NET))
