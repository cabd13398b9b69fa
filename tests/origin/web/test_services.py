from __future__ import annotations

import pytest

from origin.config import Address, Settings
from origin.web.services import Links


@pytest.mark.parametrize(
    ("public", "rtmp", "expected"),
    [
        (None, "127.0.0.1", "rtmp://127.0.0.1:1936/live"),
        ("https://media.example.org:8443/x", "0.0.0.0", "rtmp://media.example.org:1936/live"),  # noqa: S104 - compared
        ("https://[2001:db8::1]", "::", "rtmp://[2001:db8::1]:1936/live"),
        (None, "::1", "rtmp://[::1]:1936/live"),
        (None, "0.0.0.0", "rtmp://127.0.0.1:1936/live"),  # noqa: S104 - compared
    ],
)
def test_publishers_are_sent_where_the_listener_can_be_reached(public: str | None, rtmp: str, expected: str) -> None:
    settings, http = Settings(public_url=public), Address("127.0.0.1", 8088)
    links = Links.of(settings, http, Address(rtmp, 1936), Address(rtmp, 1937))
    assert links.rtmp == expected
    assert links.rtmps == expected.replace("rtmp:", "rtmps:").replace("1936", "1937")
    assert Links.of(settings, http, Address(rtmp, 1936)).rtmps is None
    assert links.base == (public or "http://127.0.0.1:8088")
    assert links.secure == links.base.startswith("https")
    assert links.hls("t", "pb_x") == f"{links.base}/play/t/pb_x/index.m3u8"
    assert links.dash("t", "pb_x") == f"{links.base}/play/t/pb_x/manifest.mpd"
