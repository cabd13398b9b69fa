from __future__ import annotations

from dataclasses import replace

import av
import pytest

from media.track import Codec, Track
from tests.support import clips
from transcoder.stills import StillError, still


def shown(jpeg: bytes) -> av.VideoFrame:
    decoder = av.VideoCodecContext.create("mjpeg", "r")
    (frame,) = [*decoder.decode(av.Packet(jpeg)), *decoder.decode(None)]
    return frame


def key(codec: Codec, size: tuple[int, int] = (320, 180)) -> tuple[Track, bytes]:
    clip = clips.video(codec, seconds=0.5, gop=5, size=size)
    return clip.track, bytes(next(sample.data for sample in reversed(clip.samples) if sample.key))


@pytest.mark.parametrize("codec", [Codec.H264, Codec.HEVC, Codec.AV1, Codec.VP9])
def test_a_key_frame_of_every_codec_gives_a_picture(codec: Codec) -> None:
    frame = shown(still(*key(codec)))
    assert (frame.width, frame.height) == (320, 180)


@pytest.mark.parametrize(
    ("changes", "size"),
    [
        ({"rotation": 90}, (180, 320)),
        ({"rotation": 180}, (320, 180)),
        ({"aspect": (3, 2)}, (480, 180)),
        ({"aspect": (8, 1)}, (640, 44)),
        ({"aspect": (3, 2), "rotation": 270}, (180, 480)),
    ],
)
def test_it_is_turned_and_its_pixels_are_square(changes: dict[str, object], size: tuple[int, int]) -> None:
    track, frame = key(Codec.H264)
    made = shown(still(replace(track, **changes), frame))  # type: ignore[arg-type]  # fields of any type
    assert (made.width, made.height) == size


def test_a_large_picture_is_made_small() -> None:
    made = shown(still(*key(Codec.H264, (1280, 720))))
    assert (made.width, made.height) == (640, 360)


@pytest.mark.parametrize("frame", [b"", b"\0\0\0\4\x65\x88\x80\0", b"\xff" * 1000])
def test_a_damaged_frame_gives_an_error(frame: bytes) -> None:
    with pytest.raises(StillError):
        still(key(Codec.H264)[0], frame)
