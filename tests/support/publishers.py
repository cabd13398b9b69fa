"""Real publishers: Debian's ffmpeg as a process, and the newer FFmpeg inside PyAV in a thread."""

from __future__ import annotations

import asyncio
import sys
from fractions import Fraction

import av

PICTURE = ["-f", "lavfi", "-i", "testsrc2=s=160x90:r=25:d=2"]
SOUND = ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000:d=2"]
H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-g", "25"]
SIZE = 160, 96
"""Of the pictures that the newer FFmpeg publishes."""
AAC = ["-c:a", "aac", "-b:a", "64k"]


async def ffmpeg(*arguments: str) -> tuple[int, str]:
    """Run ffmpeg to its end: exit status and what it said."""
    process = await asyncio.create_subprocess_exec(
        "ffmpeg", "-hide_banner", "-nostdin", "-loglevel", "warning", *arguments, stderr=asyncio.subprocess.PIPE
    )
    _, said = await process.communicate()
    return process.returncode or 0, said.decode()


async def newer_ffmpeg(url: str, video: str = "", audio: str = "", grown: str = "") -> tuple[int, str]:
    """Publish 25 frames with the FFmpeg that PyAV brings: exit status and what it said.

    A process of its own, for PyAV keeps the interpreter locked while it waits for the server to answer. `grown` (for
    example `320x192`) is for VP9: then it is 50 frames, and 25 of that size follow, and no metadata says any size.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable, __file__, url, video, audio, grown, stderr=asyncio.subprocess.PIPE
    )
    _, said = await process.communicate()
    return process.returncode or 0, said.decode()


_OPTIONS = {
    "libx264": {"preset": "ultrafast"},
    "libx265": {"preset": "ultrafast", "x265-params": "log-level=none"},
    "libsvtav1": {"preset": "12"},
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8"},
}


def _publish(url: str, video: str, audio: str, grown: str) -> None:
    with av.open(url, "w", format="flv", options={"flvflags": "no_metadata"} if grown else {}) as container:
        streams: list[av.VideoStream | av.AudioStream] = []
        if video:
            picture = container.add_stream(video, rate=25, options=_OPTIONS[video])
            assert isinstance(picture, av.VideoStream)
            picture.width, picture.height, picture.pix_fmt = *SIZE, "yuv420p"
            streams.append(picture)
        if audio:
            sound = container.add_stream(audio, rate=48_000, layout="stereo")
            assert isinstance(sound, av.AudioStream)
            streams.append(sound)
        for number in range(50 if grown else 25):
            for stream in streams:
                container.mux(
                    stream.encode(_picture(number))
                    if isinstance(stream, av.VideoStream)
                    else stream.encode(_sound(number))
                )
        for stream in streams:
            container.mux(stream.encode(None))
        if grown:
            width, height = grown.split("x")
            _grow(container, container.streams.video[0], video, (int(width), int(height)))


def _grow(container: av.container.OutputContainer, stream: av.VideoStream, encoder: str, size: tuple[int, int]) -> None:
    """Send pictures of another size in the same stream, from a second encoder: its first one is a key frame."""
    larger = av.CodecContext.create(encoder, "w")
    assert isinstance(larger, av.VideoCodecContext)
    larger.width, larger.height, larger.pix_fmt, larger.options = *size, "yuv420p", _OPTIONS[encoder]
    larger.time_base = Fraction(1, 25)
    for frame in *(_picture(number, size) for number in range(50, 75)), None:
        for packet in larger.encode(frame):
            packet.stream = stream
            container.mux(packet)


def _picture(number: int, size: tuple[int, int] = SIZE) -> av.VideoFrame:
    frame = av.VideoFrame(*size, "yuv420p")
    for index, plane in enumerate(frame.planes):
        plane.update(bytes(((number * 5 + index * 60) % 256,)) * plane.buffer_size)
    frame.pts = number
    return frame


def _sound(number: int) -> av.AudioFrame:
    frame = av.AudioFrame("fltp", "stereo", 1920)
    for plane in frame.planes:
        plane.update(bytes(plane.buffer_size))
    frame.sample_rate, frame.pts = 48_000, number * 1920
    return frame


if __name__ == "__main__":
    _publish(*sys.argv[1:])
