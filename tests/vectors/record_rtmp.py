"""Records what real publishers send, as tests/vectors/rtmp/<name>.bin: `python -m tests.vectors.record_rtmp`.

A vector is everything from C0 to the last deleteStream, taken between the publisher and our own listener. To be run
again only when a new publisher is of interest; tests read the files.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from origin.ingest.rtmp import serve_rtmp
from tests.support.desk import RecordingDesk
from tests.support.publishers import ffmpeg, newer_ffmpeg

FOLDER = Path(__file__).parent / "rtmp"
KEY = "sk_vector"
PICTURE = ["-f", "lavfi", "-i", "testsrc2=s=64x48:r=25:d=0.4", "-c:v", "libx264", "-preset", "ultrafast", "-bf", "2"]
SOUND = ["-f", "lavfi", "-i", "sine=d=0.4", "-c:a", "aac", "-b:a", "32k"]
BOTH = [*PICTURE[:4], *SOUND[:4], *PICTURE[4:], *SOUND[4:]]
LATE = ["-output_ts_offset", "16777"]
"""Timestamps cross 0xFFFFFF on the way."""

OLDER = {
    "ffmpeg-5.1-h264-aac": BOTH,
    "ffmpeg-5.1-h264-aac-extended-timestamps": [*BOTH, *LATE],
    "ffmpeg-5.1-aac": SOUND,
    "ffmpeg-5.1-h264": PICTURE,
}
NEWER = {
    "ffmpeg-8.1-hevc-aac": ("libx265", "aac"),
    "ffmpeg-8.1-av1-opus": ("libsvtav1", "libopus"),
    "ffmpeg-8.1-vp9-opus": ("libvpx-vp9", "libopus"),
}


async def tee(upstream: tuple[str, int], taken: bytearray) -> asyncio.Server:
    """A relay that keeps what the publisher sends."""

    async def pump(source: asyncio.StreamReader, target: asyncio.StreamWriter, copy: bytearray) -> None:
        while data := await source.read(65536):
            copy += data
            target.write(data)
        target.close()

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers, requests = await asyncio.open_connection(*upstream)
        await asyncio.gather(pump(reader, requests, taken), pump(answers, writer, bytearray()))

    return await asyncio.start_server(relay, "127.0.0.1", 0)


async def record(name: str) -> None:
    origin = await serve_rtmp(RecordingDesk(KEY), "127.0.0.1", 0)
    taken = bytearray()
    relay = await tee(origin.address, taken)
    url = f"rtmp://127.0.0.1:{relay.sockets[0].getsockname()[1]}/live/{KEY}"
    if name in OLDER:
        status, said = await ffmpeg(*OLDER[name], "-fflags", "+bitexact", "-f", "flv", url)
    else:
        status, said = await newer_ffmpeg(url, *NEWER[name])
    assert status == 0, said
    relay.close()
    await origin.close(1)
    (FOLDER / f"{name}.bin").write_bytes(taken)


async def main() -> None:
    for name in (*OLDER, *NEWER):
        await record(name)


if __name__ == "__main__":
    asyncio.run(main())
