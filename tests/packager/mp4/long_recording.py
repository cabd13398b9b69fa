"""Plans a recording of some hours that was never made, and prints what it cost: run by `test_memory`, on its own.

Pictures at 30 a second with B-frames and sound in frames of 1024, in parts of 0.2 s, as a low-latency stream has them.
"""

from __future__ import annotations

import json
import resource
import sys
from dataclasses import replace

from packager.fmp4 import write_init
from packager.mp4 import Planner
from tests.packager.feed import AAC, VIDEO
from tests.packager.mp4.made import made

PARTS = 10
"""Of a segment."""


def plan(hours: float) -> dict[str, int]:
    planner = Planner({"v0/1-init-0.mp4": write_init(VIDEO), "a0/1-init-0.mp4": write_init(AAC)})
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    first = made(0, [3000] * 6, [90_000, *[20_000] * 5], offsets=[6000, 9000, 3000, 6000, 9000, 3000])
    other = replace(first, keys=())
    tone, samples, at = [made(0, [1024] * count, [340] * count, range(count)) for count in (9, 10)], 0, 0
    segments = round(hours * 1800)
    for number in range(segments):
        start = number * PARTS
        planner.add(
            f"v0/1-{number}.m4s",
            "v0/1-init-0.mp4",
            [replace(other if part else first, start=(start + part) * 18_000) for part in range(PARTS)],
        )
        sound = []
        for part in range(PARTS):
            frames = tone[(start + part + 1) * 9600 // 1024 - at // 1024 - 9]
            sound.append(replace(frames, start=at))
            at += 1024 * len(frames.sizes)
            samples += 6 + len(frames.sizes)
        planner.add(f"a0/1-{number}.m4s", "a0/1-init-0.mp4", sound)
    done = planner.finish()
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return {
        "bytes": kilobytes * 1024,
        "samples": samples,
        "parts": 2 * PARTS * segments,
        "header": done.header_size,
        "size": done.size,
    }


if __name__ == "__main__":
    print(json.dumps(plan(float(sys.argv[1]))))  # noqa: T201 - this is what it is for
