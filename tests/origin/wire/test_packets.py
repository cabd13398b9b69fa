from __future__ import annotations

from media.track import Codec
from origin.wire.packets import FlvError, Packet, UnsupportedError, What
from origin.wire.reader import ProtocolError


def test_bad_media_is_the_peers_fault_and_unsupported_media_is_not() -> None:
    fault = FlvError("a tag is cut off")
    assert isinstance(fault, ProtocolError)
    assert fault.reason == "bad_media"
    assert not isinstance(UnsupportedError("VP8"), ProtocolError)
    assert UnsupportedError("VP8").name == "VP8"


def test_a_packet_outside_multitrack_is_of_track_0() -> None:
    assert Packet(What.FRAME, Codec.AAC, b"x").track == 0
