"""The commands as a shell runs them, against the real API behind a real Hypercorn in a thread of its own."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from click.testing import CliRunner
from hypercorn.asyncio import serve
from hypercorn.config import Config

from origin.cli.main import main
from origin.config import Address, Settings
from tests.origin.web.depot import open_depot
from tests.origin.web.house import Clock, Director, furnish, open_house

if TYPE_CHECKING:
    import socket
    import threading
    from pathlib import Path

    from click.testing import Result


class WallClock(Clock):
    """The time, which nobody moves."""

    def __call__(self) -> float:
        return time.time()


@dataclass
class Shell:
    """A terminal in which the settings are given by the environment."""

    folder: Path
    port: int

    def run(self, *words: str, stdin: str = "", **environ: str) -> Result:
        given = {
            "HEADWATER_DATA_DIR": str(self.folder),
            "HEADWATER_HTTP_BIND": f"127.0.0.1:{self.port}",
            "HEADWATER_OPS_BIND": "127.0.0.1:0",
            "HEADWATER_RTMP_BIND": "127.0.0.1:0",
            "HEADWATER_API_KEY": "",
            "XDG_CACHE_HOME": str(self.folder / "cache"),
            **environ,
        }
        return CliRunner().invoke(main, list(words), input=stdin, env=given)

    def made(self, *words: str) -> dict[str, Any]:
        result = self.run(*words, "--json")
        assert result.exit_code == 0, result.output
        return dict(json.loads(result.stdout))

    def kids(self) -> list[str]:
        return [json.loads(line)["kid"] for line in self.run("keys", "list", "--json").stdout.splitlines()]


async def run_api(folder: Path, listener: socket.socket, ready: threading.Event, stop: threading.Event) -> None:
    """Serve the API until `stop`."""
    settings = Settings(
        data_dir=folder,
        database_url=f"sqlite:///{folder}/catalog.db",
        store_url="memory:",
        http_bind=Address(*listener.getsockname()[:2]),
    )
    director = Director()
    services = await furnish(settings, time.time, director)
    config = Config()
    config.bind = [f"fd://{listener.fileno()}"]
    config.errorlog = None
    async with open_depot(open_house(services, WallClock(), director)) as depot:
        ready.set()
        await serve(cast("Any", depot.front), config, shutdown_trigger=lambda: asyncio.to_thread(stop.wait))
    services.catalog.close()
