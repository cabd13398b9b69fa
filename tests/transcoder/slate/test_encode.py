from __future__ import annotations

import av
import pytest

from media.codecs import codec_string, video_size
from media.track import Codec
from transcoder.slate.card import card
from transcoder.slate.encode import encode
from transcoder.slate.loop import LOOP_S, Loop


def decoded(loop: Loop, times: int) -> list[av.VideoFrame]:
    """What a decoder makes of the loop, again and again."""
    decoder = av.VideoCodecContext.create("h264", "r")
    decoder.extradata = loop.track.config
    frames = []
    for data in loop.pictures * times:
        frames += decoder.decode(av.Packet(data))
    return [*frames, *decoder.decode(None)]


@pytest.mark.parametrize(
    ("width", "height", "rate"), [(320, 180, 30), (640, 360, 25), (1920, 1080, 10), (180, 320, 60)]
)
def test_a_loop_can_be_sent_over_and_over(width: int, height: int, rate: int) -> None:
    loop = encode(card(width, height), rate)
    assert len(loop.pictures) == rate * LOOP_S
    assert loop.rate == rate
    assert (loop.track.width, loop.track.height) == (width, height) == video_size(Codec.H264, loop.track.config)
    assert codec_string(loop.track).startswith("avc1.")
    frames = decoded(loop, 3)
    assert len(frames) == 3 * len(loop.pictures)
    wanted, shown = bytes(card(width, height).planes[0]), bytes(frames[-1].planes[0])
    assert max(abs(a - b) for a, b in zip(wanted[:width], shown[:width], strict=True)) <= 4


def test_pictures_that_do_not_change_take_next_to_nothing() -> None:
    sizes = [len(picture) for picture in encode(card(1280, 720), 30).pictures]
    assert max(sizes) == sizes[0]
    assert sum(sizes[1:]) < sizes[0]
