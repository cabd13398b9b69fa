"""Reads damaged copies of a file, in a process of its own: libav may crash, and then that ends with a signal.

`python -m tests.origin.vod.demux.libav.mutations FILE COUNT` prints how many were read and how many refused.
"""

from __future__ import annotations

import random
import resource
import sys
from contextlib import closing
from itertools import islice
from pathlib import Path

from origin.vod.demux.film import MediaError
from origin.vod.demux.libav.film import open_film

MEMORY = 2 << 30
CPU_S = 100
MOST_SAMPLES = 5_000


def damaged(data: bytes, chance: random.Random) -> bytes:
    """Bytes changed, a piece taken out, doubled or made zero, or the end cut off."""
    made = bytearray(data)
    for _ in range(chance.randint(1, 12)):
        at = int(len(made) * chance.random() ** 2)
        size = chance.randint(1, 40)
        match chance.randint(0, 4):
            case 0:
                made[at : at + 1] = chance.randbytes(1)
            case 1:
                made[at : at + 4] = chance.choice([b"\xff" * 4, b"\0" * 4, b"\x7f\xff\xff\xff", chance.randbytes(4)])
            case 2:
                del made[at : at + size]
            case 3:
                made[at:at] = made[at : at + size]
            case _:
                made = made[: max(1, len(made) - size)]
    return bytes(made)


def outcome(path: Path) -> str:
    try:
        with closing(open_film(path)) as film:
            for number in range(len(film.tracks)):
                for sample in islice(film.samples(number), MOST_SAMPLES):
                    assert sample.duration > 0
                    assert sample.dts >= 0
                    assert sample.data
    except MediaError:
        return "refused"
    return "read"


def main() -> int:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    path, count = Path(sys.argv[1]), int(sys.argv[2])
    data, copy = path.read_bytes(), path.with_suffix(".damaged")
    found = {"read": 0, "refused": 0}
    for seed in range(count):
        copy.write_bytes(damaged(data, random.Random(seed)))  # noqa: S311 - damage, the same each time
        found[outcome(copy)] += 1
    sys.stdout.write(f"{found['read']} {found['refused']}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
