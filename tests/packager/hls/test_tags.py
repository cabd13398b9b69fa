"""The lines as the specification writes them (RFC 8216bis, 4.4)."""

from __future__ import annotations

import m3u8
import pytest

from packager.hls import tags


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (tags.part_inf(0.2), "#EXT-X-PART-INF:PART-TARGET=0.20000"),
        (tags.server_control(4, None), "#EXT-X-SERVER-CONTROL:CAN-SKIP-UNTIL=24.00000"),
        (tags.skip(12), "#EXT-X-SKIP:SKIPPED-SEGMENTS=12"),
        (tags.media_map("1-init-0.mp4"), '#EXT-X-MAP:URI="1-init-0.mp4"'),
        (tags.program_date_time(1_790_000_000.25), "#EXT-X-PROGRAM-DATE-TIME:2026-09-21T14:13:20.250Z"),
        (tags.part("1-7.0.m4s", 0.2, independent=True), '#EXT-X-PART:DURATION=0.20000,URI="1-7.0.m4s",INDEPENDENT=YES'),
        (tags.part("1-7.1.m4s", 0.2, independent=False), '#EXT-X-PART:DURATION=0.20000,URI="1-7.1.m4s"'),
        (
            tags.part("1-7.1.m4s", 0.2, independent=True, gap=True),
            '#EXT-X-PART:DURATION=0.20000,URI="1-7.1.m4s",INDEPENDENT=YES,GAP=YES',
        ),
        (tags.inf(2.002), "#EXTINF:2.00200,"),
        (tags.preload_hint("1-7.2.m4s"), '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="1-7.2.m4s"'),
        (
            tags.rendition_report("../a0/index.m3u8", 7, 1),
            '#EXT-X-RENDITION-REPORT:URI="../a0/index.m3u8",LAST-MSN=7,LAST-PART=1',
        ),
        (
            tags.rendition_report("../a0/index.m3u8", 7, None),
            '#EXT-X-RENDITION-REPORT:URI="../a0/index.m3u8",LAST-MSN=7',
        ),
    ],
)
def test_lines(line: str, text: str) -> None:
    assert line == text


@pytest.mark.parametrize("part_target", [0.2, 1 / 3, 6006 / 30_000, 0.25])
def test_the_hold_back_is_never_below_three_parts_as_written(part_target: float) -> None:
    text = "\n".join(["#EXTM3U", tags.part_inf(part_target), tags.server_control(2, part_target)])
    playlist = m3u8.loads(text)
    assert playlist.server_control.part_hold_back >= 3 * float(playlist.part_inf.part_target) - 1e-9
    assert playlist.server_control.can_skip_until >= 12
