"""Why the server parts from a publisher."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Farewell:
    """A stable code (`taken_over`, `disconnected`, `draining`, `no_key_frame`, `lease_lost`) and a sentence."""

    code: str
    sentence: str
