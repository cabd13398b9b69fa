from __future__ import annotations

import re

import m3u8

from packager.commands import Life, Put
from packager.hls import at_rest
from packager.pipeline import LivePackager
from tests.packager import feed
from tests.packager.feed import AAC, VIDEO, WALL, mixed, pictures, sound


class Broadcast:
    """Two runs of video and audio, and the names of all that a store was given."""

    def __init__(self, seconds: float, **changes: object) -> None:
        self.packager = LivePackager(feed.settings(epoch=4, first_msn=100, **changes))
        self.stored: list[str] = []
        for start, length in (0.0, 7.0), (7.0, seconds - 7):
            self._note(self.packager.start([VIDEO, AAC], WALL))
            samples = mixed((VIDEO, pictures(length, start=start)), (AAC, sound(length, start=start)))
            for sample in samples:
                self._note(self.packager.push(sample))

    def _note(self, commands: object) -> None:
        assert isinstance(commands, list)
        self.stored += [one.name for one in commands if isinstance(one, Put) and one.life is Life.STORED]

    def close(self) -> None:
        self._note(self.packager.close())

    def playlists(self) -> dict[str, bytes]:
        return at_rest.manifests(self.packager.windows, self.packager.multivariant(), self.stored)


def files(text: str) -> list[str]:
    return re.findall(r"^\w.*\.m4s$", text, re.MULTILINE)


def test_they_list_what_is_stored_and_nothing_live() -> None:
    broadcast = Broadcast(12.5)
    assert set(broadcast.playlists()) == {"index.m3u8", "v0/index.m3u8", "a0/index.m3u8"}
    text = broadcast.playlists()["v0/index.m3u8"].decode()
    assert [f"v0/{file}" for file in files(text)] == [n for n in broadcast.stored if re.match(r"v0/4-\d+\.m4s", n)]
    for live in ("PART", "HINT", "REPORT", "SERVER-CONTROL", "ENDLIST", "SKIP"):
        assert live not in text
    assert text.count("#EXT-X-MAP") == 2


def test_what_the_store_has_not_taken_yet_is_left_out_until_it_has() -> None:
    broadcast = Broadcast(12.5)
    whole = files(broadcast.playlists()["v0/index.m3u8"].decode())
    late = broadcast.stored.index(f"v0/{whole[-2]}")
    del broadcast.stored[late]
    assert files(broadcast.playlists()["v0/index.m3u8"].decode()) == whole[:-2]


def test_a_segment_whose_init_is_not_stored_is_left_out() -> None:
    broadcast = Broadcast(12.5)
    broadcast.stored.remove("v0/4-init-1.mp4")
    text = broadcast.playlists()["v0/index.m3u8"].decode()
    assert files(text)
    assert "DISCONTINUITY" not in text


def test_a_window_that_has_slid_begins_with_its_map() -> None:
    text = Broadcast(40, dvr_window_s=8).playlists()["v0/index.m3u8"].decode()
    assert "#EXT-X-DISCONTINUITY-SEQUENCE:1\n" in text
    assert text.count('#EXT-X-MAP:URI="4-init-1.mp4"') == 1
    assert text.index("#EXT-X-MAP") < text.index("#EXTINF")


def test_ended_ones_say_so_and_show_gaps() -> None:
    broadcast = Broadcast(12.5)
    broadcast.close()
    broadcast.packager.mark_lost("v0/4-101.m4s")
    broadcast.stored.remove("v0/4-101.m4s")
    text = broadcast.playlists()["v0/index.m3u8"].decode()
    assert text.endswith("#EXT-X-ENDLIST\n")
    assert "#EXT-X-GAP\n4-101.m4s\n" in text
    read = m3u8.loads(text)
    assert read.media_sequence == 100
    assert len(read.segments) == len(broadcast.packager.windows["v0"].segments)
    assert sum(segment.duration for segment in read.segments) > 12
