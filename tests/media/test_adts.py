from __future__ import annotations

import io
from contextlib import suppress
from typing import Any

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.adts import Adts
from media.bits import MalformedConfig
from media.codecs import aac_info
from tests.support import clips


def header(*, size: int, channels: int = 2, blocks: int = 0, unchecked: bool = True, layer: int = 0) -> bytes:
    """LC at 48 kHz, by the table of 6.2."""
    fields = [(0xFFF, 12), (0, 1), (layer, 2), (unchecked, 1), (1, 2), (3, 4), (0, 1), (channels, 3), (0, 4)]
    fields += [(size, 13), (0x7FF, 11), (blocks, 2)]
    return int("".join(f"{value:0{bits}b}" for value, bits in fields), 2).to_bytes(7, "big")


def test_frames_of_a_muxer_are_read() -> None:
    clip = clips.audio(seconds=0.2)
    file = io.BytesIO()
    with av.open(file, "w", format="adts") as container:
        stream = container.add_stream("aac", rate=48_000, layout="stereo")
        stream.codec_context.extradata = clip.track.config
        for sample in clip.samples:
            packet: av.Packet[Any] = av.Packet(bytes(sample.data))
            packet.stream, packet.pts, packet.dts = stream, sample.pts, sample.dts
            container.mux(packet)
    data, found = file.getvalue(), []
    while data:
        size = int.from_bytes(data[3:6], "big") >> 5 & 0x1FFF
        found.append(Adts.read(data[:size]))
        data = data[size:]
    assert [frame.payload for frame in found] == [sample.data for sample in clip.samples]
    assert {aac_info(frame.config) for frame in found} == {(48_000, 2)}


def test_a_checksum_is_left_out() -> None:
    assert Adts.read(header(size=11, unchecked=False) + b"\1\2\3\4").payload == b"\3\4"
    assert Adts.read(header(size=9) + b"\1\2\3\4") == Adts(b"\x11\x90", b"\1\2")


@pytest.mark.parametrize(
    "frame",
    [
        header(size=12) + b"\1",
        header(size=7),
        header(size=9, channels=0) + b"\1\2",
        header(size=9, blocks=1) + b"\1\2",
        b"\0" + header(size=9)[1:] + b"\1\2",
        header(size=9, layer=1) + b"\1\2",
        b"\xff\xf1",
    ],
)
def test_what_cannot_be_stored_by_itself_is_refused(frame: bytes) -> None:
    with pytest.raises(MalformedConfig):
        Adts.read(frame)


@given(st.binary(max_size=20))
def test_a_frame_is_read_or_refused(data: bytes) -> None:
    with suppress(MalformedConfig):
        assert Adts.read(data).payload
