from __future__ import annotations

import io
import sys
import threading
from typing import TYPE_CHECKING

import av
import pytest

from origin.demo.filming import main, make
from origin.demo.publisher import FRAME_RATE, Show
from tests.support.picture import clock_of
from transcoder.testcard import Card
from transcoder.testcard.sound import Sound

if TYPE_CHECKING:
    from pathlib import Path

NOW = 1_795_219_200
SHOW = Show(Card(640, 360), Sound())


def test_a_film_is_the_card_and_its_tone_with_the_index_in_front(tmp_path: Path) -> None:
    assert make(tmp_path / "film.mp4", SHOW, NOW, threading.Event(), seconds=2)
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]
    content = (tmp_path / "film.mp4").read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")
    with av.open(io.BytesIO(content), "r") as container:
        assert [stream.codec_context.name for stream in container.streams] == ["h264", "aac"]
        lengths = [float((stream.duration or 0) * (stream.time_base or 0)) for stream in container.streams]
        shown = [(float(frame.time or 0), clock_of(frame) / 1000) for frame in container.decode(video=0)]
    assert lengths == pytest.approx([2, 2], abs=0.05)
    assert len(shown) == 2 * FRAME_RATE
    assert all(clock == pytest.approx(NOW + media, abs=0.002) for media, clock in shown)


def test_one_that_is_stopped_leaves_nothing(tmp_path: Path) -> None:
    stop = threading.Event()
    stop.set()
    assert not make(tmp_path / "film.mp4", SHOW, NOW, stop)
    assert list(tmp_path.iterdir()) == []


def test_one_that_cannot_be_written_is_told_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{tmp_path}/missing/film.mp4\n"))
    monkeypatch.setattr("signal.signal", lambda *_: None)  # the test's own Ctrl-C stays
    assert main() == 1
    assert "cannot be written" in capsys.readouterr().err
