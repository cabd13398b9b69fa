"""A process that does one order and ends: `python -m origin.live.slates.worker`.

Decoders are large, old, and fed by strangers here. So they run where a crash costs one answer, with as much memory,
time and files as a picture needs, and without our environment, which may hold secrets.
"""

from __future__ import annotations

import resource
import sys
from typing import TYPE_CHECKING, Final

from origin.live.slates import orders
from origin.live.slates.orders import Encode, Normalise
from transcoder.slate import card, encode, jpeg, picture
from transcoder.slate.limits import PictureError

if TYPE_CHECKING:
    import av

MEMORY_BYTES: Final = 512 << 20
"""Addresses, with those of the interpreter and of libav (some 250 MB, most of it never touched)."""
CPU_S: Final = 8
"""A picture of 40 megapixels takes about one second, a loop of 2160 lines three."""
FILES: Final = 64
"""Open at a time: the interpreter's own."""
_LIMITS: Final = (
    (resource.RLIMIT_AS, MEMORY_BYTES),
    (resource.RLIMIT_CPU, CPU_S),
    (resource.RLIMIT_NOFILE, FILES),
    (resource.RLIMIT_FSIZE, 0),
    (resource.RLIMIT_CORE, 0),
)


def limit() -> None:
    """Give up what is not needed, for good."""
    for what, most in _LIMITS:
        resource.setrlimit(what, (most, most))


def done(order: Normalise | Encode) -> bytes:
    """The answer to an order."""
    try:
        if isinstance(order, Normalise):
            return orders.write_picture(picture.normalised(picture.checked(order.media_type, order.data)))
        return orders.write_loop(encode.encode(_frame(order), order.rate))
    except PictureError as refusal:
        return orders.write_refusal(str(refusal))
    except (MemoryError, OSError) as failure:  # libav's ENOMEM is an OSError
        return orders.write_refusal(f"The picture takes too much to decode ({failure}); make it smaller.")


def _frame(order: Encode) -> av.VideoFrame:
    if not order.picture:
        return card.card(order.width, order.height)
    return picture.fitted(jpeg.check(order.picture), order.width, order.height)


def main() -> int:
    """Read an order from standard input, and answer on standard output."""
    limit()
    sys.stdout.buffer.write(done(orders.read(sys.stdin.buffer.read())))
    return 0


if __name__ == "__main__":
    sys.exit(main())
