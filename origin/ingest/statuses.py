"""What encoders are told by RTMP's own status codes, beside our sentence; they know a handful of them."""

from __future__ import annotations

from typing import Final

_BAD_NAMES: Final = ("unauthorized", "token_invalid", "token_expired", "token_revoked", "taken_over")
STATUS_CODES: Final = dict.fromkeys(_BAD_NAMES, "NetStream.Publish.BadName")
"""What Flash called a wrong name, and a name that somebody else publishes; encoders show it as such."""
OTHER_STATUS: Final = "NetStream.Failed"

FULL: Final = ("too_many_connections", "The server has as many publishers as it can take.")
