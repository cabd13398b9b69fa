"""Playlists against golden ones: `UPDATE_GOLDEN=1` writes them anew, for a person to read the difference."""

from __future__ import annotations

import os
from pathlib import Path

import m3u8
import pytest

from packager.hls.media_playlist import render
from packager.pipeline import LivePackager
from tests.packager import feed
from tests.packager.feed import AAC, SURROUND, VIDEO, WALL, mixed, pictures, sound

GOLDEN = Path(__file__).parents[2] / "golden"


def same_as_golden(name: str, text: str) -> None:
    path = GOLDEN / f"{name}.m3u8"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text)
    assert text == path.read_text()


def on_air(seconds: float, **changes: object) -> LivePackager:
    """Two runs of video and audio, the second of them still open."""
    packager = LivePackager(feed.settings(epoch=4, first_msn=100, first_discontinuity=2, **changes))
    for start, length in (0.0, 7.0), (7.0, seconds - 7):
        packager.start([VIDEO, AAC], WALL)
        samples = mixed((VIDEO, pictures(length, start=start)), (AAC, sound(length, start=start)))
        for sample in samples:
            packager.push(sample)
    return packager


@pytest.mark.parametrize("name", ["v0", "a0"])
def test_low_latency(name: str) -> None:
    packager = on_air(12.5)
    same_as_golden(f"low-latency-{name}", render(packager.windows[name], packager.windows, skip=False))


def test_delta_update() -> None:
    packager = on_air(26.9)
    same_as_golden("delta", render(packager.windows["v0"], packager.windows, skip=True))


def test_first_segment_after_the_window_slid_over_a_discontinuity() -> None:
    packager = on_air(21, dvr_window_s=8)
    text = render(packager.windows["v0"], packager.windows, skip=False)
    assert "#EXT-X-DISCONTINUITY-SEQUENCE:3\n" in text
    assert "#EXT-X-DISCONTINUITY\n" not in text
    assert text.count("#EXT-X-MAP") == 1


def test_a_run_that_has_only_begun_shows_its_map_and_discontinuity() -> None:
    packager = on_air(7.5)
    text = render(packager.windows["v0"], packager.windows, skip=False)
    head, tail = text.split("#EXT-X-DISCONTINUITY\n")
    assert head.endswith("4-103.m4s\n")
    assert tail.startswith(
        '#EXT-X-MAP:URI="4-init-1.mp4"\n#EXT-X-PROGRAM-DATE-TIME:2027-01-15T08:00:07.000Z\n#EXT-X-PART:'
    )


def test_standard() -> None:
    packager = on_air(21.5, low_latency=False, segment_min_s=4.0)
    assert packager.windows["v0"].open_parts, "nobody is told of what is kept for a successor"
    same_as_golden("standard", render(packager.windows["v0"], packager.windows, skip=False))


def test_ended() -> None:
    packager = on_air(12.5)
    packager.close()
    same_as_golden("ended", render(packager.windows["v0"], packager.windows, skip=False))


def test_gaps() -> None:
    packager = LivePackager(feed.settings())
    packager.start([VIDEO, SURROUND], WALL)
    for sample in pictures(9):
        packager.push(sample)
    same_as_golden("gaps", render(packager.windows["a0"], packager.windows, skip=False))


def parts(text: str) -> list[tuple[str, str | None]]:
    """Each part that a playlist lists, and its GAP, as the m3u8 package reads them."""
    return [(part.uri, part.gap) for segment in m3u8.loads(text).segments for part in segment.parts]


def test_a_lost_segment_keeps_its_parts_as_gaps_in_their_places() -> None:
    """RFC 8216bis, 6.2.2: EXT-X-PART tags MUST be removed in their order; 4.4.4.9: GAP=YES is REQUIRED for these."""
    packager = on_air(12.5)
    window = packager.windows["v0"]
    before = parts(render(window, packager.windows, skip=False))
    lost = window.segments[-2]
    packager.mark_lost(f"v0/{lost.file}")
    text = render(window, packager.windows, skip=False)
    after = parts(text)
    assert [uri for uri, _ in after] == [uri for uri, _ in before]
    assert {gap for _, gap in before} == {None}
    assert [uri for uri, gap in after if gap == "YES"] == [part.file for part in lost.parts]
    assert after[0][1] is after[-1][1] is None
    (segment,) = [segment for segment in m3u8.loads(text).segments if segment.gap_tag]
    assert segment.uri == lost.file
    same_as_golden("lost", text)


def test_the_parts_of_a_lost_segment_go_when_the_others_go() -> None:
    packager = on_air(12.5)
    window = packager.windows["v0"]
    lost = window.segments[-1]
    packager.mark_lost(f"v0/{lost.file}")
    listed: list[bool] = []
    for sample in mixed((VIDEO, pictures(10, start=12.5)), (AAC, sound(10, start=12.5))):
        packager.push(sample)
        files = [uri for uri, _ in parts(render(window, packager.windows, skip=False))]
        listed.append(lost.parts[-1].file in files)
        if lost.parts[0].file in files:  # in their order, and never some without those behind them
            assert [file for file in files if file in {part.file for part in lost.parts}] == [
                part.file for part in lost.parts
            ]
    assert (listed[0], listed[-1]) == (True, False)
    assert listed == sorted(listed, reverse=True)
