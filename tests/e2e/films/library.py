"""A server as a process of its own, to which films come by `headwater upload --package`."""

from __future__ import annotations

import asyncio
import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.support.commands import COMMAND

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.support.node import Node

PATIENCE_S = 120.0


@dataclass(frozen=True)
class Shown:
    """A film of which there is an asset that can be played."""

    path: Path
    asset: dict[str, Any]
    hls: str
    dash: str
    token: str


async def upload(node: Node, files: Sequence[Path]) -> list[str]:
    """Run `headwater upload --package` for some files; gives the ids of the objects."""
    environ = {
        **os.environ,
        "HEADWATER_DATA_DIR": str(node.data_dir),
        "HEADWATER_HTTP_BIND": f"127.0.0.1:{node.http_port}",
        "XDG_CACHE_HOME": str(node.data_dir.parent / "cache"),
    }
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *COMMAND, "upload", "--json", "--package", *map(str, files), env=environ, stdout=pipe, stderr=pipe
    )
    out, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    return [json.loads(line)["object_id"] for line in out.splitlines()]


async def made_of(node: Node, object_ids: Sequence[str]) -> list[dict[str, Any]]:
    """Wait until each object's asset is `ready` or `failed`; gives the assets, in the same order."""
    async with asyncio.timeout(PATIENCE_S), node.api() as client:
        while True:
            page = (await client.get("/v1/assets", params={"limit": 100})).json()["items"]
            found = {asset.get("object_id"): asset for asset in page if asset["state"] in {"ready", "failed"}}
            if found.keys() >= set(object_ids):
                return [found[each] for each in object_ids]
            await asyncio.sleep(0.1)


async def shown(node: Node, path: Path, asset: dict[str, Any]) -> Shown:
    """Get the addresses at which it plays."""
    assert asset["state"] == "ready", asset
    async with node.api() as client:
        body = {"scope": "play", "playback_id": asset["playback_id"]}
        token = (await client.post("/v1/tokens", json=body)).json()
    return Shown(path, asset, token["urls"]["hls"], token["urls"]["dash"], token["token"])
