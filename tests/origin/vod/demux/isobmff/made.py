"""Tables as a file would have them, from plain lists."""

from __future__ import annotations

from collections.abc import Sequence
from struct import pack

from tests.support.box_tree import table

Pairs = Sequence[tuple[int, int]]


def stbl(
    *,
    sizes: Sequence[int] = (10, 20, 30, 40),
    times: Pairs = ((4, 100),),
    shown: Pairs = (),
    syncs: Sequence[int] | None = None,
    spans: Sequence[tuple[int, int, int]] = ((1, 2, 1),),
    chunks: Sequence[int] = (1000, 2000),
    wide: bool = False,
) -> dict[bytes, memoryview]:
    """Two chunks of two samples, unless told otherwise."""
    boxes = {
        b"stsz": pack(">III", 0, 0, len(sizes)) + pack(f">{len(sizes)}I", *sizes),
        b"stts": table(times, ">II"),
        b"stsc": table(spans, ">III"),
        b"co64" if wide else b"stco": table([(offset,) for offset in chunks], ">Q" if wide else ">I"),
    }
    if shown:
        boxes[b"ctts"] = table(shown, ">Ii", 1 << 24)
    if syncs is not None:
        boxes[b"stss"] = table([(number,) for number in syncs], ">I")
    return {kind: memoryview(body) for kind, body in boxes.items()}
