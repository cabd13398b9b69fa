from __future__ import annotations

from dataclasses import replace
from itertools import islice
from struct import pack
from typing import TYPE_CHECKING

import pytest

from media.track import Kind
from origin.vod.demux.film import MediaError
from origin.vod.demux.isobmff import Movie
from origin.vod.demux.isobmff.fragmented import MAX_BARREN, Source, read_fragmented
from origin.vod.demux.isobmff.fragments import Defaults
from tests.support.box_tree import Node
from tests.support.films import FILMS

if TYPE_CHECKING:
    from media.sample import Sample

KEY = 0x0200_0000
DELTA = 0x0101_0000


def fragment(rows: list[tuple[int, int, int, int]], time: int | None = None) -> bytes:
    """moof and mdat; rows are duration, size, flags and composition offset."""
    tfhd = Node(b"tfhd", pack(">II", 0x20000, 1))
    tfdt = [] if time is None else [Node(b"tfdt", pack(">IQ", 1 << 24, time))]
    head = 8 + 8 + len(tfhd.write()) + sum(len(each.write()) for each in tfdt) + 20 + 16 * len(rows)
    body = pack(">IIi", 0x0100_0F01, len(rows), head + 8) + b"".join(pack(">IIIi", *row) for row in rows)
    moof = Node(b"moof", inside=[Node(b"traf", inside=[tfhd, *tfdt, Node(b"trun", body)])]).write()
    return moof + Node(b"mdat", bytes(sum(row[1] for row in rows))).write()


def read(data: bytes, kind: Kind = Kind.VIDEO, dts: int = 0, pts: int = 0) -> list[Sample]:
    return list(read_fragmented(Source(memoryview(data), 0, 1, {1: Defaults()}, kind, 1_000), dts, pts))


def times(samples: list[Sample]) -> list[tuple[int, int, int, bool]]:
    return [(each.dts, each.pts, each.duration, each.key) for each in samples]


def test_a_sample_lasts_until_the_next_one() -> None:
    data = fragment([(40, 5, KEY, 0), (40, 6, DELTA, 80)], 1_000) + fragment([(40, 7, KEY, -40)], 1_090)
    found = read(data, dts=5, pts=7)
    assert times(found) == [(1_005, 1_007, 40, True), (1_045, 1_127, 50, False), (1_095, 1_057, 40, True)]
    assert [len(each.data) for each in found] == [5, 6, 7]


def test_without_a_time_a_fragment_follows_the_one_before() -> None:
    found = read(fragment([(40, 5, KEY, 0)]) + Node(b"styp", b"cmfs").write() + fragment([(40, 5, DELTA, 0)]))
    assert times(found) == [(0, 0, 40, True), (40, 40, 40, False)]


def test_reading_begins_with_a_key_picture() -> None:
    data = fragment([(40, 5, DELTA, 0), (40, 5, 0x0100_0000, 0), (40, 5, KEY, 0)])
    assert times(read(data)) == [(80, 80, 40, True)]
    assert len(read(data, Kind.AUDIO)) == 3


def test_fragments_that_overlap_a_little_are_put_behind_each_other() -> None:
    data = (
        fragment([(40, 5, KEY, 0), (40, 5, KEY, 0)], 0)
        + fragment([(40, 5, KEY, 0)], 30)
        + fragment([(40, 5, KEY, 0)], 90)
    )
    assert times(read(data)) == [(0, 0, 40, True), (40, 40, 1, True), (41, 30, 49, True), (90, 90, 40, True)]


def test_samples_of_no_length() -> None:
    assert times(read(fragment([(0, 5, KEY, 0), (0, 5, KEY, 0)]))) == [(0, 0, 1, True), (1, 0, 1, True)]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (fragment([(40, 5, KEY, 0)], 5_000) + fragment([(40, 5, KEY, 0)], 0), "back in time"),
        (fragment([(40, 0, KEY, 0)]), "a sample is empty"),
        (fragment([(40, 5, KEY, 0)], 1 << 62), "times"),
        (fragment([(40, 5, KEY, 0)])[:-1], "ends after"),
        (fragment([(40, 5, KEY, 0)]) * 2 + fragment([(40, 5, KEY, 0)])[:20], "ends after"),
    ],
)
def test_what_is_damaged(data: bytes, said: str) -> None:
    with pytest.raises(MediaError, match=said):
        read(data)


def test_samples_that_are_given_again_and_again() -> None:
    trun = Node(b"trun", pack(">IIi", 0x301, 1, 0) + pack(">II", 40, 500)).write()
    traf = Node(b"tfhd", pack(">II", 0x20000, 1)).write() + trun * 40
    whole = pack(">I4s", 8 + len(traf), b"traf") + traf
    with pytest.raises(MediaError, match="larger than itself"):
        read(pack(">I4s", 8 + len(whole), b"moof") + whole, Kind.AUDIO)


def test_a_file_of_empty_boxes() -> None:
    samples = read_fragmented(
        Source(memoryview(pack(">I4s", 8, b"free") * (MAX_BARREN * 9 // 8)), 0, 1, {}, Kind.VIDEO, 1_000), 0, 0
    )
    with pytest.raises(MediaError, match="no samples"):
        next(samples)


def test_negative_composition_offsets_in_fragments_are_those_of_a_file_without() -> None:
    """Libav shows such pictures later by as much as the least offset, out of step with the sound: so no contract."""
    recipe = replace(FILMS["CMAF"], b_frames=2)
    found, plain = Movie(memoryview(recipe.make())), Movie(memoryview(replace(recipe, options={}).make()))
    pictures = [[sample.pts for sample in islice(movie.samples(0), 20)] for movie in (found, plain)]
    sound = [next(movie.samples(1)).pts for movie in (found, plain)]
    assert [pts - pictures[0][0] for pts in pictures[0]] == [pts - pictures[1][0] for pts in pictures[1]]
    assert sound == [0, 0]
    assert pictures[0][0] == 0
