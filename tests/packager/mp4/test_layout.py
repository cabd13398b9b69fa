from __future__ import annotations

from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from packager.mp4.layout import Chunks, Extent, Extents, lay_out
from tests.packager.mp4.made import RUN, audio, made, tables, video


def rows(extents: Extents) -> list[tuple[int, ...]]:
    return list(zip(extents.positions, extents.sources, extents.offsets, extents.lengths, strict=True))


def test_a_second_of_each_in_turn() -> None:
    pictures = video(*(made(start, [30_000]) for start in range(0, 270_000, 30_000)))
    tone = audio(*(made(start, [24_000], [3]) for start in range(0, 144_000, 24_000)))
    extents, (shown, heard) = lay_out([pictures, tone])
    sizes = [row[3] for row in rows(extents)]
    assert sizes == [10] * 3 + [3] * 2 + [10] * 3 + [3] * 2 + [10] * 3 + [3] * 2
    assert list(shown.positions) == [0, 36, 72]
    assert list(heard.positions) == [30, 66, 102]
    assert (list(shown.runs), list(heard.runs)) == ([1, 3, 1], [1, 2, 1])
    assert extents.size == 108


def test_what_begins_first_stands_first() -> None:
    late = video(made(90_000, [3000]))
    early = audio(made(0, [1024], [3]))
    assert [row[3] for row in rows(lay_out([late, early])[0])] == [3, 10]


def test_a_track_that_ends_early_leaves_the_rest_to_the_other() -> None:
    pictures = video(made(0, [3000]))
    tone = audio(*(made(start, [48_000], [3]) for start in range(0, 480_000, 48_000)))
    _, (shown, heard) = lay_out([pictures, tone])
    assert (len(shown.positions), len(heard.positions)) == (1, 10)


def test_sets_and_their_key_frame_stay_together() -> None:
    track = tables()
    track.add(RUN, 0, made(0, [60_000, 60_000]), sets=(0, 5))
    track.add(RUN, 1, made(120_000, [60_000, 60_000]), sets=(0, 5))
    extents, (chunks,) = lay_out([track])
    assert list(chunks.runs) == [1, 2, 1]
    assert list(chunks.positions) == [0, 25]
    assert [row[3] for row in rows(extents)] == [5, 20, 5, 20]


def test_chunks_of_other_lengths_begin_another_run() -> None:
    chunks = Chunks()
    for position, samples in enumerate([4, 4, 5, 5, 4]):
        chunks.add(position, samples)
    assert list(chunks.runs) == [1, 4, 1, 3, 5, 1, 5, 4, 1]


def test_nothing_has_no_bytes() -> None:
    empty = Extents([], [], [], [])
    assert empty.size == 0
    assert list(empty.cut(0, 9)) == []


@given(st.lists(st.integers(0, 9), min_size=1, max_size=20), st.data())
def test_any_cut_is_what_it_should_be(lengths: list[int], data: st.DataObject) -> None:
    positions = list(accumulate(lengths, initial=0))[:-1]
    extents = Extents(positions, range(len(lengths)), [100] * len(lengths), lengths)
    whole = [(row, 100 + byte) for row, length in enumerate(lengths) for byte in range(length)]
    start = data.draw(st.integers(0, sum(lengths)))
    end = data.draw(st.integers(start, sum(lengths) + 3))
    found = list(extents.cut(start, end))
    assert [(row, offset + byte) for row, offset, length in found for byte in range(length)] == whole[start:end]
    assert Extent(0, 0, 0) not in [each._replace(source=0, offset=0) for each in found]
