from __future__ import annotations

from dataclasses import replace

import pytest

from media.sample import Sample
from media.track import Kind
from packager.fmp4.part import write_part
from tests.packager.fragments import fragments


def video(dts: int, *, key: bool = False, later: int = 0, data: bytes = b"picture") -> Sample:
    return Sample(Kind.VIDEO, dts, dts + later, 3000, key, data)


@pytest.mark.parametrize(
    "samples",
    [
        [video(0, key=True)],
        [video(0, key=True), video(3000, data=b"")],
        [video(0, key=True, later=6000), video(3000, later=9000), video(6000, later=-3000)],
        [video(2**32 + 7), video(2**32 + 3007)],
        [Sample(Kind.AUDIO, at, at, 1024, key=True, data=bytes([at % 251]) * 9) for at in range(0, 10_240, 1024)],
    ],
    ids=["one", "empty sample", "b-frames", "beyond 32 bits", "sound"],
)
def test_what_is_written_is_read_back(samples: list[Sample]) -> None:
    times = [*(sample.dts for sample in samples), samples[-1].dts + samples[-1].duration]
    [found] = fragments(b"".join(write_part(12, times, samples)))
    assert found.number == 12
    rows = [(row.dts, row.pts, row.duration, row.key, row.data) for row in found.rows]
    assert rows == [(s.dts, s.pts, s.duration, s.key, s.data) for s in samples]


def test_mended_decode_times_keep_the_presentation_times() -> None:
    [found] = fragments(b"".join(write_part(1, [10, 3020, 6000], [video(0, key=True), video(3000)])))
    assert [(row.dts, row.pts) for row in found.rows] == [(10, 0), (3020, 3000)]


def test_samples_of_a_file_are_views_and_are_not_copied() -> None:
    file = memoryview(b"two pictures")
    views = [replace(video(0, key=True), data=file[:4]), replace(video(3000), data=file[4:])]
    pieces = write_part(1, [0, 3000, 6000], views)
    assert list(pieces[1:]) == [file[:4], file[4:]]
    assert [row.data for row in fragments(b"".join(pieces))[0].rows] == [b"two ", b"pictures"]


def test_sound_needs_half_the_table() -> None:
    narrow = b"".join(write_part(0, [0, 1], [Sample(Kind.AUDIO, 0, 0, 1, key=True, data=b"")]))
    wide = b"".join(write_part(0, [0, 1], [Sample(Kind.VIDEO, 0, 0, 1, key=False, data=b"")]))
    assert len(wide) - len(narrow) == 8


def test_the_number_wraps_at_32_bits() -> None:
    [found] = fragments(b"".join(write_part(2**32 + 3, [0, 1], [video(0)])))
    assert found.number == 3
