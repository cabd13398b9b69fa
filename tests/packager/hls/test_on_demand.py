from __future__ import annotations

import re

import m3u8

from packager.hls.on_demand import OnDemandPlaylist
from packager.recorded import Recorded
from tests.packager.feed import WALL


def row(msn: int, *, seconds: float = 2.0, init: str = "1-init-0.mp4", size: int = 9) -> Recorded:
    return Recorded(
        *("v0", msn, f"1-{msn}.m4s", init, seconds, WALL + 2 * msn, False, 180_000 * msn, 0, 0),
        *(size, "ab" * 32 if size else ""),
    )


def made(*rows: Recorded) -> OnDemandPlaylist:
    playlist = OnDemandPlaylist()
    for each in rows:
        playlist.add(each)
    return playlist


def test_each_segment_with_its_date_and_its_init_where_that_changes() -> None:
    assert made(row(7), row(8, init="1-init-1.mp4")).render(2, {8}) == (
        "#EXTM3U\n"
        "#EXT-X-VERSION:8\n"
        "#EXT-X-TARGETDURATION:2\n"
        "#EXT-X-MEDIA-SEQUENCE:7\n"
        "#EXT-X-PLAYLIST-TYPE:VOD\n"
        '#EXT-X-MAP:URI="1-init-0.mp4"\n'
        "#EXT-X-PROGRAM-DATE-TIME:2027-01-15T08:00:14.000Z\n"
        "#EXTINF:2.00000,\n"
        "1-7.m4s\n"
        "#EXT-X-DISCONTINUITY\n"
        '#EXT-X-MAP:URI="1-init-1.mp4"\n'
        "#EXT-X-PROGRAM-DATE-TIME:2027-01-15T08:00:16.000Z\n"
        "#EXTINF:2.00000,\n"
        "1-8.m4s\n"
        "#EXT-X-ENDLIST\n"
    )


def test_a_gap_lasts_and_names_nothing_that_was_ever_put() -> None:
    text = made(row(0), row(1, size=0), row(2)).render(2, ())
    assert re.findall(r"^[\w-]+\.m4s$", text, re.MULTILINE) == ["1-0.m4s", "0-1.m4s", "1-2.m4s"]
    assert [each.gap_tag is not None for each in m3u8.loads(text).segments] == [False, True, False]


def test_what_is_missing_before_between_and_behind_is_covered_by_gaps() -> None:
    short, whole = made(row(2), row(4)), made(*(row(msn, seconds=1.0 + msn / 10) for msn in range(7)))
    short.cover(0, 7, [whole])
    found = m3u8.loads(short.render(2, {0, 5}))
    assert (found.media_sequence, len(found.segments)) == (0, 7)
    assert [each.gap_tag is not None for each in found.segments] == [True, True, False, True, False, True, True]
    assert [each.duration for each in found.segments] == [1.0, 1.1, 2.0, 1.3, 2.0, 1.5, 1.6]
    assert [each.discontinuity for each in found.segments].index(True) == 5


def test_what_nobody_knows_of_is_left_out_and_breaks_the_timeline() -> None:
    playlist = made(row(0), row(5))
    playlist.cover(0, 6, [])
    found = m3u8.loads(playlist.render(2, ()))
    assert [each.uri for each in found.segments] == ["1-0.m4s", "1-5.m4s"]
    assert [each.discontinuity for each in found.segments] == [False, True]
