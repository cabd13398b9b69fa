from __future__ import annotations

import os
from pathlib import Path

from origin.demo.child import Child
from tests.support.rtmp_sink import rtmp_sink

PUBLISHER = "origin.demo.publisher"


def seen_by_others(pid: int) -> bytes:
    """What the system tells of a process: its arguments and its environment."""
    return b"".join(Path(f"/proc/{pid}/{name}").read_bytes() for name in ("cmdline", "environ"))


async def test_the_child_publishes_and_ends_when_told(tmp_path: Path) -> None:
    async with rtmp_sink(tmp_path, "sk_child") as sink:
        child = await Child.start(PUBLISHER, sink.url)
        await sink.until_it_holds(100_000)
        assert child.running
        assert b"sk_child" not in seen_by_others(child.pid)
        assert await child.stop() == 0
        await sink.finished()
    assert not child.running


async def test_a_child_without_a_server_ends_as_well() -> None:
    child = await Child.start(PUBLISHER, "rtmp://127.0.0.1:1/live/sk_child")
    assert child.running
    assert await child.stop() == 0


async def test_what_may_wait_is_less_urgent_than_we_are(tmp_path: Path) -> None:
    child = await Child.start("origin.demo.filming", str(tmp_path / "film.mp4"), nice=1)
    ours = os.getpriority(os.PRIO_PROCESS, 0)
    assert os.getpriority(os.PRIO_PROCESS, child.pid) == min(ours + 1, 19)
    await child.stop()


async def test_one_that_ends_by_itself_is_waited_for(tmp_path: Path) -> None:
    child = await Child.start("origin.demo.filming", str(tmp_path / "missing" / "film.mp4"))
    assert await child.ended() == await child.stop() == 1
