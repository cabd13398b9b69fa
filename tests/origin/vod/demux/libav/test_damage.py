"""Damaged files are read or refused; nothing else, whatever libav makes of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.origin.vod.demux.libav.making import Sound, Video, make

ROOT = Path(__file__).resolve().parents[5]
COUNT = 15
VIDEO, SOUND = Video(frames=12), Sound(seconds=0.4)
KINDS = [
    ("mp4", [VIDEO, SOUND]),
    ("matroska", [VIDEO, Sound("flac", seconds=0.4)]),
    ("webm", [Video("libvpx-vp9", frames=12), Sound("libopus", seconds=0.4)]),
    ("mpegts", [VIDEO, SOUND]),
    ("mpegts", [Video("libx265", frames=12), Sound("ac3", seconds=0.4)]),
    ("avi", [VIDEO, Sound("libmp3lame", seconds=0.4)]),
    ("flv", [VIDEO, Sound("libmp3lame", rate=44_100, seconds=0.4)]),
    ("ogg", [Sound("libopus", seconds=4)]),
    ("wav", [Sound("pcm_s16le", seconds=0.2)]),
    ("adts", [SOUND]),
    ("h264", [VIDEO]),
]


@pytest.mark.parametrize(("kind", "streams"), KINDS, ids=lambda value: str(value)[:20])
def test_damaged_copies(tmp_path: Path, kind: str, streams: list[Video | Sound]) -> None:
    path = make(tmp_path / "film", kind, *streams)
    command = [sys.executable, "-m", "tests.origin.vod.demux.libav.mutations", str(path), str(COUNT)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    read, refused = map(int, done.stdout.split())
    assert read + refused == COUNT
    assert read
