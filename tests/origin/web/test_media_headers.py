from __future__ import annotations

from origin.web.media_headers import media_etag, media_headers


def test_media_is_kept_for_ever_under_its_name() -> None:
    assert media_etag("v0/1-7.m4s") == b'"v0-1-7.m4s"'
    told = dict(media_headers("v0/1-7.m4s"))
    assert told[b"content-type"] == b"video/mp4"
    assert b"immutable" in told[b"cache-control"]
    assert dict(media_headers("a0/1-7.m4s"))[b"content-type"] == b"audio/mp4"
