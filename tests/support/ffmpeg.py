"""Debian's ffmpeg as a publisher and as a reader: the real peer."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

QUIET = ("-hide_banner", "-loglevel", "error", "-nostdin")
VIDEO = ("-f", "lavfi", "-i", "testsrc2=size=320x180:rate=30")
AUDIO = ("-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000")
H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "60", "-pix_fmt", "yuv420p")
AAC = ("-c:a", "aac", "-b:a", "64k")


def source(*, video: bool = True, audio: bool = True, seconds: float | None = None, realtime: bool = True) -> list[str]:
    """Arguments for a generated H.264 and AAC source."""
    pace = ("-re",) if realtime else ()
    inputs = [*((*pace, *VIDEO) if video else ()), *((*pace, *AUDIO) if audio else ())]
    codecs = [*(H264 if video else ()), *(AAC if audio else ())]
    return [*inputs, *codecs, *(("-t", str(seconds)) if seconds else ())]


@asynccontextmanager
async def publishing(url: str, arguments: list[str]) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run ffmpeg publishing to `url`; it is killed when the block ends, unless it ended by itself."""
    process = await asyncio.create_subprocess_exec(
        "ffmpeg", *QUIET, *arguments, "-f", "flv", url, stderr=asyncio.subprocess.PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def publish(url: str, arguments: list[str]) -> None:
    """Publish to the end."""
    async with publishing(url, arguments) as process:
        _, errors = await process.communicate()
        assert process.returncode == 0, errors.decode()


async def record(path: str, arguments: list[str]) -> None:
    """Write a file in the form that is published."""
    await _run("ffmpeg", *QUIET, *arguments, "-f", "flv", path)


async def make(*arguments: str) -> None:
    """Make files as the arguments say; any failure fails the test."""
    await _run("ffmpeg", *QUIET, *arguments)


async def probe(url: str) -> dict[str, Any]:
    """What ffprobe says of streams and format."""
    out = await _run("ffprobe", *QUIET[:3], "-show_streams", "-show_format", "-of", "json", url)
    answer: dict[str, Any] = json.loads(out)
    return answer


async def packet_spans(url: str, kind: str) -> tuple[int, float]:
    """Number of packets of the first stream of `kind` (`v`, `a`), and seconds from the first to the end of the last."""
    out = await _run(
        "ffprobe",
        *QUIET[:3],
        "-select_streams",
        kind,
        "-show_entries",
        "packet=pts_time,duration_time",
        "-of",
        "json",
        url,
    )
    packets = json.loads(out)["packets"]
    starts = [float(packet["pts_time"]) for packet in packets]
    return len(packets), max(starts) - min(starts) + float(packets[-1].get("duration_time", 0))


async def decode(url: str) -> None:
    """Read and decode everything; any complaint of a decoder fails the test."""
    process = await asyncio.create_subprocess_exec(
        "ffmpeg", *QUIET, "-i", url, "-f", "null", "-", stderr=asyncio.subprocess.PIPE
    )
    _, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    assert errors == b"", errors.decode()


async def decode_some(url: str, seconds: float = 2.0) -> None:
    """Read and decode the beginning of a stream that goes on."""
    process = await asyncio.create_subprocess_exec(
        "ffmpeg", *QUIET, "-t", str(seconds), "-i", url, "-f", "null", "-", stderr=asyncio.subprocess.PIPE
    )
    _, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()


async def _run(*command: str) -> bytes:
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    return out
