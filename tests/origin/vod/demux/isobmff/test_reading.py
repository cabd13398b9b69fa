from __future__ import annotations

from media.track import Codec, Kind, Track
from origin.vod.demux.isobmff.cut import Cut
from origin.vod.demux.isobmff.fragmented import Source
from origin.vod.demux.isobmff.fragments import Defaults
from origin.vod.demux.isobmff.reading import FragmentedTrack, PlainTrack, first_of
from origin.vod.demux.isobmff.tables import read_tables
from origin.vod.demux.zero import First, Shift
from tests.origin.vod.demux.isobmff.made import stbl
from tests.origin.vod.demux.isobmff.test_fragmented import KEY, fragment

TRACK = Track(Codec.H264, 1_000, b"")


def test_a_plain_track_can_be_moved() -> None:
    plain = PlainTrack(TRACK, memoryview(bytes(3_000)), read_tables(stbl()), Cut(0, 4, -50, 10))
    assert first_of(plain) == First(1_000, -50, 10)
    assert first_of(plain.moved(Shift(50, -10))) == First(1_000, 0, 0)


def test_a_track_in_fragments_can_be_moved() -> None:
    source = Source(memoryview(fragment([(40, 5, KEY, 20)], 70)), 0, 1, {1: Defaults()}, Kind.VIDEO, 1_000)
    track = FragmentedTrack(TRACK, source, 0, 0)
    assert first_of(track) == First(1_000, 70, 90)
    assert first_of(track.moved(Shift(-70, -90))) == First(1_000, 0, 0)


def test_a_track_without_samples_does_not_begin() -> None:
    assert first_of(FragmentedTrack(TRACK, Source(memoryview(b""), 0, 1, {}, Kind.VIDEO, 1_000), 0, 0)) is None
