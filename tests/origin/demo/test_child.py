from __future__ import annotations

from pathlib import Path

from origin.demo.child import CardProcess
from tests.support.rtmp_sink import rtmp_sink


def seen_by_others(pid: int) -> bytes:
    """What the system tells of a process: its arguments and its environment."""
    return b"".join(Path(f"/proc/{pid}/{name}").read_bytes() for name in ("cmdline", "environ"))


async def test_the_child_publishes_and_ends_when_told(tmp_path: Path) -> None:
    async with rtmp_sink(tmp_path, "sk_child") as sink:
        child = await CardProcess.start(sink.url)
        await sink.until_it_holds(100_000)
        assert child.running
        assert b"sk_child" not in seen_by_others(child.pid)
        assert await child.stop() == 0
        await sink.finished()
    assert not child.running


async def test_a_child_without_a_server_ends_as_well() -> None:
    child = await CardProcess.start("rtmp://127.0.0.1:1/live/sk_child")
    assert child.running
    assert await child.stop() == 0
