"""Streams that begin, are joined or are broken as broadcasts are. Whole files are in `test_film`."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import av
import pytest

from media.codecs import codec_string
from media.silence import silence_for
from media.track import Codec, Track
from origin.vod.demux.film import MediaError
from tests.origin.vod.demux.libav.making import Sound, Video, decoded, make
from tests.origin.vod.demux.libav.test_film import read

if TYPE_CHECKING:
    from pathlib import Path

PACKET = 188
OPEN = Video(frames=50, options={"x264-params": "scenecut=0:open-gop=1:keyint=10:bframes=3:b-adapt=0"})


@pytest.mark.parametrize("encoder", ["libx264", "libx265"])
def test_a_broadcast_that_is_joined_midway_begins_with_a_key_frame(tmp_path: Path, encoder: str) -> None:
    video = OPEN if encoder == "libx264" else Video("libx265", frames=50)
    whole = make(tmp_path / "film", "mpegts", video).read_bytes()
    for share in (0.15, 0.3, 0.5):
        at = int(len(whole) * share) // PACKET * PACKET
        (tmp_path / "late").write_bytes(whole[at:])
        [(track, samples)], _ = read(tmp_path / "late")
        assert 8 < len(samples) < 50 * (1 - share) + 2
        assert len(decoded(track, samples, strict=encoder != "libx264")) == len(samples)
        assert {sample.duration for sample in samples[1:]} == {3600}
        assert samples[0].duration % 3600 == 0


def test_two_broadcasts_in_one_file_follow_each_other(tmp_path: Path) -> None:
    whole = make(tmp_path / "film", "mpegts", Video(frames=75), Sound(seconds=3)).read_bytes()
    (tmp_path / "twice").write_bytes(whole * 2)
    (pictures, sound), _ = read(tmp_path / "twice")
    for track, samples in (pictures, sound):
        assert 5.8 < samples[-1].dts / track.timescale < 6.4
        assert max(sample.duration for sample in samples) < track.timescale / 2
    assert len(pictures[1]) == 150


def test_the_clock_of_a_broadcast_may_come_round(tmp_path: Path) -> None:
    """33 bits of 90 kHz are 95443.7 s."""
    path = make(tmp_path / "film", "mpegts", Video(frames=75), Sound(seconds=3), output_ts_offset="95442")
    for track, samples in read(path)[0]:
        assert 2.8 < samples[-1].dts / track.timescale < 3.2
        assert max(sample.duration for sample in samples) <= track.timescale / 20


@pytest.mark.parametrize("encoder", ["libx264", "libx265"])
def test_pictures_that_change_their_size_are_refused(tmp_path: Path, encoder: str) -> None:
    parts = [
        make(tmp_path / "film", "mpegts", Video(encoder, size=size)).read_bytes() for size in ((160, 90), (320, 180))
    ]
    (tmp_path / "both").write_bytes(b"".join(parts))
    with pytest.raises(MediaError, match="size or the profile"):
        read(tmp_path / "both")


def test_sound_that_changes_its_rate_is_refused(tmp_path: Path) -> None:
    parts = [make(tmp_path / "film", "adts", Sound(rate=rate)).read_bytes() for rate in (48_000, 44_100)]
    (tmp_path / "both").write_bytes(b"".join(parts))
    with pytest.raises(MediaError, match="sample rate"):
        read(tmp_path / "both")


def test_lost_sound_leaves_a_gap(tmp_path: Path) -> None:
    whole = make(tmp_path / "film", "mpegts", Sound(seconds=3)).read_bytes()
    middle = len(whole) // 2 // PACKET * PACKET
    (tmp_path / "lost").write_bytes(whole[:middle] + whole[middle + 60 * PACKET :])
    [(track, samples)], _ = read(tmp_path / "lost")
    assert track.codec is Codec.AAC
    assert 2.9 < (samples[-1].dts + 1024) / 48_000 < 3.2
    assert max(after.dts - before.dts for before, after in pairwise(samples)) > 4 * 1024


def test_pictures_in_order_of_an_avi_need_no_decoder_and_others_get_their_times(tmp_path: Path) -> None:
    [(_, plain)], _ = read(make(tmp_path / "plain", "avi", Video(options={"bf": "0"})))
    assert all(sample.pts - sample.dts == plain[0].pts for sample in plain)
    [(_, reordered)], _ = read(make(tmp_path / "reordered", "avi", Video()))
    [(_, known)], _ = read(make(tmp_path / "known", "matroska", Video()))
    assert [sample.pts for sample in reordered] == [sample.pts for sample in known]


EXPLICIT = int(f"{5:05b}{6:04b}{2:04b}{3:04b}{2:05b}000".ljust(40, "0"), 2).to_bytes(5, "big")
"""HE-AAC: SBR at 48 kHz over LC at 24 kHz, stereo (ISO/IEC 14496-3, 1.6.2.1)."""
LC = bytes.fromhex("119056e500")
"""What libav's encoder says of itself."""


@pytest.mark.parametrize(("kind", "ticks"), [("mp4", 48_000), ("matroska", 24_000), ("flv", 24_000)])
def test_he_aac_is_carried_with_frames_of_twice_the_length(tmp_path: Path, kind: str, ticks: int) -> None:
    frame = silence_for(Track(Codec.AAC, 24_000, b"\x13\x10", channels=2))
    assert frame
    with av.open(str(tmp_path / "film"), "w", format=kind) as container:
        stream = container.add_stream("aac", rate=48_000, layout="stereo")
        for number in range(50):
            packet: av.Packet[Any] = av.Packet(frame.data)
            packet.stream, packet.time_base = stream, Fraction(1, 48_000)
            packet.pts = packet.dts = 2048 * number
            packet.duration, packet.is_keyframe = 2048, True
            container.mux(packet)
    plain = (tmp_path / "film").read_bytes()
    assert LC in plain
    (tmp_path / "film").write_bytes(plain.replace(LC, EXPLICIT))
    [(track, samples)], _ = read(tmp_path / "film")
    assert (track.config, track.timescale, track.sample_rate) == (EXPLICIT, ticks, 24_000)
    assert codec_string(track) == "mp4a.40.5"
    assert {sample.duration * 24_000 // ticks for sample in samples} == {1024}
    assert {sample.data for sample in samples} == {frame.data}
    assert len(samples) == 50
