from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.track import Kind, Track
from packager.fmp4 import write_init
from packager.fmp4.entries import sample_entry
from packager.mp4 import BadSegmentError, read_init
from tests.packager.feed import AAC, AAC_44, OPUS, VIDEO

INIT = write_init(VIDEO)


@pytest.mark.parametrize("track", [VIDEO, AAC, AAC_44, OPUS])
def test_what_is_written_is_read_back(track: Track) -> None:
    found = read_init(write_init(track))
    assert (found.kind, found.timescale) == (track.kind, track.timescale)
    assert (found.width >> 16, found.height >> 16) == (track.width, track.height)
    assert found.entry == sample_entry(track)
    assert found.codec == track.codec.value.encode()


def test_the_language_is_kept() -> None:
    german = read_init(write_init(Track(AAC.codec, 48_000, AAC.config, language="deu"))).language
    assert german == 4 << 10 | 5 << 5 | 21
    assert read_init(write_init(AAC)).kind is Kind.AUDIO


@pytest.mark.parametrize("size", range(0, len(INIT), 7))
def test_one_that_is_cut_off_is_refused(size: int) -> None:
    with pytest.raises(BadSegmentError):
        read_init(INIT[:size])


@given(st.integers(0, len(INIT) - 1), st.integers(0, 255))
def test_one_that_is_damaged_is_read_or_refused(at: int, byte: int) -> None:
    damaged = bytearray(INIT)
    damaged[at] = byte
    try:
        read_init(bytes(damaged))
    except BadSegmentError:
        return


def test_a_track_without_a_clock_is_refused() -> None:
    with pytest.raises(BadSegmentError):
        read_init(write_init(Track(AAC.codec, 0, AAC.config)))


def test_a_box_without_a_head_is_refused() -> None:
    with pytest.raises(BadSegmentError):
        read_init(b"\0\0\0")
