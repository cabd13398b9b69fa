from __future__ import annotations

from dataclasses import replace
from struct import pack

import pytest

from media.track import Codec, Track
from origin.vod.demux.film import MediaError, NotUnderstoodError
from origin.vod.demux.isobmff.entries import entry_kind, read_entry
from packager.fmp4.entries import sample_entry
from tests.support import clips

VIDEO = (Codec.H264, Codec.HEVC, Codec.AV1, Codec.VP9)


def stsd(*entries: bytes, version: int = 0) -> memoryview:
    return memoryview(pack(">II", version << 24, len(entries)) + b"".join(entries))


def larger(entry: bytes, more: bytes) -> bytes:
    return pack(">I", len(entry) + len(more)) + entry[4:] + more


def track_of(codec: Codec) -> Track:
    return (clips.video if codec in VIDEO else clips.audio)(codec, seconds=0.2).track


@pytest.mark.parametrize("codec", list(Codec))
def test_every_codec_that_is_written_is_read(codec: Codec) -> None:
    track = replace(track_of(codec), frame_rate=None)
    found = read_entry(stsd(sample_entry(track)), track.timescale)
    assert replace(found, config=b"") == replace(track, config=b"")
    assert sample_entry(found) == sample_entry(track)
    assert entry_kind(stsd(sample_entry(track))) == codec.value.encode()


def test_parameter_sets_may_stand_in_the_stream_as_well_but_not_alone() -> None:
    entry = sample_entry(track_of(Codec.HEVC))
    assert read_entry(stsd(entry.replace(b"hvc1", b"hev1", 1)), 90_000).codec is Codec.HEVC
    at = entry.index(b"hvcC") + 4
    with pytest.raises(NotUnderstoodError, match="in the stream alone"):
        read_entry(stsd(entry[: at + 22] + b"\0" + entry[at + 23 :]), 90_000)
    with pytest.raises(NotUnderstoodError):
        read_entry(stsd(sample_entry(track_of(Codec.H264)).replace(b"avc1", b"avc3", 1)), 90_000)


@pytest.mark.parametrize(("pasp", "aspect"), [((16, 12), (4, 3)), ((0, 1), (1, 1)), ((1, 1), (1, 1))])
def test_pixels_that_are_not_square(pasp: tuple[int, int], aspect: tuple[int, int]) -> None:
    entry = larger(sample_entry(track_of(Codec.H264)), pack(">I4sII", 16, b"pasp", *pasp))
    assert read_entry(stsd(entry), 90_000).aspect == aspect


@pytest.mark.parametrize("kind", [b"encv", b"enca", b"drms"])
def test_encrypted_files_are_said_to_be(kind: bytes) -> None:
    entry = sample_entry(track_of(Codec.H264)).replace(b"avc1", kind, 1)
    with pytest.raises(MediaError, match="encrypted"):
        read_entry(stsd(entry), 90_000)


def test_a_scheme_of_encryption() -> None:
    with pytest.raises(MediaError, match="encrypted"):
        read_entry(stsd(larger(sample_entry(track_of(Codec.AAC)), pack(">I4s", 8, b"sinf"))), 48_000)


@pytest.mark.parametrize("kind", [b"mp4v", b"jpeg", b"ac-3", b"ec-3", b"alac", b"lpcm", b".mp3", b"dvh1", b"apcn"])
def test_other_codecs_are_left_to_libav(kind: bytes) -> None:
    with pytest.raises(NotUnderstoodError, match="is not carried"):
        read_entry(stsd(pack(">I4s", 100, kind) + bytes(92)), 90_000)


def test_several_descriptions_and_none() -> None:
    entry = sample_entry(track_of(Codec.AAC))
    with pytest.raises(NotUnderstoodError, match="several"):
        read_entry(stsd(entry, entry), 48_000)
    assert entry_kind(stsd()) == b""


def test_a_clock_that_is_coarser_than_samples() -> None:
    with pytest.raises(NotUnderstoodError, match="coarser"):
        read_entry(stsd(sample_entry(track_of(Codec.AAC))), 1_000)
    assert read_entry(stsd(sample_entry(track_of(Codec.AAC))), 96_000).timescale == 96_000


def quicktime(version: int) -> bytes:
    entry = sample_entry(track_of(Codec.AAC))
    esds = entry[36:]
    wave = pack(">I4s", 8 + len(esds), b"wave") + esds
    body = entry[8:16] + pack(">H", version) + entry[18:36] + bytes(16) + wave
    return pack(">I4s", 8 + len(body), b"mp4a") + body


def test_quicktimes_sound_description() -> None:
    assert read_entry(stsd(quicktime(1)), 48_000).sample_rate == 48_000
    with pytest.raises(NotUnderstoodError, match="QuickTime"):
        read_entry(stsd(quicktime(2)), 48_000)


@pytest.mark.parametrize("codec", list(Codec))
def test_cut_anywhere_is_an_error_or_a_track(codec: Codec) -> None:
    entry = sample_entry(track_of(codec))
    for end in range(8, len(entry)):
        try:
            read_entry(stsd(pack(">I", end) + entry[4:end]), 90_000)
        except (MediaError, NotUnderstoodError):
            continue


def test_a_configuration_that_is_larger_than_any() -> None:
    entry = sample_entry(track_of(Codec.AV1))
    at = entry.index(b"av1C") - 4
    huge = pack(">I4s", 8 + (2 << 20), b"av1C") + bytes(2 << 20)
    with pytest.raises(MediaError, match="larger than any"):
        read_entry(stsd(larger(entry[:at], huge)), 90_000)


def test_opus_without_its_header() -> None:
    entry = sample_entry(track_of(Codec.OPUS))
    with pytest.raises(MediaError, match="dOps box is cut short"):
        read_entry(stsd(larger(entry[:36], pack(">I4s", 10, b"dOps") + b"\0\2")), 48_000)
