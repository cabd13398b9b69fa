"""A packaging program that cuts nothing: it does what the object that it is given says.

The object is JSON, a list of steps: {"file": name, "body": base64}, {"tell": line}, {"raw": text},
{"link": [name, to]}, {"exit": status}, {"hang": true}, each with {"first": true} only for the first attempt. The epochs
in names are turned into the attempt's.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import sys
import time
from pathlib import Path
from typing import Any


def main() -> int:
    parser = argparse.ArgumentParser()
    for name in "--in-fd", "--epoch":
        parser.add_argument(name, type=int)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--segment", type=float)
    given = parser.parse_args()
    with os.fdopen(given.in_fd, "rb") as file:
        steps = json.load(file)
    for step in steps:
        if step.pop("first", False) and given.epoch > 1:
            continue
        status = do(step, given.out, str(given.epoch))
        if status is not None:
            return status
    return 0


def do(step: dict[str, Any], out: Path, epoch: str) -> int | None:
    if "file" in step:
        path = out / renamed(step["file"], epoch)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(base64.b64decode(step["body"]))
    if "link" in step:
        name, to = step["link"]
        (out / renamed(name, epoch)).symlink_to(to)
    if "tell" in step:
        say(json.dumps(told(step["tell"], epoch)))
    if "raw" in step:
        sys.stderr.write("these were its last words")
        say(step["raw"])
    while step.get("hang"):
        say('{"progress": 0.5}')
        time.sleep(0.05)
    status: int | None = step.get("exit")
    if status is not None and status < 0:
        os.kill(os.getpid(), -status)
    return status


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def told(line: dict[str, Any], epoch: str) -> dict[str, Any]:
    for kind in "segment", "init":
        for field in "name", "file", "init":
            if field in line.get(kind, ()):
                line[kind][field] = renamed(line[kind][field], epoch)
    return line


def renamed(name: str, epoch: str) -> str:
    folder, slash, file = name.rpartition("/")
    return f"{folder}{slash}{epoch}-{file.partition('-')[2]}"


if __name__ == "__main__":
    sys.exit(main())
