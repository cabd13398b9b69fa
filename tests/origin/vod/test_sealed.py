from __future__ import annotations

import hashlib

from origin.vod.sealed import sealed
from packager import signing
from packager.inventory import Stored
from packager.signing import Place
from tests.support.keys import KEYS, SIGNER


def test_a_manifest_and_its_signature_are_told_of() -> None:
    place = Place("as_a", "v0/index.m3u8")
    signature, both = sealed(b"#EXTM3U\n", place, SIGNER)
    signing.verify(b"#EXTM3U\n", signature, place, KEYS)
    assert both == [
        Stored("v0/index.m3u8", 8, hashlib.sha256(b"#EXTM3U\n").hexdigest()),
        Stored("v0/index.m3u8.jws", len(signature), hashlib.sha256(signature).hexdigest()),
    ]
