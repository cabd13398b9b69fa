"""What the workshop asks a worker, and what that answers: a line of JSON, and bytes behind it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from media.track import VIDEO_TIMESCALE, Codec, Track
from transcoder.slate.loop import Loop


@dataclass(frozen=True, slots=True)
class Normalise:
    """Make an uploaded picture one of ours: a JPEG."""

    media_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Encode:
    """Make a loop; of the card where there is no `picture` (a JPEG of ours)."""

    width: int
    height: int
    rate: int
    picture: bytes = b""


class RefusedError(ValueError):
    """The worker does not take the picture; the sentence says why."""


def write(order: Normalise | Encode) -> bytes:
    """An order for a worker's standard input."""
    if isinstance(order, Normalise):
        return _line({"normalise": order.media_type}) + order.data
    return _line({"encode": [order.width, order.height, order.rate]}) + order.picture


def read(sent: bytes) -> Normalise | Encode:
    """The order as it was meant."""
    said, rest = _split(sent)
    if "normalise" in said:
        return Normalise(said["normalise"], rest)
    width, height, rate = said["encode"]
    return Encode(width, height, rate, rest)


def write_refusal(sentence: str) -> bytes:
    """The answer to what is not taken."""
    return _line({"refused": sentence})


def write_picture(data: bytes) -> bytes:
    """The answer to `Normalise`."""
    return _line({"made": "picture"}) + data


def read_picture(answer: bytes) -> bytes:
    """What `write_picture` was given. Raises RefusedError, and ValueError for what is no answer."""
    return _made(answer)[1]


def write_loop(loop: Loop) -> bytes:
    """The answer to `Encode`."""
    track = loop.track
    said = {
        "made": [track.config.hex(), track.width, track.height, track.frame_rate],
        "sizes": [len(picture) for picture in loop.pictures],
    }
    return _line(said) + b"".join(loop.pictures)


def read_loop(answer: bytes) -> Loop:
    """What `write_loop` was given. Raises as `read_picture`."""
    said, rest = _made(answer)
    config, width, height, rate = said["made"]
    pictures, at = [], 0
    for size in said["sizes"]:
        pictures.append(rest[at : at + size])
        at += size
    track = Track(Codec.H264, VIDEO_TIMESCALE, bytes.fromhex(config), width, height, frame_rate=rate)
    return Loop(track, tuple(pictures))


def _made(answer: bytes) -> tuple[dict[str, Any], bytes]:
    said, rest = _split(answer)
    if "refused" in said:
        raise RefusedError(said["refused"])
    return said, rest


def _line(said: dict[str, Any]) -> bytes:
    return json.dumps(said).encode() + b"\n"


def _split(sent: bytes) -> tuple[dict[str, Any], bytes]:
    line, _, rest = sent.partition(b"\n")
    said: dict[str, Any] = json.loads(line)
    return said, rest
