from __future__ import annotations

import av
import pytest

from transcoder.sound.shape import RATES, Shape, shape_of


@pytest.mark.parametrize(
    ("rate", "layout", "made"),
    [
        (44_100, "mono", Shape(44_100, "mono", 1, 96_000)),
        (48_000, "stereo", Shape(48_000, "stereo", 2, 160_000)),
        (50_000, "stereo", Shape(48_000, "stereo", 2, 160_000)),
        (192_000, "5.1(side)", Shape(48_000, "5.1", 6, 384_000)),
        (48_000, "7.1", Shape(48_000, "5.1", 6, 384_000)),
        (48_000, "quad", Shape(48_000, "stereo", 2, 160_000)),
        (48_000, "2.1", Shape(48_000, "stereo", 2, 160_000)),
        (8_000, "3.0", Shape(8_000, "3.0", 3, 192_000)),
    ],
)
def test_the_source_is_kept_where_players_know_it(rate: int, layout: str, made: Shape) -> None:
    assert shape_of(rate, layout, av.AudioLayout(layout).nb_channels) == made


def test_one_strange_channel_is_mono() -> None:
    assert shape_of(48_000, "1 channels (LFE)", 1).layout == "mono"


@pytest.mark.parametrize("rate", sorted(RATES))
@pytest.mark.parametrize("layout", ["mono", "stereo", "3.0", "4.0", "5.0", "5.1"])
def test_the_encoder_takes_every_shape(rate: int, layout: str) -> None:
    shape = shape_of(rate, layout, av.AudioLayout(layout).nb_channels)
    encoder = av.AudioCodecContext.create("aac", "w")
    encoder.sample_rate, encoder.layout, encoder.format = shape.rate, shape.layout, "fltp"
    encoder.bit_rate = shape.bit_rate
    encoder.open()
    assert encoder.layout.nb_channels == shape.channels
