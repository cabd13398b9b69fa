"""Tags, and two request headers that decide what form an answer has (RFC 9110): If-None-Match and Accept-Encoding."""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import Final

# RFC 9110, 8.8.3: etagc is any visible character but the quotation mark, a comma among them.
_TAG: Final = re.compile(rb'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')
# RFC 9110, 12.4.2 and 12.5.3: a coding, and a weight between 0 and 1 with at most three digits.
_CODING: Final = re.compile(
    rb"[ \t]*([!#-'*+.^_`|~0-9a-z-]+)[ \t]*(?:;[ \t]*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)[ \t]*)?"
)
TAG_BYTES: Final = 12
"""Of a hash: no two texts of one address will ever share it."""


def weak_etag(text: bytes) -> bytes:
    """A tag made of the text, for all its content codings, so that every node says the same of the same text.

    Some 10 us for 5 KB: to be made where the text is, not at each request.
    """
    return b'W/"%s"' % blake2b(text, digest_size=TAG_BYTES).hexdigest().encode()


def none_matches(field: bytes, etag: bytes) -> bool:
    """Whether If-None-Match names what is there, so that the answer is 304 (RFC 9110, 13.1.2).

    The comparison is the weak one: `W/"a"` and `"a"` are the same. `*` is whatever is there.
    """
    return field.strip() == b"*" or etag.removeprefix(b"W/") in _TAG.findall(field)


def accepts_gzip(field: bytes) -> bool:
    """Whether Accept-Encoding wants gzip no less than the plain form (RFC 9110, 12.5.3).

    `field` may be several lines joined with commas. What is no coding with a weight is ignored.
    A client that refuses both gets the plain form: an answer is worth more to it than a 406.
    """
    found = map(_CODING.fullmatch, field.lower().split(b","))
    weights = {match[1]: float(match[2] or 1) for match in found if match}
    others = weights.get(b"*", 0.0)
    gzip = weights.get(b"gzip", weights.get(b"x-gzip", others))  # x-gzip is the same (8.4.1.3)
    return gzip > 0 and gzip >= weights.get(b"identity", others)
