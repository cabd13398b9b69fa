"""Blocking reload and delta updates: the three query names with a meaning (RFC 8216bis, 6.2.5)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from packager.hls.window import Window

_MSN: Final = b"_HLS_msn"
_PART: Final = b"_HLS_part"
_SKIP: Final = b"_HLS_skip"
_MAX_DIGITS: Final = 18
"""Sequence numbers are 64-bit (4.2)."""
_MAX_SEGMENTS_AHEAD: Final = 2
"""6.2.5.2: a request beyond the last segment plus two is answered with 400."""
_ADVANCE_PARTS_S: Final = 3.0
"""6.2.5.2: the Advance Part Limit is three seconds' worth of parts, and three of parts longer than a second."""


class ReloadError(ValueError):
    """The query cannot be answered now or ever; the sentence says why. The answer is 400."""


class Decision(Enum):
    """What to do with a request for a playlist."""

    READY = auto()
    WAIT = auto()


@dataclass(frozen=True, slots=True)
class ReloadQuery:
    """`_HLS_msn`, `_HLS_part` and `_HLS_skip`; None and False where absent."""

    msn: int | None = None
    part: int | None = None
    skip: bool = False


def parse_query(query: bytes) -> ReloadQuery:
    """Read a query string; names without a meaning here are ignored.

    A repeated one is refused: caches on the way take the first, others the last, and would keep one answer for another.
    """
    if not query:
        return _PLAIN
    pairs = [pair.partition(b"=")[::2] for pair in query.split(b"&")]
    values = dict(pairs)
    _check_once([name for name, _ in pairs])
    msn, part = _number(values, _MSN), _number(values, _PART)
    if part is not None and msn is None:
        raise ReloadError("_HLS_part needs _HLS_msn beside it")
    return ReloadQuery(msn, part, values.get(_SKIP) in (b"YES", b"v2"))


def decide(window: Window, query: ReloadQuery) -> Decision:
    """READY when the playlist holds what `query` asks for, WAIT until the window's next version if not.

    A window whose target duration is not fixed yet cannot be told, so everybody waits for it.
    Raises ReloadError for what lies further ahead than a request may ask.
    """
    if window.ended:
        return Decision.READY
    if query.msn is not None:
        _check_reach(window, query.msn, query.part)
    if window.target_duration is None:
        return Decision.WAIT
    return Decision.READY if query.msn is None or window.has(query.msn, query.part) else Decision.WAIT


def _check_reach(window: Window, msn: int, part: int | None) -> None:
    if msn > window.last_msn + _MAX_SEGMENTS_AHEAD:
        raise ReloadError(f"_HLS_msn={msn} is more than two segments ahead of {window.last_msn}")
    if part is not None and msn >= window.open_msn:
        limit = _ADVANCE_PARTS_S / min(window.part_target or 1.0, 1.0)
        if part > len(window.shown_parts) - 1 + limit:
            raise ReloadError(f"_HLS_part={part} is too far ahead of the last part")


def _check_once(names: list[bytes]) -> None:
    for name in (_MSN, _PART, _SKIP):
        if names.count(name) > 1:
            raise ReloadError(f"{name.decode()} may be given once")


def _number(values: dict[bytes, bytes], name: bytes) -> int | None:
    text = values.get(name)
    if text is None:
        return None
    if not text.isdigit() or len(text) > _MAX_DIGITS:
        raise ReloadError(f"{name.decode()} must be a whole number")
    return int(text)


_PLAIN: Final = ReloadQuery()
