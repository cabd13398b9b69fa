"""Whole files of many kinds: what is taken of them decodes, and what is not is said."""

from __future__ import annotations

import os
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from media.track import Codec, Kind
from origin.vod.demux.film import MediaError
from origin.vod.demux.libav.film import open_film
from tests.origin.vod.demux.libav.making import Sound, Video, decoded, make

if TYPE_CHECKING:
    from media.sample import Sample
    from media.track import Track
    from origin.vod.demux.film import LeftOut

AAC, OPUS = Sound(), Sound("libopus")
SHORT = 48 * 1024 / 48_000
"""Seconds of 48 frames of AAC."""
ODD = 22_050


def read(path: Path) -> tuple[list[tuple[Track, list[Sample]]], list[LeftOut]]:
    """All of a film; its tracks keep the promises of `Film`."""
    with closing(open_film(path)) as film:
        found = [(track, list(film.samples(number))) for number, track in enumerate(film.tracks)]
        left = list(film.left_out)
    assert min(min(sample.pts for sample in samples) / track.timescale for track, samples in found) == 0
    for track, samples in found:
        assert samples[0].key
        assert samples[0].dts >= 0
        assert all(before.dts + before.duration == after.dts for before, after in pairwise(samples))
        assert all(sample.duration > 0 for sample in samples)
        assert min(sample.pts for sample in samples) == samples[0].pts
        assert len({sample.pts for sample in samples}) == len(samples)
        assert {sample.kind for sample in samples} == {track.kind}
    return found, left


CARRIED = [
    ("matroska", [Video(), AAC], [Codec.H264, Codec.AAC]),
    ("matroska", [Video("libsvtav1"), OPUS], [Codec.AV1, Codec.OPUS]),
    ("webm", [Video("libvpx-vp9"), OPUS], [Codec.VP9, Codec.OPUS]),
    ("mpegts", [Video(), AAC], [Codec.H264, Codec.AAC]),
    ("mpegts", [Video("libx265"), OPUS], [Codec.HEVC, Codec.OPUS]),
    ("mpegts", [Video(), Sound(rate=44_100)], [Codec.H264, Codec.AAC]),
    ("flv", [Video(), Sound(rate=44_100)], [Codec.H264, Codec.AAC]),
    ("mp4", [Video(), AAC], [Codec.H264, Codec.AAC]),
    ("mp4", [Video("libx265", tag="hvc1"), OPUS], [Codec.HEVC, Codec.OPUS]),
    ("mp4", [Video("libx265", tag="hev1")], [Codec.HEVC]),
    ("mp4", [Video("libvpx-vp9")], [Codec.VP9]),
    ("mp4", [Video("libsvtav1")], [Codec.AV1]),
    ("mov", [Video(frames=1)], [Codec.H264]),
    ("avi", [Video()], [Codec.H264]),
    ("vob", [Video()], [Codec.H264]),
    ("h264", [Video()], [Codec.H264]),
    ("hevc", [Video("libx265")], [Codec.HEVC]),
    ("ivf", [Video("libvpx-vp9")], [Codec.VP9]),
    ("adts", [AAC], [Codec.AAC]),
    ("ogg", [OPUS], [Codec.OPUS]),
]


@pytest.mark.parametrize(("kind", "streams", "codecs"), CARRIED, ids=lambda value: str(value)[:24])
def test_what_players_take_is_carried(
    tmp_path: Path, kind: str, streams: list[Video | Sound], codecs: list[Codec]
) -> None:
    found, left = read(make(tmp_path / "film", kind, *streams))
    assert [track.codec for track, _ in found] == codecs
    assert left == []
    for (track, samples), made in zip(found, streams, strict=True):
        frames = decoded(track, samples)
        assert len(frames) == len(samples)
        if isinstance(made, Video):
            assert len(samples) == made.frames
            assert (track.width, track.height) == made.size
            assert track.frame_rate == pytest.approx(25, rel=0.01)
            span = track.timescale / 25
            assert all(abs(sample.duration - span) <= 1 for sample in samples)
            last = max(sample.pts - samples[0].pts for sample in samples)
            assert last == pytest.approx(span * (made.frames - 1), abs=1)
            assert all(sample.key == (number % 10 == 0) for number, sample in enumerate(samples) if made.frames > 1)
        else:
            assert (track.sample_rate, track.channels) == (made.rate, 2)
            assert track.timescale == made.rate
            assert {sample.duration for sample in samples[:-1]} == {1024 if track.codec is Codec.AAC else 960}


