"""What an object is served with where its store serves it by itself, as its key tells."""

from __future__ import annotations

from typing import Final

FOR_EVER: Final = "public, max-age=31536000, immutable"
"""No key but a manifest's ever has two contents."""
ASK_AGAIN: Final = "no-cache"
_MANIFESTS: Final = {
    "m3u8": "application/vnd.apple.mpegurl",
    "mpd": "application/dash+xml",
    "json": "application/json",
    "jws": "application/jose",
}
_MEDIA: Final = ("m4s", "mp4")


def content_type(key: str) -> str:
    """The media type of `tn_a/bc_b/v0/1-7.m4s`; a rendition whose name begins with `a` is sound alone."""
    folder, _, file = key.rpartition("/")
    ending = file.rpartition(".")[2].lower()
    if ending in _MEDIA:
        return "audio/mp4" if _is_sound(folder.rpartition("/")[2]) else "video/mp4"
    return "image/jpeg" if ending == "jpg" else _MANIFESTS.get(ending, "application/octet-stream")


def cache_control(key: str) -> str:
    """How long the object may be kept by whoever fetched it."""
    return ASK_AGAIN if key.rpartition(".")[2].lower() in _MANIFESTS else FOR_EVER


def _is_sound(rendition: str) -> bool:
    return rendition.startswith("a") and rendition[1:].isdecimal()
