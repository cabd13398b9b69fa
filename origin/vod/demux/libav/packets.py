"""The packets of one stream, as many as a file can hold, and none that cannot be packaged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from origin.vod.demux.film import MediaError
from origin.vod.demux.libav.opening import keep_only, translated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.container import InputContainer
    from av.packet import Packet
    from av.stream import Stream

MOST_BYTES: Final = 64 << 20
"""Of one packet: a second of 500 Mbit/s."""
_TIMES: Final = 2
"""How often a file's bytes may be told: an index can point at the same ones again and again, as an edit list does that
repeats a scene. Each packet has a byte at least, so this bounds their number, too."""
_LOSSY: Final = frozenset({"mpegts", "mpeg"})
"""Broadcasts lose packets, and players get over it; elsewhere a packet that is cut off is the end of a file."""


def packets(container: InputContainer, index: int, file_size: int) -> Iterator[Packet[Stream]]:
    """All that hold something, in the order of the file."""
    keep_only(container, index)
    stream = container.streams[index]
    left = _TIMES * file_size
    with translated():
        for packet in container.demux(stream):
            if packet.size:
                left -= packet.size
                _check(packet, left, lossy=container.format.name in _LOSSY)
                yield packet


def _check(packet: Packet[Stream], left: int, *, lossy: bool) -> None:
    if packet.size > MOST_BYTES or left < 0:
        raise MediaError("The file promises more than it can hold: it is damaged.")
    if packet.is_corrupt and not lossy:
        raise MediaError("The file is damaged, or ends too early.")
    if packet.has_sidedata("encryption_info"):
        raise MediaError("The file is encrypted. Send it without copy protection.")
    if packet.has_sidedata("new_extradata") and _changes(packet):
        raise MediaError("A track changes its configuration in mid-film. Send each part as a file of its own.")


def _changes(packet: Packet[Stream]) -> bool:
    context = packet.stream.codec_context
    return bytes(packet.get_sidedata("new_extradata")) != (context.extradata or b"")
