"""A manifest and its signature, as files of a package."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from packager import signing
from packager.inventory import Stored

if TYPE_CHECKING:
    from packager.signing import Place, SigningKey


def sealed(payload: bytes, place: Place, signer: SigningKey) -> tuple[bytes, list[Stored]]:
    """The signature of a file, and what is to be known of the two."""
    signature = signing.sign(payload, place, signer)
    both = (place.name, payload), (place.name + signing.SUFFIX, signature)
    return signature, [Stored(name, len(body), hashlib.sha256(body).hexdigest()) for name, body in both]
