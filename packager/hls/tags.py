"""One function for each tag that live playlists have (RFC 8216bis, section 4.4), without the line's end.

Names come from the packager itself, so that nothing needs to be escaped.
"""

from __future__ import annotations

from datetime import UTC, datetime
from math import ceil


def seconds(value: float) -> str:
    """A decimal-floating-point (4.2) with what five places hold: less than a tick of every clock in use."""
    return f"{value:.5f}"


def part_inf(target: float) -> str:
    """The longest part there will be (4.4.3.7)."""
    return f"#EXT-X-PART-INF:PART-TARGET={seconds(target)}"


def server_control(target_duration: int, part_target: float | None) -> str:
    """What players may ask for (4.4.3.8): deltas always, the blocking of reloads where there are parts.

    PART-HOLD-BACK is the least that the clause allows, three times PART-TARGET, CAN-SKIP-UNTIL likewise six times
    the target duration.
    """
    skip = f"CAN-SKIP-UNTIL={seconds(6 * target_duration)}"
    if part_target is None:
        return f"#EXT-X-SERVER-CONTROL:{skip}"
    hold_back = ceil(3 * part_target * 1e5 - 1e-3) / 1e5
    return f"#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK={seconds(hold_back)},{skip}"


def skip(segments: int) -> str:
    """How many of the oldest segments a delta update leaves out (4.4.5.2)."""
    return f"#EXT-X-SKIP:SKIPPED-SEGMENTS={segments}"


def media_map(uri: str) -> str:
    """The init segment of what follows (4.4.4.5)."""
    return f'#EXT-X-MAP:URI="{uri}"'


def program_date_time(at: float) -> str:
    """The date (unix seconds) of the first sample of the next segment (4.4.4.6), to the millisecond."""
    text = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
    return f"#EXT-X-PROGRAM-DATE-TIME:{text.removesuffix('+00:00')}Z"


def part(uri: str, duration: float, *, independent: bool, gap: bool = False) -> str:
    """A part of the segment that follows, or of the one still open (4.4.4.9); `gap` says that it cannot be had."""
    flags = (",INDEPENDENT=YES" if independent else "") + (",GAP=YES" if gap else "")
    return f'#EXT-X-PART:DURATION={seconds(duration)},URI="{uri}"{flags}'


def inf(duration: float) -> str:
    """The duration of the next segment (4.4.4.1)."""
    return f"#EXTINF:{seconds(duration)},"


def preload_hint(uri: str) -> str:
    """The part that will come next (4.4.5.3)."""
    return f'#EXT-X-PRELOAD-HINT:TYPE=PART,URI="{uri}"'


def rendition_report(uri: str, msn: int, part: int | None) -> str:
    """Where another rendition has got to (4.4.5.4)."""
    last_part = "" if part is None else f",LAST-PART={part}"
    return f'#EXT-X-RENDITION-REPORT:URI="{uri}",LAST-MSN={msn}{last_part}'
