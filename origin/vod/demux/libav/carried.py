"""Tracks whose packets players take: in the form that ISO BMFF stores, from the first key frame on."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain, islice
from typing import TYPE_CHECKING, Final

import av

from media.bits import MalformedConfig
from media.sound_span import aac_span, opus_span
from media.track import Codec, Kind
from origin.vod.demux.libav import described
from origin.vod.demux.libav.forms import form_of
from origin.vod.demux.libav.grid import Grid
from origin.vod.demux.libav.naming import CARRIED, codec_of
from origin.vod.demux.libav.order import by_decoder, needs_decoder, with_decode_times
from origin.vod.demux.libav.stamps import Stamps, base_of, on, timescale_of
from origin.vod.demux.libav.unit import Unit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.packet import Packet
    from av.stream import Stream

MOST_BEFORE_KEY: Final = 20_000
"""Pictures without a key frame before them are passed over: some minutes."""
_COUNTING: Final = "mov"
"""A container whose times are the sum of durations, not stamps: they are right where its clock is fine enough."""


class Carried:
    """One stream, made of a container's packets, and made anew for each reading.

    Raises MalformedConfig where the codec's configuration cannot be had, and EOFError where there is no key frame.
    """

    def __init__(self, stream: Stream, packets: Iterator[Packet[Stream]]) -> None:
        self._base = base_of(stream)
        first = next((packet for packet in islice(packets, MOST_BEFORE_KEY) if packet.is_keyframe), None)
        if first is None:
            raise EOFError
        self._packets = with_decode_times(chain([first], packets))
        extradata = bytes(stream.codec_context.extradata or b"")
        self._form = form_of(CARRIED[codec_of(stream)], extradata, bytes(first), described.rate_of(stream))
        if isinstance(stream, av.VideoStream):
            self.track = described.video(stream, self._form, first)
            if needs_decoder(stream):
                self._packets = by_decoder(self._packets, stream)
            return
        self.track = described.sound(stream, self._form)
        self._counted = stream.container.format.name == _COUNTING and timescale_of(self._base) >= self.track.timescale
        if self._counted:
            self.track = replace(self.track, timescale=timescale_of(self._base))

    def units(self) -> Iterator[Unit]:
        """All that can be shown: pictures that come before the first key frame need others, which are not there."""
        units = self._stamped()
        if self.track.kind is Kind.VIDEO:
            return _without_leading(units)
        return units if self._counted else self._on_grid(units)

    def _stamped(self) -> Iterator[Unit]:
        stamps, timescale = Stamps(self._base), self.track.timescale
        for packet in self._packets:
            dts, pts = stamps.place(packet)
            span = on(packet.duration or 0, self._base, timescale)
            data = self._data(packet)
            if data:
                times = on(dts, self._base, timescale), on(pts, self._base, timescale)
                yield Unit(*times, span, packet.is_keyframe or self.track.kind is Kind.AUDIO, data)

    def _data(self, packet: Packet[Stream]) -> bytes:
        """What is stored of a packet: nothing of a damaged one, as broadcasts lose some; players get over it."""
        try:
            return self._form.data(bytes(packet))
        except MalformedConfig:
            return b""

    def _on_grid(self, units: Iterator[Unit]) -> Iterator[Unit]:
        grid, aac = Grid(), aac_span(self.track)
        for unit in units:
            span = opus_span(unit.data) if self.track.codec is Codec.OPUS else aac
            at = grid.place(unit.pts, span)
            yield Unit(at, at, span, unit.key, unit.data)


def _without_leading(units: Iterator[Unit]) -> Iterator[Unit]:
    """Leave out the pictures right behind the first key frame that are shown before it."""
    first = next(units, None)
    if first is None:
        return
    yield first
    for unit in units:
        if unit.pts > first.pts or unit.key:
            yield unit
            break
    yield from units
