"""Nodes that share streams, as plain processes: PostgreSQL, Redis, an S3 endpoint, and two origins.

`make cluster` (`.ci/cluster.py`) keeps them up until it is told to stop.
"""

from __future__ import annotations

import base64
import os
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.support import s3
from tests.support.node import Node
from tests.support.postgres import PostgresServer
from tests.support.redis import RedisServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping
    from pathlib import Path


@dataclass(frozen=True)
class Cluster:
    """What was started. The first node made the database, and has the admin's key."""

    postgres: PostgresServer
    redis: RedisServer
    store_url: str
    nodes: list[Node]

    def rtmp_urls(self, stream_key: str) -> list[str]:
        """Where a stream may be published, node by node."""
        return [f"rtmp://127.0.0.1:{node.rtmp_port}/live/{stream_key}" for node in self.nodes]


@asynccontextmanager
async def cluster(
    folder: Path, count: int = 2, store_url: str = "", environ: Callable[[int], Mapping[str, str]] = lambda _number: {}
) -> AsyncIterator[Cluster]:
    """Start everything; what still runs is stopped in the end. `environ` is what else a node finds in its own."""
    with PostgresServer() as postgres, RedisServer() as redis:
        store_url = store_url or s3.rclone().store_url()
        settings = {
            "database_url": postgres.make(),
            "bus_url": redis.url,
            "store_url": store_url,
            "secret": base64.b64encode(os.urandom(32)).decode(),
        }
        for name, value in s3.ENVIRONMENT.items():
            os.environ.setdefault(name, value)
        nodes = [Node(folder / f"node{number}", settings, environ(number)) for number in range(1, count + 1)]
        try:
            for node in nodes:
                await node.start()
            yield Cluster(postgres, redis, store_url, nodes)
        finally:
            for node in nodes:
                await node.stop()
