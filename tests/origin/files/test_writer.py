from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from origin.catalog import uploads
from origin.catalog.ids import DEFAULT_TENANT
from origin.catalog.uploads import State, Upload
from origin.errors import Problem
from origin.files.receiver import Pace
from origin.files.writer import Writer, fail
from tests.origin.files.yard import LeftError, source_of, yard

if TYPE_CHECKING:
    from pathlib import Path

    from tests.origin.files.yard import Yard


async def writer_on(here: Yard, upload: Upload) -> Writer:
    fence = await here.catalog.write(lambda conn: uploads.seize(conn, upload.id, upload.durable_offset, here.now[0]))
    handle = here.scratch.open(upload.id, upload.durable_offset)
    assert fence
    taken = replace(upload, fence=fence)
    return Writer(here.catalog, taken, handle, here.workers, pace=Pace(), clock=lambda: here.now[0], expiry_s=60.0)


async def row(here: Yard, upload: Upload) -> Upload:
    found = await here.catalog.read(lambda conn: uploads.get(conn, DEFAULT_TENANT, upload.id))
    assert found
    return found


async def test_the_last_byte_seals_and_others_pause(tmp_path: Path) -> None:
    async with yard(tmp_path) as here:
        upload = await here.begin(4)
        writer = await writer_on(here, upload)
        with pytest.raises(LeftError):
            await writer.run(source_of([b"ab", LeftError()]))
        found = await row(here, upload)
        assert (found.state, found.durable_offset, found.expires_at) == (State.PAUSED, 2, here.now[0] + 60)
        await (await writer_on(here, found)).run(source_of([b"cd"]))
        found = await row(here, upload)
        assert (found.state, found.durable_offset) == (State.SEALING, 4)


async def test_a_writer_whose_fence_is_old_says_nothing(tmp_path: Path) -> None:
    async with yard(tmp_path) as here:
        upload = await here.begin(4)
        old, new = await writer_on(here, upload), await writer_on(here, upload)
        with pytest.raises(Problem) as caught:
            await old.run(source_of([b"abcd"]))
        assert caught.value.code == "upload_superseded"
        assert (await row(here, upload)).durable_offset == 0
        await new.run(source_of([]))
        assert (await row(here, upload)).state == State.PAUSED


async def test_a_disk_that_fails_ends_the_upload(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with yard(tmp_path) as here:
        upload = await here.begin(4)
        writer = await writer_on(here, upload)

        def refuse(_: int) -> None:
            raise OSError(5, "Input/output error")

        with monkeypatch.context() as patch:
            patch.setattr(os, "fdatasync", refuse)
            with pytest.raises(Problem) as caught:
                await writer.run(source_of([b"ab"]))
        assert caught.value.code == "upload_gone"
        found = await row(here, upload)
        assert (found.state, found.durable_offset) == (State.FAILED, 0)
        assert "Input/output error" in str(found.error)


async def test_what_has_ended_does_not_fail_again(tmp_path: Path) -> None:
    async with yard(tmp_path) as here:
        upload = await here.begin(4)
        await here.uploads.cancel(DEFAULT_TENANT, upload.id)
        assert (await fail(here.catalog, upload.id, "too late", 1.0)).code == "upload_gone"
        assert (await row(here, upload)).state == State.CANCELLED
