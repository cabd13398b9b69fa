"""The clip that every bench publishes: 1080p30 H.264 of 6 Mbit/s with AAC, encoded once and looped for ever.

8 s is where both clocks meet: 240 frames at 30 a second are 375 AAC frames of 1024 samples at 48 kHz, so a loop leaves
no gap that a server would have to mend.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOOP_MS = 8000
MEGABYTES_A_SECOND = 0.76
VIDEO_FRAMES = 240
AUDIO_FRAMES = 375
AUDIO, VIDEO, SCRIPT = 8, 9, 18

ENCODE = (
    "-f lavfi -i testsrc2=size=1920x1080:rate=30,noise=alls=12:allf=t -f lavfi -i sine=frequency=440:sample_rate=48000 "
    "-t 9 -c:v libx264 -preset veryfast -profile:v high -pix_fmt yuv420p -bf 2 -g 60 -keyint_min 60 -sc_threshold 0 "
    "-b:v 6M -minrate 6M -maxrate 6M -bufsize 6M -x264-params nal-hrd=cbr:open-gop=0 -c:a aac -b:a 128k -ac 2 -f flv"
)


@dataclass(frozen=True, slots=True)
class Tag:
    """One FLV tag (Video File Format Specification 10.1, annex E.4.1); `time_ms` counts from the clip's start."""

    kind: int
    time_ms: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Clip:
    """Metadata and sequence headers, sent once, and the tags that go round."""

    headers: tuple[Tag, ...]
    loop: tuple[Tag, ...]


def encode(folder: Path) -> Path:
    """Encode the clip into `folder` if it is not there yet."""
    path = folder / "clip.flv"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        subprocess.run(["ffmpeg", "-v", "error", "-y", *ENCODE.split(), str(unfinished)], check=True)
        unfinished.rename(path)
    return path


def tags(data: bytes) -> Iterator[Tag]:
    """Read the tags of an FLV file."""
    at = 9 + 4  # file header, first back pointer
    while at + 11 <= len(data):
        kind, size, time, extension = data[at], data[at + 1 : at + 4], data[at + 4 : at + 7], data[at + 7]
        length = int.from_bytes(size)
        yield Tag(kind, extension << 24 | int.from_bytes(time), data[at + 11 : at + 11 + length])
        at += 11 + length + 4


def is_header(tag: Tag) -> bool:
    """Tell metadata and sequence headers from frames (E.4.2.1, E.4.3.1: AACPacketType and AVCPacketType 0)."""
    return tag.kind == SCRIPT or tag.payload[1] == 0


def load(path: Path) -> Clip:
    """Cut the file to the loop: as many frames of each kind as fill it, from time 0."""
    everything = list(tags(path.read_bytes()))
    frames = [tag for tag in everything if not is_header(tag)]
    loop: list[Tag] = []
    for kind, count in ((VIDEO, VIDEO_FRAMES), (AUDIO, AUDIO_FRAMES)):
        chosen = [tag for tag in frames if tag.kind == kind][:count]
        if len(chosen) < count:
            raise ValueError(f"{path} is too short: remove it, and it will be made again")
        loop += [Tag(kind, tag.time_ms - chosen[0].time_ms, tag.payload) for tag in chosen]
    headers = tuple(Tag(tag.kind, 0, tag.payload) for tag in everything if is_header(tag) and not is_end(tag))
    return Clip(headers, tuple(sorted(loop, key=lambda tag: tag.time_ms)))


def is_end(tag: Tag) -> bool:
    """Tell AVC's end-of-sequence tag (AVCPacketType 2)."""
    return tag.kind == VIDEO and tag.payload[1] == 2
