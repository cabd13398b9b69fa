from __future__ import annotations

import pytest

from origin.stores.headers import cache_control, content_type

FOR_EVER = "public, max-age=31536000, immutable"


@pytest.mark.parametrize(
    ("key", "kind", "kept"),
    [
        ("tn_a/bc_b/v0/1-7.m4s", "video/mp4", FOR_EVER),
        ("tn_a/bc_b/a0/1-7.m4s", "audio/mp4", FOR_EVER),
        ("tn_a/bc_b/a12/1-init-1.mp4", "audio/mp4", FOR_EVER),
        ("tn_a/bc_b/v0/1-init-1.mp4", "video/mp4", FOR_EVER),
        ("tn_a/as_b/movie.MP4", "video/mp4", FOR_EVER),
        ("a/file.mp4", "video/mp4", FOR_EVER),
        ("tn_a/bc_b/v0/index.m3u8", "application/vnd.apple.mpegurl", "no-cache"),
        ("tn_a/bc_b/manifest.mpd", "application/dash+xml", "no-cache"),
        ("tn_a/bc_b/package.json", "application/json", "no-cache"),
        ("tn_a/bc_b/index.m3u8.jws", "application/jose", "no-cache"),
        ("tn_a/ob_b/ve_c", "application/octet-stream", FOR_EVER),
        ("mp4", "video/mp4", FOR_EVER),
    ],
)
def test_a_key_tells_the_type_and_how_long_it_may_be_kept(key: str, kind: str, kept: str) -> None:
    assert (content_type(key), cache_control(key)) == (kind, kept)
