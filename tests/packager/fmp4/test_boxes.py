from __future__ import annotations

from packager.fmp4.boxes import box, full_box


def test_a_box_counts_its_header() -> None:
    assert box(b"free") == b"\0\0\0\x08free"
    assert box(b"free", b"ab", b"c") == b"\0\0\0\x0bfreeabc"


def test_a_full_box_says_version_and_flags() -> None:
    assert full_box(b"tfhd", 1, 0x020020, b"x") == b"\0\0\0\x0dtfhd\x01\x02\x00\x20x"