CONVERTED = [
    ("ogg", Sound("vorbis", options={"strict": "-2"}), 48_000, 2),
    ("mp3", Sound("libmp3lame"), 48_000, 2),
    ("wav", Sound("pcm_s16le"), 48_000, 2),
    ("wav", Sound("pcm_s16le", rate=ODD, layout="mono"), ODD, 1),
    ("wav", Sound("pcm_s16le", layout="5.1"), 48_000, 6),
    ("wav", Sound("pcm_s16le", layout="7.1"), 48_000, 6),
    ("wav", Sound("pcm_s16le", layout="quad"), 48_000, 2),
    ("wav", Sound("pcm_s16le", rate=50_000), 48_000, 2),
    ("w64", Sound("pcm_s16le"), 48_000, 2),
    ("aiff", Sound("pcm_s16be"), 48_000, 2),
    ("caf", Sound("pcm_s16be"), 48_000, 2),
    ("flac", Sound("flac"), 48_000, 2),
    ("mov", Sound("pcm_s16be"), 48_000, 2),
    ("mov", Sound("alac"), 48_000, 2),
    ("mp4", Sound("ac3"), 48_000, 2),
    ("mp4", Sound("eac3", layout="5.1"), 48_000, 6),
    ("ac3", Sound("ac3"), 48_000, 2),
    ("eac3", Sound("eac3"), 48_000, 2),
    ("matroska", Sound("flac", rate=96_000), 96_000, 2),
    ("matroska", Sound("ac3", rate=44_100), 44_100, 2),
    ("mpegts", Sound("mp2"), 48_000, 2),
    ("asf", Sound("wmav2", bit_rate=128_000), 48_000, 2),
    ("flv", Sound("libmp3lame", rate=44_100), 44_100, 2),
    ("latm", Sound(), 48_000, 2),
]


@pytest.mark.parametrize(("kind", "sound", "rate", "channels"), CONVERTED, ids=lambda value: str(value)[:30])
def test_other_sound_is_made_aac(tmp_path: Path, kind: str, sound: Sound, rate: int, channels: int) -> None:
    if kind == "latm":
        path = make(tmp_path / "film", "mpegts", sound, mpegts_flags="latm")
    else:
        path = make(tmp_path / "film", kind, sound)
    [(track, samples)], left = read(path)
    assert (track.codec, track.timescale, track.sample_rate, track.channels) == (Codec.AAC, rate, rate, channels)
    assert left == []
    assert {sample.duration for sample in samples} == {1024}
    frames = decoded(track, samples)
    assert len(frames) == len(samples)
    lasts = len(samples) * 1024 / rate
    assert 0.95 * sound.seconds + 1024 / rate <= lasts <= sound.seconds + 6 * 1024 / rate


def test_converted_sound_stays_in_step_with_pictures(tmp_path: Path) -> None:
    """The tone begins 0.4 s after the first picture; priming of 1024 samples comes before it."""
    path = make(tmp_path / "film", "matroska", Video(), Sound("flac", begin=19_200))
    (pictures, sound), _ = read(path)
    assert pictures[1][0].pts == 0
    assert sound[1][0].pts == 19_200 - 1024


def test_priming_moves_pictures(tmp_path: Path) -> None:
    (pictures, sound), _ = read(make(tmp_path / "film", "mov", Video(), Sound("pcm_s16le")))
    assert sound[1][0].pts == 0
    assert pictures[1][0].pts == round(1024 / 48_000 * pictures[0].timescale)


