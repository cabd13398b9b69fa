"""What ffmpeg writes into FLV, with its rounded stamps and its B-frames, against the times it meant."""

from __future__ import annotations

import subprocess
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from media.sample import Frame
from media.track import Kind
from tests.origin.live.feed import AAC_TRACK, Watched, moved, video_track

if TYPE_CHECKING:
    from collections.abc import Iterator

COMMAND = (
    "ffmpeg -v error -f lavfi -i testsrc2=size=160x90:rate={rate} -f lavfi -i sine=sample_rate=48000"
    " -t 5 -c:v libx264 -preset ultrafast -bf 2 -g 30 -c:a aac -ac 2 -flvflags no_duration_filesize -f flv -"
)


def flv(rate: str) -> bytes:
    return subprocess.run(COMMAND.format(rate=rate).split(), check=True, capture_output=True).stdout


def frames(data: bytes) -> Iterator[Frame]:
    """Coded frames of an FLV file (Adobe FLV 10.1, E.4.1): AVC and AAC packets, without headers and ends."""
    at = 13
    while at < len(data):
        kind, size = data[at], int.from_bytes(data[at + 1 : at + 4])
        stamp = int.from_bytes(data[at + 4 : at + 7]) | data[at + 7] << 24
        body = data[at + 11 : at + 11 + size]
        at += size + 15
        if kind == 9 and body[1] == 1:
            cts = int.from_bytes(body[2:5], signed=True)
            yield Frame(Kind.VIDEO, stamp, cts, body[0] >> 4 == 1, body[5:])
        if kind == 8 and body[1] == 1:
            yield Frame(Kind.AUDIO, stamp, 0, key=True, data=body[2:])


@pytest.mark.parametrize("claimed", [True, False], ids=["claimed", "unclaimed"])
@pytest.mark.parametrize("rate", ["30", "30000/1001", "25", "24000/1001", "60000/1001"])
@pytest.mark.parametrize("offset", [0, 2**32 - 2_500], ids=["from zero", "over the wrap"])
def test_what_ffmpeg_sends(rate: str, offset: int, *, claimed: bool) -> None:
    fraction = Fraction(rate)
    watched = Watched((video_track(float(fraction) if claimed else None), AAC_TRACK))
    watched.push(moved(frames(flv(rate)), offset)).done()
    assert set(watched.faults()) <= {"wrap"}
    assert not watched.holes(Kind.VIDEO)
    assert {s.duration for s in watched.of(Kind.AUDIO)} == {1_024}
    period = 90_000 / fraction
    settled = [s for s in watched.of(Kind.VIDEO) if s.dts > 4 * 90_000]
    assert all(abs(s.duration - period) < 1 for s in settled)
    assert all(abs((s.pts - s.dts) / period - round((s.pts - s.dts) / period)) < 1 / period for s in settled)
    assert any(s.pts - s.dts > period for s in settled)
    assert watched.end_s(Kind.VIDEO) == pytest.approx(watched.begin_s(Kind.VIDEO) + 5, abs=0.05)
