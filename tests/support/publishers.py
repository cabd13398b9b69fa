"""Real publishers: Debian's ffmpeg as a process, and the newer FFmpeg inside PyAV in a thread."""

from __future__ import annotations

import asyncio
import sys

import av

PICTURE = ["-f", "lavfi", "-i", "testsrc2=s=160x90:r=25:d=2"]
SOUND = ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000:d=2"]
H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-g", "25"]
AAC = ["-c:a", "aac", "-b:a", "64k"]


async def ffmpeg(*arguments: str) -> tuple[int, str]:
    """Run ffmpeg to its end: exit status and what it said."""
    process = await asyncio.create_subprocess_exec(
        "ffmpeg", "-hide_banner", "-nostdin", "-loglevel", "warning", *arguments, stderr=asyncio.subprocess.PIPE
    )
    _, said = await process.communicate()
    return process.returncode or 0, said.decode()


async def newer_ffmpeg(url: str, video: str = "", audio: str = "") -> tuple[int, str]:
    """Publish 25 frames with the FFmpeg that PyAV brings: exit status and what it said.

    A process of its own, for PyAV keeps the interpreter locked while it waits for the server to answer.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable, __file__, url, video, audio, stderr=asyncio.subprocess.PIPE
    )
    _, said = await process.communicate()
    return process.returncode or 0, said.decode()


_OPTIONS = {
    "libx264": {"preset": "ultrafast"},
    "libx265": {"preset": "ultrafast", "x265-params": "log-level=none"},
    "libsvtav1": {"preset": "12"},
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8"},
}


def _publish(url: str, video: str, audio: str) -> None:
    with av.open(url, "w", format="flv") as container:
        streams: list[av.VideoStream | av.AudioStream] = []
        if video:
            picture = container.add_stream(video, rate=25, options=_OPTIONS[video])
            assert isinstance(picture, av.VideoStream)
            picture.width, picture.height, picture.pix_fmt = 160, 96, "yuv420p"
            streams.append(picture)
        if audio:
            sound = container.add_stream(audio, rate=48_000, layout="stereo")
            assert isinstance(sound, av.AudioStream)
            streams.append(sound)
        for number in range(25):
            for stream in streams:
                container.mux(
                    stream.encode(_picture(number))
                    if isinstance(stream, av.VideoStream)
                    else stream.encode(_sound(number))
                )
        for stream in streams:
            container.mux(stream.encode(None))


def _picture(number: int) -> av.VideoFrame:
    frame = av.VideoFrame(160, 96, "yuv420p")
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