REFUSED = [
    ("mpeg", [Video("mpeg2video"), Sound("mp2")], "The video is MPEG-2,"),
    ("mov", [Video("prores", pix_fmt="yuv422p10le"), Sound("pcm_s16le")], "The video is ProRes,"),
    ("avi", [Video("mpeg4"), Sound("libmp3lame")], "The video is MPEG-4 Part 2,"),
    ("avi", [Video("mjpeg", pix_fmt="yuvj420p")], "The video is Motion JPEG,"),
    ("webm", [Video("libvpx"), OPUS], "The video is VP8,"),
    ("asf", [Video("wmv2")], "The video is Windows Media Video 8,"),
    ("mpeg2video", [Video("mpeg2video")], "The video is MPEG-2,"),
]


@pytest.mark.parametrize(("kind", "streams", "sentence"), REFUSED, ids=lambda value: str(value)[:24])
def test_video_that_nobody_plays_is_refused_by_name(
    tmp_path: Path, kind: str, streams: list[Video | Sound], sentence: str
) -> None:
    with pytest.raises(MediaError, match=sentence):
        open_film(make(tmp_path / "film", kind, *streams))


def test_languages_titles_and_other_tracks(tmp_path: Path) -> None:
    streams: list[Video | Sound] = [
        Video(metadata={"language": "eng"}),
        Video(size=(64, 64)),
        Sound(metadata={"language": "ger", "title": "Kommentar"}),
        Sound("flac", metadata={"language": "fre"}),
    ]
    found, left = read(make(tmp_path / "film", "matroska", *streams))
    assert [(track.kind, track.language, track.name) for track, _ in found] == [
        (Kind.VIDEO, "eng", ""),
        (Kind.AUDIO, "deu", "Kommentar"),
        (Kind.AUDIO, "fra", ""),
    ]
    assert [(each.index, each.kind, each.codec) for each in left] == [(1, "video", "H.264")]


def test_the_default_video_is_taken(tmp_path: Path) -> None:
    streams = [Video(disposition=0), Video(size=(64, 64), disposition=1)]
    [(track, _)], [left] = read(make(tmp_path / "film", "matroska", *streams))
    assert (track.width, left.index) == (64, 0)


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_turned_pictures(tmp_path: Path, degrees: int) -> None:
    [(track, _)], _ = read(make(tmp_path / "film", "mov", Video(rotation=degrees)))
    assert track.rotation == -degrees % 360
    assert (track.width, track.height) == (160, 90)


@pytest.mark.parametrize("kind", ["mp4", "matroska", "mpegts", "flv"])
def test_a_film_that_is_cut_off_gives_what_it_has_or_is_refused(tmp_path: Path, kind: str) -> None:
    whole = make(tmp_path / "film", kind, Video(frames=10), Sound(seconds=0.4)).read_bytes()
    cut, said = tmp_path / "cut", set[str]()
    for size in range(0, len(whole), len(whole) // 40):
        cut.write_bytes(whole[:size])
        try:
            read(cut)
        except MediaError as error:
            said.add(str(error))
    assert said
    assert all(sentence.endswith(".") for sentence in said)


@pytest.mark.parametrize("data", [b"", b"\0", b"\0" * 5000, os.urandom(9000), b"\x1aE\xdf\xa3" + os.urandom(9000)])
def test_garbage_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(data)
    with pytest.raises(MediaError):
        open_film(path)


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_descriptor_stays_open_and_a_path_is_let_go(tmp_path: Path) -> None:
    path = make(tmp_path / "film", "mp4", Video(), Sound())
    before = descriptors()
    film = open_film(path)
    assert descriptors() == before + 1
    begun = film.samples(0), film.samples(1)
    assert next(begun[0]).key
    assert next(begun[1]).key
    film.close()
    assert descriptors() == before
    assert next(begun[0], None) is None
    fd = os.open(path, os.O_RDONLY)
    with closing(open_film(fd)) as film:
        assert len(list(film.samples(0))) == 25
    os.close(fd)


def test_a_folder_is_no_film(tmp_path: Path) -> None:
    with pytest.raises(MediaError):
        open_film(tmp_path)


def test_libav_says_nothing_by_itself(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    whole = make(tmp_path / "film", "mpegts", Video(), Sound()).read_bytes()
    path = tmp_path / "damaged"
    path.write_bytes(b"".join(whole[at : at + 188] for at in range(0, len(whole), 188) if at % 1316))
    capfd.readouterr()
    read(path)
    assert capfd.readouterr() == ("", "")
