"""What one RTMP publisher, and all of them together, may take from the server; each number with its reason."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from origin.wire.rtmp.chunk import ChunkLimits

COUNT_BYTES: Final = 256 << 10
"""Added to the metric at a time, and the rest at the end: to add each read would cost as much as to watch its share."""
EARLY_BYTES: Final = 4 << 10
"""Kept at the most of what a newcomer says that has to wait: a handshake is 3 KiB."""
LOOKS: Final = 10
"""How often a deadline is looked at: it is kept to a tenth."""


@dataclass(frozen=True, slots=True)
class RtmpLimits:
    """Seconds, bytes and counts; the message sizes that the protocol core enforces are in `chunks`."""

    handshake_s: float = 10.0
    """From the connection to C2, and for TLS before that: four round trips at the worst mobile delay are 4 s."""
    publish_s: float = 20.0
    """From the handshake to a granted publish: OBS and FFmpeg need six round trips; nobody types in between."""
    idle_s: float = 30.0
    """Without a picture or a sound from a publisher, whatever else it sends. A phone changing cells is back within 20 s
    or not at all."""
    forgiven: float = 3.0
    """Times its deadline that a peer may be held by us (while the desk is asked, or while those that do not publish
    have used up their share) without its being held against it: 40 s for a handshake, in which a hundred peers from one
    address who do the worst get four turns each."""
    linger_s: float = 2.0
    """For a peer that was told why it must go to read that and leave; closing earlier can reset the answer away."""
    publishers: int = 1_000
    """At once: twice what one core carries at 6 Mbit/s."""
    strangers: int = 1_000
    """At once that do not publish (yet), TLS handshakes and farewells under way among them: all publishers may come
    back in one second. Where that many are there the next one gets the place of another (`origin.crowd`)."""
    connections_per_address: int = 100
    """At once from one IP address: a studio behind one router, yet not enough to fill the server."""
    read_bytes: int = 64 << 10
    """Parsed in one go. A frame at 6 Mbit/s is 25 KB. The session bounds what 64 KiB may hold: the worst found
    (commands full of AMF values, thousands of tiny messages) takes 10 to 20 ms, the same bytes of pictures 0.06 ms."""
    unsent_bytes: int = 64 << 10
    """Answers that the peer does not read. All of ours together are below 2 KiB; acknowledgements are 16 bytes."""
    bytes_per_s: float = 25e6
    """Averaged: 200 Mbit/s, four times the highest rate in use for contribution. A faster sender is slowed down."""
    burst_bytes: float = 50e6
    """Before that average counts: two seconds' worth, for an encoder that catches up after a stall."""
    cpu_share: float = 0.25
    """Of the event loop's time, averaged: eighty times what 6 Mbit/s needs. Keeps one peer from starving others."""
    cpu_burst_s: float = 0.5
    """Before that share counts."""
    address_cpu_share: float = 0.1
    """Of all connections from one address that do not publish, together. A way in takes some 2 ms: 50 a second.
    Theirs is processor time: a server that is kept from the processor itself must not take that for their work."""
    strangers_cpu_share: float = 0.2
    """Of all that do not publish, from everywhere: what is left is for those who do, and for viewers."""
    pending_bytes: int = 256 << 20
    """Unfinished messages of all connections: 500 publishers at 6 Mbit/s have some 6 MB under way."""
    chunks: ChunkLimits = field(default_factory=ChunkLimits)
