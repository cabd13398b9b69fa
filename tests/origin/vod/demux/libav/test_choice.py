from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import av
import pytest

from origin.vod.demux.film import LeftOut, MediaError
from origin.vod.demux.libav.choice import Choice, choose
from tests.origin.vod.demux.libav.making import Sound, Video, make, tones
from tests.origin.vod.demux.libav.test_film import read

if TYPE_CHECKING:
    from pathlib import Path

COVER = av.stream.Disposition.attached_pic


def choice_of(path: Path) -> Choice:
    with av.open(str(path)) as container:
        return choose(tuple(container.streams))


def with_cover(path: Path, kind: str, encoder: str) -> Path:
    """Sound with a picture, as music is sold."""
    with av.open(str(path), "w", format=kind) as container:
        sound = container.add_stream(encoder, rate=48_000, layout="stereo")
        picture = container.add_stream("mjpeg", rate=1)
        assert isinstance(picture, av.VideoStream)
        assert isinstance(sound, av.AudioStream)
        picture.width, picture.height, picture.pix_fmt = 64, 64, "yuvj420p"
        picture.disposition = COVER
        still = av.VideoFrame(64, 64, "yuvj420p")
        still.pts = 0
        container.mux([*picture.encode(still), *picture.encode(None)])
        for frame in tones(Sound()):
            container.mux(sound.encode(frame))
        container.mux(sound.encode(None))
    return path


@pytest.mark.parametrize(("kind", "encoder"), [("mp3", "libmp3lame"), ("flac", "flac")])
def test_a_cover_is_no_video(tmp_path: Path, kind: str, encoder: str) -> None:
    found, [left] = read(with_cover(tmp_path / "film", kind, encoder))
    assert len(found) == 1
    assert (left.kind, left.codec) == ("video", "Motion JPEG")
    assert "cover" in left.why


def test_one_video_and_all_sound_are_taken(tmp_path: Path) -> None:
    path = make(tmp_path / "film", "matroska", Sound(), Video("mpeg4"), Video(), Video(), Sound("flac"))
    found = choice_of(path)
    assert found.taken == (0, 2, 4)
    assert [(left.index, left.codec) for left in found.left_out] == [(1, "MPEG-4 Part 2"), (3, "H.264")]
    assert all(left.why.endswith(".") for left in found.left_out)


def test_subtitles_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "film.mkv"
    make(path, "matroska", Video())
    both = tmp_path / "both.mkv"
    said = io.BytesIO(b"1\n00:00:00,000 --> 00:00:01,000\nHallo\n\n")
    with av.open(str(path)) as source, av.open(said, format="srt") as words, av.open(str(both), "w") as container:
        sources: list[Any] = [source.streams[0], words.streams[0]]
        copies = [container.add_stream_from_template(each) for each in sources]
        copies[1].metadata["language"] = "ger"
        for original, copy in zip(sources, copies, strict=True):
            for packet in original.container.demux(original):
                if packet.size:
                    packet.stream = copy
                    container.mux(packet)
    assert choice_of(both).left_out == (LeftOut(1, "subtitle", "SubRip", "deu", "Subtitles are not packaged."),)


def test_sound_that_is_not_decoded_here_is_left_out(tmp_path: Path) -> None:
    path = make(tmp_path / "film", "matroska", Video(), Sound("tta"))
    found = choice_of(path)
    assert found.taken == (0,)
    assert "cannot be converted" in found.left_out[0].why


def test_a_film_of_video_that_nobody_plays_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=r"The video is MPEG-2, which browsers do not play\."):
        choice_of(make(tmp_path / "film", "matroska", Video("mpeg2video"), Sound()))
