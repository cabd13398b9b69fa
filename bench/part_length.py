"""What the length of a part buys and costs: delay on the screen against requests of a viewer, by `part_target_s`.

The demo's test card is watched with our page, straight and through a relay with a round trip of 60 ms, once for each
length. Both renditions cost two requests a part: the reload that waits for it, and the part.
"""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING

from bench import glass_to_glass, viewers
from bench.table import render

if TYPE_CHECKING:
    from collections.abc import Sequence

LENGTHS_S = (0.2, 0.25, 0.333)
SETTING = "HEADWATER_PART_TARGET_S"


def main(arguments: Sequence[str] | None = None) -> str:
    """Measure, and give the table."""
    parser = argparse.ArgumentParser(prog="bench.part_length", description=__doc__)
    parser.add_argument("--seconds", type=float, default=30, help="measured in each run")
    parser.add_argument("--settle", type=float, default=12, help="left out before that")
    parser.add_argument("--runs", type=int, default=1)
    options = parser.parse_args(arguments)
    options.round_trip_ms = [60.0]
    rows = []
    for length in LENGTHS_S:
        os.environ[SETTING] = str(length)
        results = glass_to_glass.run(options, viewers.VIEWERS[:1])
        rows += [glass_to_glass.row(f"parts from {length} s", trip, runs) for (_, trip), runs in results.items()]
    os.environ.pop(SETTING)
    return render("Length of a part, our page", ("setting", *glass_to_glass.HEADS[1:]), rows)


if __name__ == "__main__":
    print(main())
