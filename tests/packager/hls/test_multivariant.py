"""The multivariant playlist, read back by the package that wrote it, and against a golden one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import m3u8
import pytest

from media.codecs import MalformedConfig
from media.track import Codec, Track
from packager.hls.multivariant import Rendition, check, render
from tests.packager.feed import AAC, OPUS, VIDEO

GOLDEN = Path(__file__).parents[2] / "golden"
V0 = Rendition("v0", VIDEO, peak=5_900_000, average=5_000_100, frame_rate=30_000 / 1001)
A0 = Rendition("a0", AAC, peak=131_000, average=128_000)


def loaded(*rows: Rendition) -> Any:
    return m3u8.loads(render(rows))


def test_video_with_its_audio_group() -> None:
    assert render([V0, A0]) == (GOLDEN / "multivariant.m3u8").read_text()


def test_bandwidth_is_above_what_was_seen_of_both() -> None:
    (variant,) = loaded(V0, A0).playlists
    assert variant.stream_info.bandwidth >= 5_900_000 + 131_000
    assert variant.stream_info.average_bandwidth == 5_129_000


def test_audio_alone_is_a_variant_without_a_group() -> None:
    playlist = loaded(A0)
    assert [variant.uri for variant in playlist.playlists] == ["a0/index.m3u8"]
    assert playlist.media == []
    assert playlist.playlists[0].stream_info.resolution is None


def test_codecs_of_every_kind_are_named() -> None:
    (variant,) = loaded(V0, Rendition("a0", OPUS, 0, 0)).playlists
    assert variant.stream_info.codecs == "avc1.64001F,Opus"


def test_a_language_names_its_rendition() -> None:
    german = Track(Codec.AAC, 48_000, AAC.config, sample_rate=48_000, channels=1, language="deu")
    (medium,) = loaded(V0, Rendition("a0", german, 0, 0)).media
    assert (medium.language, medium.name, medium.channels) == ("de", "de", "1")


def test_a_configuration_that_cannot_be_named_is_refused() -> None:
    with pytest.raises(MalformedConfig):
        check([Track(Codec.H264, 90_000, b"\x01")])
    check([VIDEO, AAC])
