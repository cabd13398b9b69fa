"""S3 endpoints that other people wrote: rclone's, which passes over much of S3, and moto's, which keeps to it more.

Each is started when it is first asked for, on a free port of the loopback, and ended with the tests.
"""

from __future__ import annotations

import atexit
import functools
import itertools
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import quote

import httpx

ACCESS_KEY, SECRET_KEY = "AKTESTTESTTESTTEST", "testsecret-testsecret-testsecret"
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": ACCESS_KEY,
    "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}
"""What a test that opens an S3 store sets, so that nothing of its machine counts."""
BUCKET = "headwater-test"
_BIN = Path(sys.executable).parent
_numbers = itertools.count()


@dataclass(frozen=True)
class Endpoint:
    """Where S3 is spoken; it holds the bucket `BUCKET`."""

    url: str

    def store_url(self, prefix: str | None = None, bucket: str = BUCKET) -> str:
        """The URL of a store, by default of a new and empty one."""
        return f"s3://{bucket}/{prefix or f't{next(_numbers)}'}?endpoint={quote(self.url)}&region=us-east-1"


@functools.cache
def rclone() -> Endpoint:
    folder = tempfile.mkdtemp(prefix="headwater-rclone-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)  # after what is registered later, the server's end
    (Path(folder) / BUCKET).mkdir()
    command = [str(_BIN / "rclone"), "serve", "s3", folder, "--addr", "127.0.0.1:0", "--config", os.devnull]
    # A bucket is a folder. Signatures are checked.
    options = ["--auth-key", f"{ACCESS_KEY},{SECRET_KEY}", "--no-modtime"]
    return Endpoint(_started([*command, *options], r"Starting s3 server on \[(http://[\d.:]+)/"))


@functools.cache
def moto() -> Endpoint:
    endpoint = Endpoint(
        _started([str(_BIN / "moto_server"), "-H", "127.0.0.1", "-p", "0"], r"Running on (http://[\d.:]+)")
    )
    httpx.put(f"{endpoint.url}/{BUCKET}").raise_for_status()
    return endpoint


def _started(command: list[str], ready: str) -> str:
    """Run the server until the tests end; give what it says about where it listens."""
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    assert process.stderr
    atexit.register(_end, process)
    said = ""
    for line in process.stderr:
        said += line
        if found := re.search(ready, said):
            threading.Thread(target=_drain, args=(process.stderr,), daemon=True).start()
            return found[1]
    raise AssertionError(f"{command[0]} did not start: {said}")


def _drain(output: IO[str]) -> None:
    for _ in output:
        pass


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    process.wait()
