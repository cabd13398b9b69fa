"""`headwater serve` as a process on ports that stay its own, to be killed and started again; an encoder beside it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx

from tests.support import ffmpeg
from tests.support.running import Stream

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence
    from pathlib import Path

START_S = 60.0
RETRY_S = 0.5
"""Between tries of an encoder; OBS waits 2 s at first, FFmpeg's users write loops like ours."""

HAND_OVER = """
import os, sys
names, words = sys.argv[1], sys.argv[sys.argv.index("--") + 1:]
kept = [os.dup(int(each)) for each in sys.argv[2:sys.argv.index("--")]]
for number, each in enumerate(kept, 3):
    os.dup2(each, number)
    os.set_inheritable(number, True)
told = {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": str(len(kept)), "LISTEN_FDNAMES": names}
os.execve(sys.executable, [sys.executable, *words], os.environ | told)
"""


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


@dataclass
class Node:
    """One server; `settings` as in the environment, by lower-case name, and what else is to be in it."""

    data_dir: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    environ: Mapping[str, str] = field(default_factory=dict)
    kept_sockets: bool = False
    """Whether sockets listen for it all the time, as systemd's do: they take connections while it is not running."""
    process: asyncio.subprocess.Process | None = None

    def __post_init__(self) -> None:
        self.log: list[dict[str, Any]] = []
        """What it has said so far, over all its lives."""
        self.http_port, self.ops_port, self.rtmp_port = free_ports(3)
        self.url = f"http://127.0.0.1:{self.http_port}"
        self._sockets = {"http": self.http_port, "rtmp": self.rtmp_port} if self.kept_sockets else {}
        self.listening = [socket.create_server(("127.0.0.1", port)) for port in self._sockets.values()]

    def _words(self) -> list[str]:
        """The command; one with sockets has them as 3, 4, … and knows its own process id before it begins."""
        serve = ["-m", "origin.cli.main", "serve"]
        if not self.listening:
            return [sys.executable, *serve]
        return [sys.executable, "-c", HAND_OVER, ":".join(self._sockets), *map(str, self._filenos()), "--", *serve]

    def _filenos(self) -> list[int]:
        return [each.fileno() for each in self.listening]

    async def start(self) -> None:
        """Start it, and wait until it is ready."""
        binds = {
            "http_bind": f"127.0.0.1:{self.http_port}",
            "ops_bind": f"127.0.0.1:{self.ops_port}",
            "rtmp_bind": f"127.0.0.1:{self.rtmp_port}",
        }
        given = {"data_dir": str(self.data_dir), "log_format": "json", **binds, **self.settings}
        settings = {f"HEADWATER_{name.upper()}": value for name, value in given.items()}
        environ = {**os.environ, **self.environ, **settings}
        self.process = await asyncio.create_subprocess_exec(
            *self._words(), env=environ, stderr=asyncio.subprocess.PIPE, pass_fds=self._filenos()
        )
        self._said = asyncio.create_task(self._listen(self.process, ready := asyncio.Event()))
        async with asyncio.timeout(START_S):
            await ready.wait()
        assert self.process.returncode is None, "it ended instead of getting ready"

    async def kill(self) -> None:
        """End it as a power cut would, but for the page cache."""
        assert self.process
        self.process.kill()
        await self.process.wait()
        await self._said

    def said(self, event: str) -> int:
        """How often it has said so."""
        return sum(line.get("event") == event for line in self.log)

    async def stop(self) -> None:
        """End it cleanly, if it runs."""
        if self.process and self.process.returncode is None:
            self.process.terminate()
            await asyncio.wait_for(self.process.wait(), START_S)
            await self._said

    async def until_it_says(self, event: str) -> None:
        """Wait until it says so for the first time."""
        async with asyncio.timeout(START_S):
            while not self.said(event):  # noqa: ASYNC110 - what it says comes in by another task, which tells nobody
                await asyncio.sleep(0.01)

    async def ended(self) -> int:
        """Wait until it has ended and all that it said is known; gives its exit status."""
        assert self.process
        status = await asyncio.wait_for(self.process.wait(), START_S)
        await self._said
        return status

    @asynccontextmanager
    async def api(self) -> AsyncIterator[httpx.AsyncClient]:
        """A client with the first node's key."""
        key = (self.data_dir / "admin.key").read_text().strip()
        headers = {"Authorization": f"Bearer {key}"}
        async with httpx.AsyncClient(base_url=self.url, headers=headers, timeout=30) as client:
            yield client

    async def stream(self, **fields: Any) -> Stream:
        """Make a stream, and a token for its playback."""
        async with self.api() as client:
            made = (await client.post("/v1/streams", json={"name": "test", **fields})).json()
            body = {"scope": "play", "playback_id": made["playback_id"]}
            token = (await client.post("/v1/tokens", json=body)).json()
        key = made["stream_key"]
        url = f"{made['rtmp_url']}/{key}"
        return Stream(made["id"], key, made["playback_id"], url, token["urls"]["hls"], token["token"])

    async def _listen(self, process: asyncio.subprocess.Process, ready: asyncio.Event) -> None:
        """Read what it says, so that it is never held up by a full pipe."""
        assert process.stderr
        while line := await process.stderr.readline():
            with contextlib.suppress(ValueError):
                self.log.append(json.loads(line))
                if self.log[-1].get("event") == "ready":
                    ready.set()
        ready.set()


@asynccontextmanager
async def publishing_in_a_loop(urls: Sequence[str], arguments: list[str]) -> AsyncIterator[None]:
    """Publish, and whenever the line is lost go on at the next of `urls`, as encoders do."""

    async def publish() -> None:
        turn = 0
        while True:
            async with ffmpeg.publishing(urls[turn % len(urls)], arguments) as process:
                await process.wait()
            turn += 1
            await asyncio.sleep(RETRY_S)

    task = asyncio.create_task(publish())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
