"""The header, where fields are at their limits; what it says of samples is read in `test_planner`."""

from __future__ import annotations

from itertools import pairwise
from struct import unpack_from
from typing import TYPE_CHECKING

import pytest

from packager.mp4.layout import lay_out
from packager.mp4.movie import write_header
from tests.packager.fragments import boxes, find
from tests.packager.mp4.made import audio, made, video

if TYPE_CHECKING:
    from packager.mp4.track import TrackTables

GIGABYTE = 1 << 30
STBL = (b"trak", b"mdia", b"minf", b"stbl")


def header(*tracks: TrackTables) -> bytes:
    extents, chunks = lay_out(tracks)
    return b"".join(write_header(tracks, chunks, extents.size))


def moov(data: bytes) -> bytes:
    """What is in moov; the mdat whose head stands behind it is not there."""
    at = unpack_from(">I", data)[0]
    size, kind = unpack_from(">I4s", data, at)
    assert kind == b"moov"
    return data[at + 8 : at + size]


def stbl(data: bytes) -> dict[bytes, bytes]:
    return {kind: payload for kind, _, payload in boxes(find(moov(data), *STBL))}


def test_a_large_file_has_wide_offsets() -> None:
    parts = [made(start, [90_000], [2 * GIGABYTE]) for start in range(0, 360_000, 90_000)]
    data = header(video(*parts))
    assert data[-16:-8] == b"\0\0\0\x01mdat"
    assert unpack_from(">Q", data, len(data) - 8)[0] == 16 + 8 * GIGABYTE
    table = stbl(data)
    assert b"stco" not in table
    offsets = unpack_from(">4Q", table[b"co64"], 8)
    assert offsets[0] == len(data)
    assert {after - before for before, after in pairwise(offsets)} == {2 * GIGABYTE}


@pytest.mark.parametrize("spare", range(-20, 900, 11))
def test_offsets_and_sizes_fit_their_fields_at_the_border(spare: int) -> None:
    data = header(video(made(0, [90_000], [2 * GIGABYTE]), made(90_000, [90_000], [2 * GIGABYTE - spare])))
    table = stbl(data)
    wide = b"co64" in table
    assert unpack_from(">Q" if wide else ">I", table[b"co64" if wide else b"stco"], 8)[0] == len(data)
    assert wide or len(data) + 4 * GIGABYTE - spare < 1 << 32


def test_a_long_film_has_wide_durations() -> None:
    parts = [made(start, [1 << 30], offsets=[600]) for start in range(0, 5 << 30, 1 << 30)]
    data = moov(header(video(*parts)))
    for path in ((b"mvhd",), (b"trak", b"tkhd"), (b"trak", b"mdia", b"mdhd"), (b"trak", b"edts", b"elst")):
        assert find(data, *path)[0] == 1, path
    assert unpack_from(">Q", find(data, b"mvhd"), 24)[0] == 5 << 30
    assert unpack_from(">Q", find(data, b"trak", b"tkhd"), 28)[0] == 5 << 30
    assert unpack_from(">Qq", find(data, b"trak", b"edts", b"elst"), 8) == (5 << 30, 600)


def test_a_short_film_has_narrow_ones() -> None:
    data = moov(header(video(made(0, [3000], offsets=[600]))))
    for path in ((b"mvhd",), (b"trak", b"tkhd"), (b"trak", b"mdia", b"mdhd"), (b"trak", b"edts", b"elst")):
        assert find(data, *path)[0] == 0, path


def test_what_all_samples_have_in_common_is_not_listed() -> None:
    sound = stbl(header(audio(made(0, [1024] * 3, keys=range(3)))))
    assert set(sound) == {b"stsd", b"stts", b"stsc", b"stsz", b"stco"}
    pictures = stbl(header(video(made(0, [3000] * 3, offsets=[0, 3000, 0]))))
    assert set(pictures) == {*sound, b"stss", b"ctts"}


@pytest.mark.parametrize(("offsets", "version"), [([0, 5], 0), ([0, -5], 1)])
def test_signed_offsets_are_marked_as_such(offsets: list[int], version: int) -> None:
    assert stbl(header(video(made(0, [3000] * 2, offsets=offsets))))[b"ctts"][0] == version


def test_a_film_whose_tracks_begin_together_needs_no_edits() -> None:
    data = moov(header(video(made(90_000, [3000])), audio(made(48_000, [1024]))))
    assert b"edts" not in data


def test_the_track_that_begins_later_is_delayed() -> None:
    data = moov(header(video(made(0, [3000], offsets=[9000])), audio(made(48_000, [48_000]))))
    video_trak, audio_trak = [payload for kind, _, payload in boxes(data) if kind == b"trak"]
    assert unpack_from(">IIi", find(video_trak, b"edts", b"elst"), 4) == (1, 3000, 9000)
    assert unpack_from(">IIiHHIi", find(audio_trak, b"edts", b"elst"), 4) == (2, 81_000, -1, 1, 0, 90_000, 0)
    assert unpack_from(">I", find(data, b"mvhd"), 16)[0] == 171_000


def test_a_first_picture_that_should_come_before_its_decoding_comes_with_it() -> None:
    data = moov(header(video(made(0, [3000], offsets=[-1500]))))
    assert b"edts" not in data
