"""Tracks of sound that players do not take: decoded, and encoded as AAC while they are read."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from av.error import FFmpegError

from origin.vod.demux.libav.described import name_of
from origin.vod.demux.libav.languages import language_of
from origin.vod.demux.libav.stamps import Stamps, base_of
from origin.vod.demux.libav.unit import Unit
from transcoder.sound.conversion import FRAME, Conversion

if TYPE_CHECKING:
    from collections.abc import Iterator

    import av
    from av.packet import Packet
    from av.stream import Stream


class Converted:
    """One stream; as `Carried`. Raises EOFError where nothing can be decoded."""

    def __init__(self, stream: av.AudioStream, packets: Iterator[Packet[Stream]]) -> None:
        self._stream = stream
        self._base = base_of(stream)
        frames = self._decoded(packets)
        first = next(frames, None)
        if first is None:
            raise EOFError
        self._frames = chain([first], frames)
        self._conversion = Conversion(first)
        track = self._conversion.track
        self.track = replace(track, language=language_of(stream.language), name=name_of(stream))

    def units(self) -> Iterator[Unit]:
        """All of it; the first frame begins before the sound does, by the encoder's priming."""
        for frame in self._frames:
            at = frame.pts * self._base if frame.pts is not None else None
            for coded in self._conversion.push(frame, at):
                yield Unit(coded.at, coded.at, FRAME, key=True, data=coded.data)
        for coded in self._conversion.finish():
            yield Unit(coded.at, coded.at, FRAME, key=True, data=coded.data)

    def _decoded(self, packets: Iterator[Packet[Stream]]) -> Iterator[av.AudioFrame]:
        context, stamps = self._stream.codec_context, Stamps(self._base)
        context.thread_count = 1
        for packet in packets:
            packet.dts, packet.pts = stamps.place(packet)
            yield from _frames(context, packet)
        yield from _frames(context, None)


def _frames(context: av.AudioCodecContext, packet: Packet[Stream] | None) -> list[av.AudioFrame]:
    """What a packet decodes to; a damaged one to nothing, and silence takes its place."""
    try:
        return [frame for frame in context.decode(packet) if frame.samples]
    except MemoryError:
        raise
    except (FFmpegError, ValueError):
        return []
