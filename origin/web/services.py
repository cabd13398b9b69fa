"""What the web room is given to work with. The composition root fills it in; nothing here is made in this room."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol, cast
from urllib.parse import quote, urlsplit

from quart import current_app

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from origin.bus.protocol import Bus
    from origin.catalog.database import Catalog
    from origin.catalog.objects import Version
    from origin.config import Address, Settings
    from origin.stores.protocol import ObjectStore
    from origin.web.token_desk import TokenDesk

    Bound = Address | tuple[str, int]

EXTENSION = "headwater"


class Remark(Protocol):
    """Something about a publisher's health: a stable code, a sentence, and when (unix seconds)."""

    @property
    def code(self) -> str: ...  # noqa: D102 - told above
    @property
    def sentence(self) -> str: ...  # noqa: D102 - told above
    @property
    def at(self) -> float: ...  # noqa: D102 - told above


class LiveStatus(Protocol):
    """What is on the air. `state` is idle, live, reconnecting or ended; `since` unix seconds.

    `tracks` are codec strings (RFC 6381).
    """

    @property
    def state(self) -> str: ...  # noqa: D102 - told above
    @property
    def health(self) -> Sequence[Remark]: ...  # noqa: D102 - told above
    @property
    def since(self) -> float | None: ...  # noqa: D102 - told above
    @property
    def tracks(self) -> Sequence[str]: ...  # noqa: D102 - told above
    @property
    def broadcast_id(self) -> str | None: ...  # noqa: D102 - told above


@dataclass(frozen=True, slots=True)
class _Idle:
    state: str = "idle"
    health: Sequence[Remark] = ()
    since: float | None = None
    tracks: Sequence[str] = ()
    broadcast_id: str | None = None


IDLE: Final[LiveStatus] = _Idle()
"""Of a stream that never was on the air."""


class Director(Protocol):
    """Who knows what is on the air."""

    async def find_statuses(self, stream_ids: Sequence[str]) -> Mapping[str, LiveStatus]:
        """Each stream's state, whichever node writes it; `idle` for one that never was on the air."""

    async def disconnect(self, stream_id: str, reason: str) -> None:
        """End the broadcast at once, with no reconnect window. Nothing happens if there is none."""

    async def normalised_picture(self, media_type: str, data: bytes) -> bytes:
        """A picture that somebody sent, as a JPEG of ours. Raises `Problem`: `picture_refused`, `worker_failed`."""


@dataclass(frozen=True, slots=True)
class Links:
    """Where things are from the outside, without trailing slashes. `rtmps` is None where nobody listens for it."""

    base: str
    rtmp: str
    rtmps: str | None = None

    @classmethod
    def of(cls, settings: Settings, http: Bound, rtmp: Bound, rtmps: Bound | None = None) -> Links:
        """Make them from the addresses that the listeners were really bound to."""
        base = settings.base_url(http)
        secure = None if rtmps is None else f"rtmps://{_authority(rtmps, base)}/live"
        return cls(base=base, rtmp=f"rtmp://{_authority(rtmp, base)}/live", rtmps=secure)

    def hls(self, token: str, playback_id: str) -> str:
        """The multivariant playlist behind a token."""
        return f"{self.base}/play/{token}/{playback_id}/index.m3u8"

    def dash(self, token: str, playback_id: str) -> str:
        """The DASH manifest behind a token."""
        return f"{self.base}/play/{token}/{playback_id}/manifest.mpd"

    def download(self, token: str, version: Version) -> str:
        """A file behind a token."""
        name = quote(re.split(r"[/\\]", version.name)[-1] or "download", safe="")
        return f"{self.base}/dl/{token}/{version.object_id}/{version.id}/{name}"

    @property
    def secure(self) -> bool:
        """Do clients come by TLS?"""
        return self.base.startswith("https:")


@dataclass(slots=True)
class Readiness:
    """May this node be sent work? The composition root writes it; None means yes, else a code of the error table."""

    obstacle: str | None = "not_ready"


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that views use. `clock` gives unix seconds; `random` so many random bytes."""

    settings: Settings
    catalog: Catalog
    store: ObjectStore
    bus: Bus
    director: Director
    keyring: TokenDesk
    links: Links
    readiness: Readiness
    secret: bytes
    clock: Callable[[], float]
    random: Callable[[int], bytes]


def services() -> Services:
    """Those of the application that serves the current request."""
    return cast("Services", current_app.extensions[EXTENSION])


def _authority(bound: Bound, base: str) -> str:
    """A listener on every address is reached by the name that the public address has."""
    host, port = bound
    if host in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound
        host = urlsplit(base).hostname or host
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
