"""What Debian's ffmpeg reads of assets over HTTP is what it reads of the files they were made from."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from tests.e2e.films.made import FILMS, SECONDS
from tests.support import ffmpeg

if TYPE_CHECKING:
    from tests.e2e.films.library import Shown

pytestmark = [pytest.mark.asyncio(loop_scope="package"), pytest.mark.timeout(300)]
PICTURE_S = 0.04
SOUND_S = 0.05
"""Two frames of AAC, or of MP3: an encoder's delay, which an edit list takes away and a playlist does not."""


@dataclass(frozen=True)
class Frames:
    """Decoded frames: a hash of each, and when it comes after the first, in seconds; how many bytes they are."""

    hashes: tuple[str, ...]
    times: tuple[float, ...]
    size: int


async def decoded(source: str, stream: str) -> Frames:
    """Every frame of a stream such as `v:0`; whatever the decoder complains about fails the test."""
    words = ("-noautorotate", "-i", source, "-map", f"0:{stream}", "-fps_mode", "passthrough", "-f", "framemd5", "-")
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec("ffmpeg", *ffmpeg.QUIET, *words, stdout=pipe, stderr=pipe)
    out, errors = await process.communicate()
    assert (process.returncode, errors.decode()) == (0, "")
    lines = out.decode().splitlines()
    tick = next(Fraction(line.split()[-1]) for line in lines if line.startswith("#tb"))
    rows = [[field.strip() for field in line.split(",")] for line in lines if not line.startswith("#")]
    first = int(rows[0][2])
    return Frames(
        tuple(row[5] for row in rows),
        tuple(float((int(row[2]) - first) * tick) for row in rows),
        sum(int(row[4]) for row in rows),
    )


@pytest.mark.parametrize("name", FILMS)
async def test_every_frame_is_there_at_its_time(library: dict[str, Shown], name: str) -> None:
    shown = library[name]
    lasts = float((await ffmpeg.probe(str(shown.path)))["format"]["duration"])
    assert lasts == pytest.approx(SECONDS, abs=PICTURE_S + SOUND_S)
    for address in shown.hls, shown.dash:
        probed = await ffmpeg.probe(address)
        assert float(probed["format"]["duration"]) == pytest.approx(lasts, abs=PICTURE_S + SOUND_S)
        kinds = [stream["codec_type"] for stream in probed["streams"]]
        assert kinds.count("video") == FILMS[name].pictures
        assert kinds.count("audio") == FILMS[name].sounds
    sources = (str(shown.path), shown.hls, shown.dash)
    if FILMS[name].pictures:
        before, *after = await asyncio.gather(*(decoded(source, "v:0") for source in sources))
        for each in after:
            assert each.hashes == before.hashes
            assert each.times == pytest.approx(before.times, abs=0.002)
    for number in range(FILMS[name].sounds):
        before, *after = await asyncio.gather(*(decoded(source, f"a:{number}") for source in sources))
        for each in after:
            assert abs(each.size - before.size) <= SOUND_S * 48_000 * 2


async def test_an_asset_says_how_long_it_is_and_has_a_poster(library: dict[str, Shown]) -> None:
    for name, shown in library.items():
        assert shown.asset["duration_s"] == pytest.approx(SECONDS, abs=PICTURE_S + SOUND_S), name
        assert shown.asset.get("poster", False) == FILMS[name].pictures, name
        assert shown.asset.get("left_out", []) == [], name
