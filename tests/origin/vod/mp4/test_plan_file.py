from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from origin.vod.mp4 import plan_file
from origin.vod.mp4.plan_file import PlanFile, PlanFileError
from packager.mp4.layout import Extents
from tests.origin.vod.mp4.shelf import film
from tests.packager.mp4.recording import Recording, cut, record
from tests.packager.mp4.test_peers import run
from tests.support import clips

if TYPE_CHECKING:
    from pathlib import Path

FILM = film()


def kept(recording: Recording, folder: Path) -> PlanFile:
    plan_file.write(recording.plan(), folder / "as_a.plan")
    return PlanFile(folder / "as_a.plan")


def bytes_of(plan: PlanFile, recording: Recording, start: int, end: int) -> bytes:
    found = plan.header(min(start, plan.header_size), min(end, plan.header_size))
    for name, offset, length, data in plan.stretches(max(start, plan.header_size), end, 1 << 20):
        found += data if name is None else recording.objects[name][offset : offset + length]
    return found


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.data())
def test_any_range_of_the_file_is_found(tmp_path: Path, data: st.DataObject) -> None:
    plan, made = kept(FILM, tmp_path), FILM.plan()
    start = data.draw(st.integers(0, plan.size))
    end = data.draw(st.integers(start, plan.size))
    assert bytes_of(plan, FILM, start, end) == cut(made, FILM.objects, start, end)


def test_what_a_plan_says_is_kept(tmp_path: Path) -> None:
    plan, made = kept(FILM, tmp_path), FILM.plan()
    assert (plan.tag, plan.size, plan.header_size) == (made.tag, made.size, made.header_size)
    assert [path.name for path in tmp_path.iterdir()] == ["as_a.plan"]


def test_literals_come_out_of_the_plan(tmp_path: Path) -> None:
    changed = record(run(clips.video(seconds=2)), run(clips.video(seconds=2, size=(426, 240)), start=2))
    plan, made = kept(changed, tmp_path), changed.plan()
    assert bytes_of(plan, changed, 0, plan.size) == cut(made, changed.objects, 0, made.size)
    assert None in [each.name for each in plan.stretches(plan.header_size, plan.size, 999)]


def test_stretches_are_limited(tmp_path: Path) -> None:
    plan = kept(FILM, tmp_path)
    assert len(plan.stretches(plan.header_size, plan.size, 3)) == 3


@pytest.mark.parametrize("size", [0, 10, 103, 104, 900, -1])
def test_a_file_that_is_not_whole_is_refused(tmp_path: Path, size: int) -> None:
    kept(FILM, tmp_path)
    path = tmp_path / "as_a.plan"
    whole = path.read_bytes()
    path.write_bytes(whole[:size])
    with pytest.raises(PlanFileError):
        PlanFile(path)
    path.write_bytes(b"x" + whole[1:])
    with pytest.raises(PlanFileError):
        PlanFile(path)


def test_a_plan_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    broken = replace(FILM.plan(), extents=Extents([], [], [], []))
    with pytest.raises(TypeError):
        plan_file.write(broken, tmp_path / "as_a.plan")
    assert list(tmp_path.iterdir()) == []
