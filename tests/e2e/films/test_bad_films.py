"""Uploads that no film can be made of: each fails with a sentence, leaves nothing, and the next one is packaged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.films.library import made_of, upload
from tests.support import odd_films
from tests.support.films import Recipe

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.node import Node

pytestmark = [pytest.mark.asyncio(loop_scope="package"), pytest.mark.timeout(300)]
BAD = ("nothing", "a zip", "a list", "a moov of 2 GB")


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_they_fail_and_the_next_one_does_not(node: Node, tmp_path: Path) -> None:
    paths = []
    for name in BAD:
        paths.append(tmp_path / f"{name}.mp4")
        paths[-1].write_bytes(odd_films.REFUSED[name]())
    large = tmp_path / "8K.mp4"
    large.write_bytes(odd_films.large_picture())
    good = tmp_path / "good film.mp4"
    good.write_bytes(Recipe(b_frames=2).make())
    *bad, eight, last = await made_of(node, await upload(node, [*paths, large, good]))
    for path, asset in zip(paths, bad, strict=True):
        assert (asset["state"], asset["error"][-1]) == ("failed", "."), (path.name, asset)
        assert asset["error"].isprintable()
        assert files(node.data_dir / "objects/tn_default" / asset["id"]) == []
    for asset in eight, last:
        assert (asset["state"], asset["poster"]) == ("ready", True), asset
    assert files(node.data_dir / "scratch") == list((node.data_dir / "scratch").rglob("lock"))
