"""Ways in for publishers: thin shells over the cores in wire. `INGESTS` lists them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from origin.ingest.rtmp import serve_rtmp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from origin.ingest.protocol import Serve

INGESTS: Final[Mapping[str, Serve]] = {"rtmp": serve_rtmp, "rtmps": serve_rtmp}
"""By URL scheme. RTMPS is RTMP with `tls` given."""
