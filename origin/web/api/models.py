"""The JSON of the control API, as pydantic models; OpenAPI is made from them. Times are unix seconds."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address  # noqa: TC003 - pydantic reads annotations at run time
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from origin.web.token_desk import MAX_TTL_S

Name = Annotated[
    str,
    Field(
        min_length=1,
        max_length=200,
        pattern=r"^[^\x00-\x1f\x7f]*$",
        description="What people call it; no control characters",
    ),
]
Latency = Annotated[
    Literal["low", "standard"],
    Field(description="low: parts of 0.2 to 0.333 s, about a second of delay. standard: whole segments of 4 s"),
]
Playback = Annotated[
    Literal["signed", "public"],
    Field(description="signed: each viewer needs a token. public: `urls` holds one that does not expire"),
]
DvrWindow = Annotated[
    int, Field(ge=10, le=86_400, description="Seconds that viewers can go back; a day is 5 GB at 500 kbit/s")
]
ReconnectWindow = Annotated[
    int, Field(ge=0, le=3_600, description="Seconds that a broadcast waits for its publisher to come back")
]
Record = Annotated[bool, Field(description="Whether each broadcast becomes an asset at its end; from the next one on")]
Keep = Annotated[
    int | None,
    Field(
        ge=1, le=3_153_600_000, description="Seconds that a recording is kept after its broadcast's end; null: for ever"
    ),
]
MAX_PAGE: Final = 200


class Body(BaseModel):
    """What clients send: a field that is not known is refused, because it may be a misspelt one."""

    model_config = ConfigDict(extra="forbid")


def _absent(schema: dict[str, Any]) -> None:
    schema.pop("default", None)


def _optional(**details: Any) -> Any:
    """A field that may be left out, yet not be null: its default is never seen, nor shown in OpenAPI."""
    return Field(default=None, json_schema_extra=_absent, **details)


class StreamCreate(Body):
    """A new stream."""

    name: Name
    latency: Latency = "low"
    playback: Playback = "signed"
    dvr_window_s: DvrWindow = 60
    reconnect_window_s: ReconnectWindow = 60
    record: Record = False
    keep_s: Keep = None


class StreamPatch(Body):
    """Changes to a stream; what is left out stays."""

    name: Name = _optional()
    latency: Latency = _optional()
    playback: Playback = _optional()
    dvr_window_s: DvrWindow = _optional()
    reconnect_window_s: ReconnectWindow = _optional()
    record: Record = _optional()
    keep_s: Keep = _optional()


class SlateCard(Body):
    """A slate that is drawn by the server. Send a picture instead, as image/png or image/jpeg, to have that shown."""

    kind: Literal["card"]


class Remark(BaseModel):
    """Something that the publisher should know about what it sends."""

    code: str
    sentence: str
    at: float


class PlayUrls(BaseModel):
    """Absolute addresses for players."""

    hls: str
    dash: str


class DownloadUrls(BaseModel):
    """Absolute address of a file, in the version that is the current one now."""

    download: str


class Stream(BaseModel):
    """A stream. `stream_key` is shown once: in the answer that made it."""

    id: str
    name: str
    state: Literal["idle", "live", "reconnecting", "ended"]
    latency: Literal["low", "standard"]
    playback: Literal["signed", "public"]
    dvr_window_s: int
    reconnect_window_s: int
    slate: Literal["card", "picture"] | None = Field(
        description="What viewers see while the broadcast waits for its publisher; null: the last picture stays"
    )
    record: bool
    keep_s: int | None
    playback_id: str
    rtmp_url: str
    tracks: list[str]
    health: list[Remark]
    revision: int = Field(description="Rises with each change; the ETag")
    created_at: float
    updated_at: float
    rtmps_url: str | None = Field(default=None, description="RTMP over TLS. Only where the server listens for it")
    stream_key: str | None = Field(default=None, description="Secret. Only in the answer to creation and rotation")
    urls: PlayUrls | None = Field(default=None, description="Only while playback is public")
    live_since: float | None = Field(default=None, description="Only on the air")
    broadcast_id: str | None = Field(default=None, description="Only on the air")


class StreamPage(BaseModel):
    """Some streams, newest first. `next_cursor` is null on the last page."""

    items: list[Stream]
    next_cursor: str | None


class AssetCreate(Body):
    """An asset that is to be made from an object, as the object is now."""

    object_id: str = Field(max_length=64, description="The object whose current version is packaged")
    name: Name = _optional()
    playback: Playback = "signed"
    keep_s: Keep = None


class LeftOut(BaseModel):
    """A track of the file that was not taken into the asset, and why not."""

    index: int = Field(description="Its place in the file")
    kind: str
    codec: str
    language: str
    why: str


class AssetPatch(Body):
    """Changes to an asset; what is left out stays."""

    name: Name = _optional()
    playback: Playback = _optional()
    keep_s: Keep = _optional()


class Asset(BaseModel):
    """What can be played on demand: a recording, or made from an object. Times of keeping count from its creation."""

    id: str
    name: str
    state: Literal["queued", "processing", "ready", "failed"]
    playback: Literal["signed", "public"]
    playback_id: str
    progress: float = Field(description="0 to 1")
    keep_s: int | None = Field(description="null: for ever")
    revision: int = Field(description="Rises with each change of settings; the ETag")
    created_at: float
    updated_at: float
    stream_id: str | None = Field(default=None, description="Only of a recording")
    broadcast_id: str | None = Field(default=None, description="Only of a recording")
    object_id: str | None = Field(default=None, description="What it was made from, unless it is a recording")
    version_id: str | None = Field(default=None, description="Which version of the object")
    job_id: str | None = Field(default=None, description="The job that makes it from the object")
    left_out: list[LeftOut] | None = Field(default=None, description="Tracks of the object that were not taken")
    poster: bool = Field(default=False, description="Whether there is a still, poster.jpg beside the playlist")
    duration_s: float | None = Field(default=None, description="Once it is ready")
    error: str | None = Field(default=None, description="Why it failed")
    expires_at: float | None = Field(default=None, description="When it will be deleted, unless it is kept for ever")
    urls: PlayUrls | None = Field(default=None, description="Only while playback is public")


class AssetPage(BaseModel):
    """Some assets, newest first. `next_cursor` is null on the last page."""

    items: list[Asset]
    next_cursor: str | None


class Job(BaseModel):
    """Work that a worker does in its turn."""

    id: str
    kind: Literal["package"]
    subject: str = Field(description="The id of what it is about: of an asset, for `package`")
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    progress: float = Field(description="0 to 1, of the attempt that is running")
    attempt: int = Field(description="How often it was begun")
    created_at: float
    updated_at: float
    not_before: float | None = Field(default=None, description="When it is tried again, while it waits for that")
    error: str | None = Field(default=None, description="Why it failed, or why the attempt before did")


class JobPage(BaseModel):
    """Some jobs, newest first. `next_cursor` is null on the last page."""

    items: list[Job]
    next_cursor: str | None


class AuditEntry(BaseModel):
    """Something that happened. Hashes are a chain: docs/signing.md says how to check it."""

    id: str
    tenant_id: str
    number: int = Field(description="Counts the tenant's entries from 1, without gaps")
    created_at: float
    actor: str = Field(description="Whose request it was; `system`: nobody's")
    action: str = Field(description="`manifest.refused`: what is stored is not what was signed")
    subject: str = Field(description="The id of what it was done to")
    detail: dict[str, str]
    hash: str = Field(description="SHA-256 over this entry and the hash of the one before, in hex")


class AuditPage(BaseModel):
    """Some entries, newest first. `next_cursor` is null on the last page."""

    items: list[AuditEntry]
    next_cursor: str | None


class PageQuery(BaseModel):
    """Which part of a list."""

    cursor: str = Field(default="", max_length=200, description="The last answer's next_cursor")
    limit: int = Field(default=50, ge=1, le=MAX_PAGE, description="How many items at most")


class StreamPageQuery(PageQuery):
    """Which streams, and which part of their list."""

    on_air: bool = Field(default=False, description="Only those on the air, or waiting for their publisher")


class StoredObject(BaseModel):
    """A file by its name; the same name again is a new version of it."""

    id: str
    name: str
    version_id: str = Field(description="The current version")
    size: int = Field(description="Bytes")
    sha256: str = Field(description="SHA-256 of the bytes, in hex")
    content_type: str = Field(description="As who uploaded it said")
    revision: int = Field(description="Rises with each version; the ETag")
    created_at: float
    updated_at: float


class ObjectPage(BaseModel):
    """Some objects, newest first. `next_cursor` is null on the last page."""

    items: list[StoredObject]
    next_cursor: str | None


class ObjectsQuery(PageQuery):
    """Which part of a list of objects."""

    prefix: str = Field(default="", max_length=1024, description="What the names begin with")


class AssetQuery(BaseModel):
    """In which form an asset is wanted."""

    download: Literal["mp4"] | None = Field(
        default=None, description="mp4: be sent on, with a play token of six hours, to the recording as one file"
    )


class TokenCreate(Body):
    """What a token is to open: `playback_id` with scope play, `object_id` with download, `stream_id` with publish."""

    scope: Literal["play", "download", "publish"]
    playback_id: str = _optional(max_length=64)
    object_id: str = _optional(max_length=64)
    stream_id: str = _optional(max_length=64)
    ttl_s: int = Field(default=21_600, ge=1, le=MAX_TTL_S, description="Seconds that it lives")
    ip: IPv4Address | IPv6Address = _optional(description="The only address that may use it")


class Token(BaseModel):
    """A delivery token. `urls` is there with the scopes play and download."""

    token: str
    jti: str
    expires_at: int
    urls: PlayUrls | DownloadUrls | None = None


class Jwk(BaseModel):
    """A public key (RFC 8037)."""

    kty: Literal["OKP"]
    crv: Literal["Ed25519"]
    use: Literal["sig"]
    alg: Literal["EdDSA"]
    kid: str
    x: str


class Jwks(BaseModel):
    """The public keys that tokens, or manifests, are signed with (RFC 7517)."""

    keys: list[Jwk]


class Health(BaseModel):
    """The server answers."""

    status: Literal["ok"]


class ProblemDocument(BaseModel):
    """An error (RFC 9457). `code` is stable; `detail` says what to do; `request_id` finds it in the logs."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
