"""Run two nodes with PostgreSQL, Redis and an S3 endpoint until a signal, and say where they are, for `make cluster`.

Ctrl-C, SIGTERM and a terminal that is closed all end it the same way: what was started is stopped, and its files go.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import tempfile
from pathlib import Path

from tests.support.cluster import cluster


async def show() -> None:
    """Start everything, make a stream, print the addresses, and wait."""
    with tempfile.TemporaryDirectory(prefix="headwater-cluster-") as folder:
        async with cluster(Path(folder)) as running:
            stream = await running.nodes[0].stream(name="Cluster")
            print(f"PostgreSQL on port {running.postgres.port}, Redis on {running.redis.port}, S3: {running.store_url}")
            for node, url in zip(running.nodes, running.rtmp_urls(stream.key), strict=True):
                print(f"{node.data_dir.name}: watch   {node.url}/watch/{stream.playback_id}#t={stream.token}")
                print(f"       publish {url}")
            print(f"admin key: {running.nodes[0].data_dir}/admin.key", flush=True)
            await asyncio.Event().wait()


async def main() -> None:
    """Show it until a signal says to stop."""
    showing = asyncio.create_task(show())
    for sent in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(sent, showing.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await showing


if __name__ == "__main__":
    asyncio.run(main())
