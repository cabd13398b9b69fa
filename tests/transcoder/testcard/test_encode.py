from __future__ import annotations

from typing import Any

import av

from tests.support.picture import clock_of
from transcoder.testcard.card import Card
from transcoder.testcard.encode import AUDIO_CODEC, AUDIO_FRAME, VIDEO_CODEC, set_up_audio, set_up_video
from transcoder.testcard.sound import Sound

NOW = 1_795_219_200_000
RATE = 30


def encoder() -> av.VideoCodecContext:
    context = av.VideoCodecContext.create(VIDEO_CODEC, "w")
    set_up_video(context, 640, 360, RATE)
    return context


def packets(context: av.VideoCodecContext, count: int) -> list[av.Packet[Any]]:
    card = Card(640, 360)
    made: list[av.Packet[Any]] = []
    for number in range(count):
        frame = card.picture(NOW + number * 1000 // RATE)
        frame.pts = number
        coded = context.encode(frame)
        assert len(coded) == 1, "the encoder holds a picture back"
        made += coded
    return made


def test_key_frames_come_each_second() -> None:
    keys = [number for number, packet in enumerate(packets(encoder(), 2 * RATE + 1)) if packet.is_keyframe]
    assert keys == [0, RATE, 2 * RATE]


def test_the_time_survives_the_encoder() -> None:
    decoder = av.VideoCodecContext.create("h264", "r")
    shown = [frame for packet in packets(encoder(), RATE) for frame in decoder.decode(packet)] + decoder.decode(None)
    assert len(shown) == RATE
    for number, frame in enumerate(shown):
        assert clock_of(frame) == NOW + number * 1000 // RATE


def test_sound_is_encoded_a_frame_at_a_time() -> None:
    context = av.AudioCodecContext.create(AUDIO_CODEC, "w")
    set_up_audio(context, 48_000)
    sound = Sound()
    made = []
    for number in range(10):
        frame = sound.samples(number * AUDIO_FRAME, AUDIO_FRAME)
        frame.pts = number * AUDIO_FRAME
        made += context.encode(frame)
    assert len(made) >= 8
    assert context.frame_size == AUDIO_FRAME
