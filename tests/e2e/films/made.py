"""Films as people bring them, made by Debian's ffmpeg: short, with small pictures, and each of another kind."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tests.support import box_tree
from tests.support.ffmpeg import QUIET
from tests.support.films import turned

if TYPE_CHECKING:
    from pathlib import Path

SECONDS: Final = 4
SIZE: Final = (160, 96)
_PICTURES: Final = ("-f", "lavfi", "-i", f"testsrc2=size={SIZE[0]}x{SIZE[1]}:rate=25")
_TONE: Final = ("-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000")
_TONE_ABOVE: Final = ("-f", "lavfi", "-i", "sine=frequency=880:sample_rate=48000")
_BOTH: Final = (*_PICTURES, *_TONE)
_H264: Final = ("-c:v", "libx264", "-preset", "veryfast", "-bf", "3", "-g", "50", "-pix_fmt", "yuv420p")
_AAC: Final = ("-c:a", "aac", "-b:a", "64k")
_OPUS: Final = ("-c:a", "libopus", "-b:a", "48k")
_TEN: Final = ("-pix_fmt", "yuv420p10le")
_LANGUAGES: Final = ("-metadata:s:a:0", "language=deu", "-metadata:s:a:1", "language=eng")
_IRREGULAR: Final = r"select=lt(n\,30)+not(mod(n\,7))+gt(n\,85)"
"""As a screen is recorded: pictures come when something moves."""


@dataclass(frozen=True)
class Film:
    """How to make one. `turned` where it is shown upright; `browsers` where Chromium has the codecs."""

    file: str
    words: tuple[str, ...]
    pictures: bool = True
    turned: bool = False
    browsers: bool = True
    sounds: int = 1

    @property
    def size(self) -> tuple[int, int]:
        """Of the pictures as they are shown."""
        return (SIZE[1], SIZE[0]) if self.turned else SIZE

    async def make(self, folder: Path) -> Path:
        """Write it."""
        path = folder / self.file
        process = await asyncio.create_subprocess_exec(
            "ffmpeg", *QUIET, *self.words, "-t", str(SECONDS), str(path), stderr=asyncio.subprocess.PIPE
        )
        _, errors = await process.communicate()
        assert process.returncode == 0, errors.decode()
        if self.turned:  # FFmpeg 5.1 does so only where it copies
            path.write_bytes(box_tree.changed(path.read_bytes(), turned(0, 1, -1, 0)))
        return path


FILMS: Final[dict[str, Film]] = {
    "H.264 with B-frames": Film("b-frames.mp4", (*_BOTH, *_H264, *_AAC)),
    "HEVC of 10 bits": Film(
        "ten-bits.mp4",
        (*_BOTH, "-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none:keyint=50", *_TEN, *_AAC),
        browsers=False,
    ),
    "VP9 and Opus": Film(
        "vp9.mkv", (*_BOTH, "-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-g", "50", *_OPUS)
    ),
    "AV1": Film("av1.mp4", (*_BOTH, "-c:v", "libaom-av1", "-usage", "realtime", "-cpu-used", "8", "-g", "50", *_AAC)),
    "MPEG-TS": Film("broadcast.ts", (*_BOTH, *_H264, *_AAC)),
    "two languages": Film(
        "languages.mp4",
        (*_BOTH, *_TONE_ABOVE, "-map", "0", "-map", "1", "-map", "2", *_H264, *_AAC, *_LANGUAGES),
        sounds=2,
    ),
    "turned by 90 degrees": Film("phone.mov", (*_BOTH, *_H264, *_AAC), turned=True),
    "sound alone": Film("podcast.m4a", (*_TONE, *_AAC), pictures=False),
    "MP3": Film("song.mp3", (*_TONE, "-c:a", "libmp3lame"), pictures=False),
    "a screen": Film("screen.mp4", (*_PICTURES, "-vf", _IRREGULAR, "-vsync", "vfr", *_H264), sounds=0),
    "fragments": Film("fragments.mp4", (*_BOTH, *_H264, *_AAC, "-movflags", "frag_keyframe+empty_moov")),
}
