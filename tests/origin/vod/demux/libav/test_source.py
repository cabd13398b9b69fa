from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from origin.vod.demux.libav.source import MOST, Source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DATA = bytes(range(200))


@pytest.fixture(scope="module")
def fd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    path: Path = tmp_path_factory.mktemp("source") / "file"
    path.write_bytes(DATA)
    opened = os.open(path, os.O_RDONLY)
    yield opened
    os.close(opened)


@given(st.lists(st.tuples(st.sampled_from([-1, 0, 1, 2]), st.integers(-250, 450)), max_size=12))
def test_it_is_as_a_file_in_memory(fd: int, steps: list[tuple[int, int]]) -> None:
    """`-1` is for reading, the others are for seeking from somewhere."""
    ours, theirs = Source(fd, len(DATA)), io.BytesIO(DATA)
    for whence, number in steps:
        if whence < 0:
            assert ours.read(abs(number)) == theirs.read(abs(number))
        elif {0: 0, 1: theirs.tell(), 2: len(DATA)}[whence] + number < 0:
            with pytest.raises(ValueError, match="before"):
                ours.seek(number, whence)
        else:
            assert ours.seek(number, whence) == theirs.seek(number, whence)
        assert ours.tell() == theirs.tell()


def test_each_has_a_place_of_its_own(fd: int) -> None:
    one, other = Source(fd, len(DATA)), Source(fd, len(DATA))
    assert (one.read(3), other.read(2), one.read(2)) == (DATA[:3], DATA[:2], DATA[3:5])


def test_the_end_stays_the_end(fd: int) -> None:
    source = Source(fd, 10)
    assert source.read(MOST * 4) == DATA[:10]
    assert [source.read(100) for _ in range(3)] == [b""] * 3
