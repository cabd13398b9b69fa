"""A plan costs what the room's docstring says, however long the recording."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.house.tree import ROOT

MEGABYTE = 1_000_000


def test_twelve_hours_are_planned_within_the_bound() -> None:
    command = [sys.executable, "-m", "tests.packager.mp4.long_recording", "12"]
    told = json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout)
    assert told["samples"] > 3_300_000
    assert told["parts"] == 432_000
    assert told["bytes"] < 24 * told["samples"] + 100 * told["parts"]
    assert told["bytes"] < 100 * MEGABYTE
    assert told["header"] < 30 * MEGABYTE
