"""Names of things: a prefix that says what it is, then letters and digits that say nothing.

The alphabet (RFC 4648 base32, in lower case) survives URLs, file systems that fold case, a telephone, and a double
click selects all of it. Randomness is an argument, as everywhere: `os.urandom` in the server.
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

RANDOM_BYTES: Final = 20
"""160 bits: no two ids ever meet, no secret is ever guessed, and 32 characters hold it with no padding."""

DEFAULT_TENANT: Final = "tn_default"
"""The tenant that every database has. A fixed name, so that nodes starting at once agree on it."""


def new_id(prefix: str, random: Callable[[int], bytes]) -> str:
    """Make an id such as `st_5x…`; `prefix` ends in an underscore. Secrets (`sk_`, `hw_`) are made the same way."""
    if not prefix.endswith("_"):
        raise ValueError(f"The prefix {prefix!r} of an id must end in an underscore.")
    return prefix + base64.b32encode(random(RANDOM_BYTES)).decode().lower()


def derived_id(prefix: str, name: str) -> str:
    """Make the id that always belongs to what has the random id `name`; whoever knows it cannot tell `name` from it.

    So what is made twice, by two nodes or after a crash, is one and the same.
    """
    digest = hashlib.sha256(f"{prefix}{name}".encode()).digest()
    return prefix + base64.b32encode(digest[:RANDOM_BYTES]).decode().lower()


def secret_hash(secret: str) -> str:
    """SHA-256 in hex: what the catalog keeps of a secret.

    A plain hash is enough, and can be indexed: these secrets are random, so there is no dictionary to try.
    """
    return hashlib.sha256(secret.encode()).hexdigest()
