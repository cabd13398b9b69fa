from __future__ import annotations

import os
import sys
from contextlib import aclosing
from typing import TYPE_CHECKING

import pytest

from origin.vod.packaging import child
from origin.vod.packaging.child import started
from origin.vod.performers import BrokenOffError, RefusedError
from origin.vod.program.tales import Progress
from tests.support.logs import logging_as_it_was

if TYPE_CHECKING:
    from pathlib import Path

    from origin.vod.program.tales import Tale


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "film"
    file.write_bytes(b"what a stranger has sent")
    return file


async def tales_of(script: str, file: Path) -> list[Tale]:
    with file.open("rb") as opened:
        async with (
            started((sys.executable, "-c", script), opened.fileno(), file.parent, 3, 4.0) as program,
            aclosing(program.tales()) as tales,
        ):
            return [told async for told in tales]


async def test_it_gets_the_file_and_its_orders_and_nothing_of_ours(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADWATER_SECRET", "ours")
    script = f"""
import os, sys
given = dict(zip(sys.argv[1::2], sys.argv[2::2]))
assert os.read(int(given["--in-fd"]), 99) == b"what a stranger has sent"
assert (given["--out"], given["--epoch"], given["--segment"]) == ({str(file.parent)!r}, "3", "4.0")
assert "HEADWATER_SECRET" not in os.environ
assert sys.stdin.read() == ""
print('{{"progress": 0.5}}')
print('{{"done": {{}}}}')
"""
    assert await tales_of(script, file) == [Progress(0.5)]


async def test_what_is_on_the_air_goes_first(file: Path) -> None:
    script = """
import os, time
while os.nice(0) < 10:
    time.sleep(0.01)
print('{"done": {}}')
"""
    assert await tales_of(script, file) == []


async def test_its_sentence_is_the_reason(file: Path) -> None:
    with pytest.raises(RefusedError, match="It is no film"):
        await tales_of("""print('{"error": "It is no film."}')""", file)


async def test_one_that_does_not_end_is_ended(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "END_S", 0.2)
    with pytest.raises(BrokenOffError, match="does not end"):
        await tales_of("""import time; print('{"done": {}}', flush=True); time.sleep(999)""", file)


async def test_one_that_is_left_is_killed(file: Path) -> None:
    script = """import os, time; print('{"error": "%d"}' % os.getpid(), flush=True); time.sleep(999)"""
    with pytest.raises(RefusedError) as said:
        await tales_of(script, file)
    with pytest.raises(ProcessLookupError):
        os.kill(int(str(said.value)), 0)


async def test_its_last_words_are_for_our_log_alone(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with logging_as_it_was(), pytest.raises(BrokenOffError) as said:
        await tales_of("import sys; sys.stderr.write('x' * 99_999); raise ValueError('in the log')", file)
    assert "in the log" not in str(said.value)
    logged = capsys.readouterr().out
    assert "in the log" in logged
    assert len(logged) < 9_000
