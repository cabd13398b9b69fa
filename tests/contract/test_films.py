"""What every reader of files must give: the same samples as libav, file by file. `READERS` lists them."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

import av
import pytest

from media.codecs import codec_string
from media.track import Kind
from origin.vod.demux import isobmff
from origin.vod.demux.libav import film as libav
from origin.vod.demux.zero import First, shifts
from tests.support.films import FILMS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from media.sample import Sample
    from origin.vod.demux.film import Film

READERS: dict[str, Callable[[Path], Film]] = {"isobmff": isobmff.open_film, "libav": libav.open_film}
ROTATIONS = {"turned by 90 degrees": 90, "turned by 180 degrees": 180, "turned by 270 degrees": 270}


@dataclass(frozen=True)
class Expected:
    """A track as libav has it; of samples decode time, presentation time, whether they are key, and bytes."""

    kind: Kind
    timescale: int
    language: str
    samples: Sequence[tuple[int, int, bool, bytes]]


@cache
def made(name: str) -> bytes:
    return FILMS[name].make()


def expected(path: Path) -> list[Expected]:
    """All packets of all streams, moved to where the film begins."""
    with av.open(str(path)) as container:
        streams = list(container.streams)
        packets = [packet for packet in container.demux() if packet.size]
        of = [[packet for packet in packets if packet.stream is stream] for stream in streams]
        scales = [int(1 / Fraction(stream.time_base or 1)) for stream in streams]
        firsts = [First(scale, each[0].dts or 0, each[0].pts or 0) for scale, each in zip(scales, of, strict=True)]
        return [
            Expected(
                Kind.VIDEO if stream.type == "video" else Kind.AUDIO,
                scale,
                stream.metadata.get("language", "und"),
                [
                    ((packet.dts or 0) + shift.dts, (packet.pts or 0) + shift.pts, packet.is_keyframe, bytes(packet))
                    for packet in each
                ],
            )
            for stream, scale, each, shift in zip(streams, scales, of, shifts(firsts), strict=True)
        ]


@pytest.fixture(params=list(FILMS))
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    file = tmp_path / "film.mp4"
    file.write_bytes(made(request.param))
    return file


@pytest.fixture(params=list(READERS))
def film(request: pytest.FixtureRequest, path: Path) -> Iterator[Film]:
    opened = READERS[request.param](path)
    yield opened
    opened.close()


def test_samples_are_those_of_libav(film: Film, path: Path) -> None:
    for number, wanted in enumerate(expected(path)):
        found = [(each.dts, each.pts, each.key, bytes(each.data)) for each in film.samples(number)]
        assert [row[:3] for row in found] == [row[:3] for row in wanted.samples]
        assert [row[3] for row in found] == [row[3] for row in wanted.samples]


def test_tracks_are_those_of_libav(film: Film, path: Path) -> None:
    wanted = expected(path)
    assert [track.kind for track in film.tracks] == [each.kind for each in wanted]
    assert [track.timescale for track in film.tracks] == [each.timescale for each in wanted]
    assert [track.language for track in film.tracks] == [each.language for each in wanted]
    assert film.left_out == []


def test_tracks_can_be_described(film: Film) -> None:
    for track in film.tracks:
        assert codec_string(track).startswith(track.codec.value)
        if track.kind is Kind.VIDEO:
            assert (track.width, track.height) == (64, 48)
        else:
            assert (track.sample_rate, track.channels) == (48_000, 2)


def test_time_goes_on_without_gap(film: Film) -> None:
    for number in range(len(film.tracks)):
        samples = list(film.samples(number))
        assert samples[0].key
        assert samples[0].dts >= 0
        assert all(before.dts + before.duration == after.dts for before, after in pairwise(samples))
        assert all(sample.duration > 0 for sample in samples)


def test_the_film_begins_with_0(film: Film) -> None:
    begins = [_seconds(film, number, next(film.samples(number))) for number in range(len(film.tracks))]
    assert min(begins) == 0


def test_tracks_are_read_at_a_pace_of_their_own(film: Film) -> None:
    whole = [list(film.samples(number)) for number in range(len(film.tracks))]
    readers = [film.samples(number) for number in (*range(len(film.tracks)), 0)]
    turns = [next(reader) for reader in readers]
    assert turns == [*(samples[0] for samples in whole), whole[0][0]]
    assert [list(reader) for reader in readers] == [*(samples[1:] for samples in whole), whole[0][1:]]


def _seconds(film: Film, number: int, sample: Sample) -> Fraction:
    return Fraction(sample.pts, film.tracks[number].timescale)


@pytest.mark.parametrize("reader", list(READERS))
@pytest.mark.parametrize("name", list(ROTATIONS))
def test_pictures_are_to_be_turned(reader: str, name: str, tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_bytes(made(name))
    film = READERS[reader](tmp_path / "film.mp4")
    assert film.tracks[0].rotation == ROTATIONS[name]
    film.close()
