"""A worker as a process, with the limits that it gives itself."""

from __future__ import annotations

import subprocess
import sys
import zlib

import pytest

from origin.live.slates import orders, worker
from origin.live.slates.orders import Encode, Normalise, RefusedError
from tests.support.pictures import JPEG, PNG, SIGNATURE, chunk, header, jpeg, png

LIMITED = "import resource, sys; from origin.live.slates import worker; worker.limit(); "


def told(order: Normalise | Encode) -> bytes:
    """What a worker process answers."""
    command = (sys.executable, "-m", "origin.live.slates.worker")
    done = subprocess.run(command, input=orders.write(order), capture_output=True, check=True)
    return done.stdout


def test_it_makes_pictures_ours_and_loops_of_them() -> None:
    ours = orders.read_picture(told(Normalise(PNG, png(320, 180))))
    loop = orders.read_loop(told(Encode(640, 360, 25, ours)))
    assert (loop.track.width, loop.track.height, loop.rate) == (640, 360, 25)
    assert orders.read_loop(told(Encode(640, 360, 25))).track.width == 640


def test_a_loop_of_2160_lines_is_within_its_limits() -> None:
    assert orders.read_loop(told(Encode(3840, 2160, 30, jpeg(1920, 1080)))).track.width == 3840


def test_forty_megapixels_are_within_its_limits() -> None:
    whole = zlib.compress((b"\0" + bytes(8_000 * 3)) * 5_000, 1)
    body = SIGNATURE + header(8_000, 5_000) + chunk(b"IDAT", whole) + chunk(b"IEND")
    assert orders.read_picture(told(Normalise(PNG, body)))


def test_a_picture_that_is_refused_is_an_answer() -> None:
    with pytest.raises(RefusedError, match="no JPEG"):
        orders.read_picture(told(Normalise(JPEG, png())))


def test_what_takes_too_much_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def greedy(*_: object) -> bytes:
        raise MemoryError("no more")

    monkeypatch.setattr("transcoder.slate.picture.checked", greedy)
    with pytest.raises(RefusedError, match="smaller"):
        orders.read_picture(worker.done(Normalise(PNG, png())))


@pytest.mark.parametrize(
    ("greed", "end"),
    [
        (f"bytearray({worker.MEMORY_BYTES})", "MemoryError"),
        ("__import__('tempfile').TemporaryFile(buffering=0).write(b'x')", "No usable temporary"),
        ("[open('/dev/null') for _ in range(1000)]", "OSError"),
        ("resource.setrlimit(resource.RLIMIT_AS, (-1, -1))", "Error"),
    ],
)
def test_it_cannot_take_more_than_it_needs(greed: str, end: str) -> None:
    done = subprocess.run((sys.executable, "-c", LIMITED + greed), capture_output=True, check=False)
    assert done.returncode
    assert end in done.stderr.decode() or done.returncode < 0


def test_it_cannot_compute_for_ever() -> None:
    greed = LIMITED.replace(
        "worker.limit()", "worker.CPU_S = 1; worker._LIMITS = ((resource.RLIMIT_CPU, 1),); worker.limit()"
    )
    done = subprocess.run((sys.executable, "-c", greed + "[0 for _ in iter(int, 1)]"), capture_output=True, check=False)
    assert done.returncode < 0
