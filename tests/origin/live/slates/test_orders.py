from __future__ import annotations

import pytest

from media.track import VIDEO_TIMESCALE, Codec, Track
from origin.live.slates import orders
from origin.live.slates.orders import Encode, Normalise, RefusedError
from transcoder.slate.loop import Loop

LOOP = Loop(Track(Codec.H264, VIDEO_TIMESCALE, b"\1\2\n", 640, 360, frame_rate=25.0), (b"key\n", b"", b"\0\n\0"))


@pytest.mark.parametrize(
    "order", [Normalise("image/png", b"a\nb\n\0"), Encode(640, 360, 25), Encode(640, 360, 25, b"\n\njpeg")]
)
def test_an_order_is_read_as_it_was_written(order: Normalise | Encode) -> None:
    assert orders.read(orders.write(order)) == order


def test_answers_are_read_as_they_were_written() -> None:
    assert orders.read_picture(orders.write_picture(b"\n\njpeg")) == b"\n\njpeg"
    assert orders.read_loop(orders.write_loop(LOOP)) == LOOP


@pytest.mark.parametrize("read", [orders.read_picture, orders.read_loop])
def test_a_refusal_is_told(read: object) -> None:
    assert callable(read)
    with pytest.raises(RefusedError, match=r"^Too large\.$"):
        read(orders.write_refusal("Too large."))


@pytest.mark.parametrize("answer", [b"", b"nonsense", b"nonsense\n"])
def test_what_is_no_answer_is_a_value_error(answer: bytes) -> None:
    with pytest.raises(ValueError, match="Expecting"):
        orders.read_picture(answer)
