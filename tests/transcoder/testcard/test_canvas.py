from __future__ import annotations

from transcoder.testcard.canvas import GREY_CHROMA, Canvas, Colour
from transcoder.testcard.font import Font


def test_a_rectangle_fills_its_pixels_and_no_others() -> None:
    canvas = Canvas(8, 4)
    canvas.rectangle(2, 0, 4, 2, Colour(200, 10, 20))
    assert canvas.y[:8] == bytes([16, 16, 200, 200, 200, 200, 16, 16]) == canvas.y[8:16]
    assert set(canvas.y[16:]) == {16}
    assert canvas.u == bytes([GREY_CHROMA, 10, 10, *[GREY_CHROMA] * 5])
    assert canvas.v == bytes([GREY_CHROMA, 20, 20, *[GREY_CHROMA] * 5])


def test_a_copy_is_drawn_on_by_itself() -> None:
    canvas = Canvas(4, 2)
    canvas.copy().rectangle(0, 0, 4, 2, Colour(99, 1, 1))
    assert set(canvas.y) == {16}
    assert set(canvas.u) == {GREY_CHROMA}


def test_text_is_luma_at_its_scale() -> None:
    canvas = Canvas(16, 16)
    canvas.text(2, 0, "-", Font(2, 235, 40))
    row = canvas.y[6 * 16 : 7 * 16]
    assert row == canvas.y[7 * 16 : 8 * 16]
    assert row[2:12] == bytes([235]) * 10
    assert row[12:14] == bytes([40]) * 2


def test_frame_keeps_rows_apart_where_libav_pads_them() -> None:
    canvas = Canvas(6, 2)
    canvas.luma(0, 0, bytes(range(100, 106)))
    canvas.luma(0, 1, bytes(range(200, 206)))
    plane = canvas.frame().planes[0]
    assert bytes(plane)[:6] == bytes(range(100, 106))
    assert bytes(plane)[plane.line_size : plane.line_size + 6] == bytes(range(200, 206))
