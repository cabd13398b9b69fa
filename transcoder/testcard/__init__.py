"""A generated test card: a moving picture with the time of day in it, and a tone with a beep at every full second.

`Card` draws pictures and `Sound` cuts sound for a given Unix time; neither keeps a state. The time stands in the
picture twice: in figures for people, and as a row of black and white blocks (`barcode`) for programs that measure the
delay from glass to glass. `encode` sets up the encoders. At 720p30 all this costs about a tenth of a core: the ground
is drawn once and copied, and only what moves is drawn, in slices of rows.
"""

from __future__ import annotations

from transcoder.testcard.barcode import BarcodeError, decode
from transcoder.testcard.card import Card

__all__ = ["BarcodeError", "Card", "decode"]
