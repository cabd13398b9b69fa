from __future__ import annotations

from ipaddress import ip_network

import pytest

from origin.web.peer import client_address

TRUSTED = (ip_network("10.0.0.0/8"), ip_network("::1/128"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("192.0.2.1", None, "192.0.2.1"),
        ("192.0.2.1", "203.0.113.9", "192.0.2.1"),
        ("10.0.0.1", None, "10.0.0.1"),
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "1.1.1.1, 203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "203.0.113.9, 10.2.2.2", "203.0.113.9"),
        ("10.0.0.1", "10.3.3.3, 10.2.2.2", "10.3.3.3"),
        ("10.0.0.1", "203.0.113.9, nonsense, 10.2.2.2", "10.2.2.2"),
        ("::1", "::ffff:203.0.113.9", "203.0.113.9"),
        ("::ffff:192.0.2.1", None, "192.0.2.1"),
        ("::ffff:10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("", "203.0.113.9", None),
        (None, "203.0.113.9", None),
    ],
)
def test_the_nearest_untrusted_address_is_the_client(
    peer: str | None, forwarded: str | None, found: str | None
) -> None:
    headers = [] if forwarded is None else [(b"x-forwarded-for", forwarded.encode())]
    assert client_address(peer, headers, TRUSTED) == found


def test_lines_of_the_header_are_read_as_one() -> None:
    headers = [(b"x-forwarded-for", b"1.1.1.1"), (b"x-forwarded-for", b"203.0.113.9")]
    assert client_address("10.0.0.1", headers, TRUSTED) == "203.0.113.9"


def test_endless_chains_are_not_followed() -> None:
    headers = [(b"x-forwarded-for", b",".join([b"10.1.1.1"] * 100_000))]
    assert client_address("10.0.0.1", headers, TRUSTED) == "10.1.1.1"
