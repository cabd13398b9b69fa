from __future__ import annotations

import av

from transcoder.frames import as_jpeg, filtered


def test_filters_follow_each_other() -> None:
    frame = filtered(av.VideoFrame(64, 32, "yuv420p"), "hflip", "scale=w=32:h=16", "transpose=clock")
    assert (frame.width, frame.height) == (16, 32)


def test_a_frame_becomes_a_jpeg_of_its_size() -> None:
    jpeg = as_jpeg(av.VideoFrame(64, 32, "yuvj420p"), 2)
    assert jpeg.startswith(b"\xff\xd8")
    assert (32).to_bytes(2, "big") + (64).to_bytes(2, "big") in jpeg
