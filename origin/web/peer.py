"""Who is asking: the client's network address, seen through the proxies that the operator trusts."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Network = IPv4Network | IPv6Network

REMEMBERED: Final = 4096
"""Addresses read before, some 400 bytes each: a player comes several times a second."""
MAX_HOPS: Final = 16
"""Proxies in a row that are looked through; real chains have two or three."""


def client_address(peer: str | None, headers: Iterable[tuple[bytes, bytes]], trusted: Sequence[Network]) -> str | None:
    """The nearest address that is no trusted proxy, normalised; None if it cannot be known.

    `peer` is the address that the connection comes from. `X-Forwarded-For` is read from its end, as each proxy appends
    the address that it saw; what stands before the first untrusted one may be invented.
    """
    nearest = _parse(peer or "")
    if nearest is None or not _within(nearest, trusted):
        return str(nearest) if nearest else None
    said = b",".join(value for name, value in headers if name == b"x-forwarded-for").decode("latin-1")
    for text in reversed(said.split(",")[-MAX_HOPS:]):
        address = _parse(text.strip())
        if address is None:
            break
        nearest = address
        if not _within(address, trusted):
            break
    return str(nearest)


@lru_cache(REMEMBERED)
def _parse(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _within(address: IPv4Address | IPv6Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)
