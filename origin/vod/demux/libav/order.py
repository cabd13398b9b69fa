"""When pictures are shown, where containers do not say so or not at once."""

from __future__ import annotations

from collections import deque
from itertools import islice
from typing import TYPE_CHECKING, Final

import av
from av.error import FFmpegError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.packet import Packet
    from av.stream import Stream

MOST_HELD: Final = 64
"""Packets: four times as many as a decoder may reorder. Whatever has not come out by then was not decoded."""
_PROGRAM_STREAM: Final = "mpeg"
_UNTIMED: Final = frozenset({"avi", "h264", "hevc", _PROGRAM_STREAM})
"""Containers that number pictures as they are decoded, or not at all, or stamp packs with several of them."""


def needs_decoder(stream: av.VideoStream) -> bool:
    """Tell streams whose pictures are shown in an order that their container does not know."""
    return stream.container.format.name in _UNTIMED and bool(stream.codec_context.has_b_frames)


def with_decode_times(packets: Iterator[Packet[Stream]]) -> Iterator[Packet[Stream]]:
    """Matroska says when pictures are shown; libav finds decode times of all but the first few.

    Those are counted back from the first one that is known.
    """
    held: list[Packet[Stream]] = []
    for packet in packets:
        held.append(packet)
        if packet.dts is not None or len(held) == MOST_HELD:
            break
    known = held[-1].dts if held else None
    if known is not None:
        for packet in reversed(held[:-1]):
            known -= max(1, packet.duration or 0)
            packet.dts = known
    yield from held
    yield from packets


def by_decoder(packets: Iterator[Packet[Stream]], stream: av.VideoStream) -> Iterator[Packet[Stream]]:
    """Ask the decoder in which order pictures are shown: the nth gets the nth time.

    It costs as much as playing the film; nothing else than headers of slices would tell.
    """
    order = _Order(stream)
    for packet in packets:
        order.take(packet)
        yield from order.settled(MOST_HELD)
    order.finish()
    yield from order.settled(0)


class _Order:
    def __init__(self, stream: av.VideoStream) -> None:
        self._context = stream.codec_context
        self._context.thread_count = 1
        self._context.options = {"skip_loop_filter": "all"}  # nobody sees these pictures
        self._times = deque[int]()
        self._waiting = deque[tuple[int, int, "Packet[Stream]"]]()
        self._shown: dict[int, int] = {}
        self._stamped = stream.container.format.name == _PROGRAM_STREAM
        self._late = 0
        self._count = 0
        self._next = 0

    def take(self, packet: Packet[Stream]) -> None:
        """One more picture, in the order of decoding."""
        at = packet.dts if packet.dts is not None else self._next
        span = max(1, packet.duration or 0)
        if not self._count and self._stamped and packet.pts is not None:
            self._late = packet.pts - at
        self._next = at + span
        self._times.append(at)
        self._waiting.append((self._count, at, packet))
        copy: av.Packet[Stream] = av.Packet(bytes(packet))
        copy.pts = self._count
        self._count += 1
        self._decode(copy)

    def finish(self) -> None:
        """No more will come."""
        self._decode(None)

    def settled(self, held: int) -> Iterator[Packet[Stream]]:
        """Packets whose times are known, and those that have waited for more than `held` others."""
        while self._waiting and (self._waiting[0][0] in self._shown or len(self._waiting) > held):
            number, at, packet = self._waiting.popleft()
            pts = self._shown.pop(number) if number in self._shown else self._take_time(at)
            early = max(1, packet.duration or 0) * self._context.reorder_depth
            packet.dts, packet.pts = at - early + self._late, pts + self._late
            yield packet

    def _take_time(self, otherwise: int) -> int:
        return self._times.popleft() if self._times else otherwise

    def _decode(self, packet: Packet[Stream] | None) -> None:
        try:
            frames = self._context.decode(packet)
        except (FFmpegError, ValueError):
            return
        for frame in islice(frames, len(self._times)):
            if self._waiting and frame.pts is not None and frame.pts >= self._waiting[0][0]:
                self._shown[frame.pts] = self._times.popleft()
