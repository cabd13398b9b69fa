"""What reading RTMP costs: CPU seconds a second of stream, by chunk size, for the core alone.

Run as `python -m bench.rtmp_parse`. 6 Mbit/s in 30 pictures a second, every 60th a key frame ten times as large, and
45 sound frames a second; fed as it comes from a socket, one picture at a time. Goal for the whole server: 0.3 % of a
core a stream.
"""

from __future__ import annotations

import time
from statistics import median

from origin.wire.flv import FlvReader
from origin.wire.rtmp.events import PublishRequested
from origin.wire.rtmp.session import Session
from tests.support.rtmp_client import CONNECT, CREATE, HELLO, PUBLISH, SEED, media, message

SECONDS = 60
AVC_HEADER = b"\x17\x00\x00\x00\x00\x01\x4d\x00\x28\xff\xe0\x00"


def reads(size: int) -> list[bytes]:
    """A minute of stream in chunks of `size`, one read a picture."""
    found = [
        message(1, size.to_bytes(4, "big"), chunks=2)
        + message(9, AVC_HEADER, size=size)
        + message(8, b"\xaf\x00\x11\x90", size=size, chunks=5)
    ]
    for number in range(SECONDS * 30):
        key = number % 60 == 0
        tag = (b"\x17" if key else b"\x27") + b"\x01\x00\x00\x00" + bytes(217_000 if key else 21_700)
        sound = message(8, b"\xaf\x01" + bytes(330), time=number * 33, size=size, chunks=5)
        found.append(message(9, tag, time=number * 33, size=size) + sound * (1 + number % 2))
    return found


def measure(size: int) -> float:
    """CPU seconds a stream second."""
    session, reader, data = Session(SEED), FlvReader(), reads(size)
    request = session.receive_data(HELLO + CONNECT + CREATE + PUBLISH)[-1]
    assert isinstance(request, PublishRequested)
    session.accept(request)
    began, things = time.process_time(), 0
    for piece in data:
        for tag in media(session.receive_data(piece)):
            things += len(reader.receive(tag.tag_type, tag.timestamp_ms, tag.payload))
        session.data_to_send()
    spent = time.process_time() - began
    assert things == SECONDS * 75 + 2
    return spent / SECONDS


def main() -> None:
    """Print the table: the median of five runs."""
    print("chunk size   CPU s a stream second   % of a core")
    for size in (128, 1024, 4096, 65_536):
        cost = median(measure(size) for _ in range(5))
        print(f"{size:10}   {cost:21.6f}   {cost * 100:11.3f}")


if __name__ == "__main__":
    main()
