from __future__ import annotations

from typing import TYPE_CHECKING, Any

import av
import pytest

from origin.vod.demux.libav.order import MOST_HELD, by_decoder, needs_decoder, with_decode_times
from tests.origin.vod.demux.libav.making import Video, make

if TYPE_CHECKING:
    from pathlib import Path


def packet(dts: int | None, duration: int = 40) -> Any:
    made: av.Packet[Any] = av.Packet(b"x")
    made.dts, made.pts, made.duration = dts, 0, duration
    return made


def test_decode_times_are_counted_back() -> None:
    found = with_decode_times(iter([packet(None), packet(None), packet(21), packet(60), packet(None)]))
    assert [each.dts for each in found] == [-59, -19, 21, 60, None]


def test_nothing_is_made_up_where_none_is_known_for_long() -> None:
    found = list(with_decode_times(iter([packet(None)] * MOST_HELD + [packet(5)])))
    assert [each.dts for each in found] == [None] * MOST_HELD + [5]
    assert list(with_decode_times(iter([]))) == []


@pytest.mark.parametrize(("kind", "needed"), [("avi", True), ("h264", True), ("matroska", False)])
def test_some_containers_need_it(tmp_path: Path, kind: str, *, needed: bool) -> None:
    path = make(tmp_path / "film", kind, Video())
    with av.open(str(path), format=kind) as container:
        assert needs_decoder(container.streams.video[0]) == needed


def test_packets_that_do_not_decode_are_not_waited_for_without_end(tmp_path: Path) -> None:
    path = make(tmp_path / "film", "h264", Video(frames=200))
    with av.open(str(path), format="h264") as container:
        stream = container.streams.video[0]
        packets: list[Any] = [each for each in container.demux(stream) if each.size]
        broken = [each if number % 7 else av.Packet(b"\0\0\1\x41" + bytes(40)) for number, each in enumerate(packets)]
        found = list(by_decoder(iter(broken), stream))
    assert len(found) == 200
    assert all(each.pts is not None and each.dts is not None for each in found)
