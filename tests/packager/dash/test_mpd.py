"""Manifests against golden ones: `UPDATE_GOLDEN=1` writes them anew, for a person to read the difference."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from media.track import Codec, Track
from packager.pipeline import LivePackager
from tests.packager import feed
from tests.packager.dash_viewer import NS, parse
from tests.packager.feed import AAC, OPUS, VIDEO, WALL, mixed, pictures, sound

GOLDEN = Path(__file__).parents[2] / "golden"


def same_as_golden(name: str, text: str) -> None:
    path = GOLDEN / f"{name}.mpd"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text)
    assert text == path.read_text()


def on_air(seconds: float, *, low_latency: bool = True, segment_min_s: float = 2.0) -> LivePackager:
    """Two runs of video and audio, the second a second and a half late and still open."""
    settings = feed.settings(epoch=4, first_msn=100, low_latency=low_latency, segment_min_s=segment_min_s)
    packager = LivePackager(settings)
    for start, length, late in (0.0, 9.0, 0.0), (9.0, seconds - 9, 1.5):
        packager.start([VIDEO, AAC], WALL + late)
        for sample in mixed((VIDEO, pictures(length, start=start)), (AAC, sound(length, start=start))):
            packager.push(sample)
    return packager


def test_low_latency() -> None:
    same_as_golden("low-latency", on_air(14.5).mpd())


def test_standard() -> None:
    same_as_golden("standard", on_air(21.5, low_latency=False, segment_min_s=4.0).mpd())


def test_ended() -> None:
    packager = on_air(14.5)
    packager.close()
    same_as_golden("ended", packager.mpd())
    same_as_golden("over", packager.mpd(over=True))


def test_nothing_is_said_before_there_is_anything() -> None:
    packager = LivePackager(feed.settings())
    assert parse(packager.mpd()).findall("mpd:Period", NS) == []
    packager.close()
    assert parse(packager.mpd()).findall("mpd:Period", NS) == []


def test_every_address_is_relative_and_has_no_query() -> None:
    text = on_air(14.5).mpd()
    assert "?" not in text.removeprefix('<?xml version="1.0" encoding="UTF-8"?>')
    assert "://" not in text
    assert '="/' not in text


def test_what_is_told_of_tracks() -> None:
    tracks = (
        Track(Codec.HEVC, 90_000, bytes.fromhex("01016000000090000000000099"), width=640, height=360),
        Track(Codec.OPUS, 48_000, OPUS.config, sample_rate=48_000, channels=6, language="deu"),
    )
    packager = LivePackager(feed.settings())
    packager.start(tracks, WALL)
    for sample in mixed((VIDEO, pictures(4.5, rate=24)), (OPUS, sound(4.5, track=OPUS, frame=960))):
        packager.push(sample)
    video, audio = parse(packager.mpd()).findall("mpd:Period/mpd:AdaptationSet", NS)
    picture, voice = video.find("mpd:Representation", NS), audio.find("mpd:Representation", NS)
    assert picture is not None
    assert voice is not None
    assert picture.attrib["frameRate"] == "24"
    assert picture.attrib["codecs"].startswith("hvc1.1.6.L153")
    assert (audio.attrib["lang"], voice.attrib["codecs"], voice.attrib["audioSamplingRate"]) == ("de", "Opus", "48000")
    layout = voice.find("mpd:AudioChannelConfiguration", NS)
    assert layout is not None
    assert layout.attrib["value"] == "6"


@pytest.mark.parametrize(("rate", "told"), [(30, "30"), (30_000 / 1001, "30000/1001"), (24_000 / 1001, "24000/1001")])
def test_frame_rates_are_fractions(rate: float, told: str) -> None:
    from packager.dash.mpd import _frame_rate  # noqa: PLC0415 - one helper, worth a look of its own

    assert _frame_rate(rate) == told
