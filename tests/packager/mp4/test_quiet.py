from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.silence import silence_for
from media.track import Codec, Track
from packager.fmp4 import write_init
from packager.mp4 import read_init
from packager.mp4.quiet import Filler, silence_of
from tests.packager.feed import AAC, AAC_44, OPUS, VIDEO

HE_AAC = Track(Codec.AAC, 24_000, bytes.fromhex("2b118800"), sample_rate=24_000, channels=2)
LONG = replace(AAC, config=bytes.fromhex("1190") + bytes(300))


@pytest.mark.parametrize("track", [AAC, AAC_44, OPUS, HE_AAC, LONG], ids=["AAC", "44.1 kHz", "Opus", "HE-AAC", "long"])
def test_the_silence_of_a_track_is_found_by_its_init_segment(track: Track) -> None:
    found = silence_of(read_init(write_init(track)))
    assert found is not None
    assert found == silence_for(track)


def test_pictures_have_none_and_strange_sound_has_none() -> None:
    assert silence_of(read_init(write_init(VIDEO))) is None
    assert silence_of(read_init(write_init(replace(OPUS, channels=6)))) is None


@given(st.integers(8, 70), st.binary(min_size=1, max_size=8))
def test_a_damaged_entry_has_silence_or_not(at: int, data: bytes) -> None:
    description = read_init(write_init(AAC))
    entry = description.entry[:at] + data + description.entry[at + len(data) :]
    silence_of(replace(description, entry=entry))
    silence_of(replace(description, entry=entry[:at]))


@pytest.mark.parametrize(("ticks", "frames"), [(-900, 0), (0, 0), (511, 0), (513, 1), (1536, 2), (102_400, 100)])
def test_ticks_are_filled_as_well_as_can_be(ticks: int, frames: int) -> None:
    assert Filler(0, 6, 1024, 47).frames(ticks) == frames
