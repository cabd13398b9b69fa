"""Run every bench and print the tables together, with what they were measured on."""

from __future__ import annotations

import argparse
import os
import platform
from pathlib import Path

from bench import (
    failover,
    glass_to_glass,
    http_delivery,
    job_overhead,
    live_passthrough,
    mp4_download,
    packaging,
    part_length,
    second_node,
)

QUICK = {
    live_passthrough: ["--counts", "1,20", "--runs", "1", "--warm", "5", "--seconds", "10"],
    http_delivery: ["--runs", "1", "--seconds", "2"],
    mp4_download: ["--runs", "1", "--seconds", "60"],
    packaging: ["--runs", "1", "--seconds", "60"],
    job_overhead: ["--runs", "1", "--seconds", "20"],
    glass_to_glass: ["--runs", "1", "--seconds", "10", "--settle", "5"],
    part_length: ["--seconds", "10", "--settle", "5"],
    second_node: ["--runs", "1", "--streams", "2", "--warm", "5", "--seconds", "10"],
    failover: ["--runs", "1", "--settle", "5"],
}


def machine() -> str:
    """Name the machine, since figures without it mean nothing."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    found = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    processor = found[0] if found else platform.machine()
    return f"{processor}, {os.cpu_count()} CPUs, Linux {platform.release()}, Python {platform.python_version()}"


def main() -> None:
    """Run all, one after the other: they would disturb each other."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short run of each, to see that they work")
    quick = parser.parse_args().quick
    tables = [bench.main(arguments if quick else []) for bench, arguments in QUICK.items()]
    print(machine(), *tables, sep="\n\n")


if __name__ == "__main__":
    main()
