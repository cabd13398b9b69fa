from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

import pytest

from origin.catalog import objects, uploads
from origin.catalog.ids import DEFAULT_TENANT
from origin.catalog.uploads import State
from origin.errors import Problem
from origin.files import uploads as files_uploads
from origin.wire.tus import Creation
from tests.origin.files.yard import LeftError, source_of, yard

if TYPE_CHECKING:
    from pathlib import Path

    from tests.origin.files.yard import Yard


class Line:
    """A body that a test feeds, of a client that is there until the test says otherwise."""

    def __init__(self) -> None:
        self._chunks: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.asked = asyncio.Event()

    def feed(self, chunk: bytes | None) -> None:
        self._chunks.put_nowait(chunk)

    async def source(self) -> bytes | None:
        self.asked.set()
        return await self._chunks.get()


async def writing(yard: Yard, upload: uploads.Upload, offset: int = 0) -> tuple[Line, asyncio.Task[uploads.Upload]]:
    """A request that is under way."""
    line = Line()
    task = asyncio.create_task(yard.append(upload, offset, line.source))
    await line.asked.wait()
    return line, task


async def code_of(task: asyncio.Task[uploads.Upload]) -> str:
    with pytest.raises(Problem) as caught:
        await task
    return caught.value.code


async def test_who_asks_puts_out_who_writes_and_hears_of_all_that_came(tmp_path: Path) -> None:
    async with yard(tmp_path) as here:
        upload = await here.begin(10)
        line, task = await writing(here, upload)
        line.feed(b"012")
        while not line._chunks.empty():  # noqa: ASYNC110 - looks from outside
            await asyncio.sleep(0)
        found = await here.look(upload)
        assert (found.durable_offset, found.state) == (3, State.PAUSED)
        assert await code_of(task) == "upload_superseded"
        assert here.uploads._turns == {}


async def test_of_two_who_write_the_later_one_goes_on(tmp_path: Path) -> None:
    async with yard(tmp_path) as here:
        upload = await here.begin(10)
        line, first = await writing(here, upload)
        line.feed(b"012")
        offset = (await here.look(upload)).durable_offset
        assert await code_of(first) == "upload_superseded"
        _, second = await writing(here, upload, offset)
        last = await here.append(upload, offset, b"0123456789"[offset:])
        assert await code_of(second) == "upload_superseded"
        assert last.state == State.COMMITTED
        assert await here.store.get(objects.key_of(DEFAULT_TENANT, str(last.version_id))) == b"0123456789"


async def test_many_at_once_leave_one_file(tmp_path: Path) -> None:
    body = os.urandom(100_000)
    async with yard(tmp_path) as here:
        upload = await here.begin(len(body))

        async def client() -> None:
            while True:
                try:
                    found = await here.look(upload)
                    if found.state not in uploads.OPEN:
                        return
                    at = found.durable_offset
                    step = body[at : at + 5000]
                    await here.append(upload, at, source_of([step[:2500], step[2500:]]))
                except Problem as problem:
                    assert problem.code in {"upload_superseded", "offset_mismatch"}  # noqa: PT017 - a loop of tries

        await asyncio.gather(*[client() for _ in range(4)])
        await here.sealer.wait(upload.id, 20.0)
        found = await here.look(upload)
        assert found.state == State.COMMITTED
        assert await here.store.get(objects.key_of(DEFAULT_TENANT, str(found.version_id))) == body


async def test_who_takes_back_puts_out_who_writes(tmp_path: Path) -> None:
    async with yard(tmp_path) as here:
        upload = await here.begin(10)
        _, task = await writing(here, upload)
        await here.uploads.cancel(DEFAULT_TENANT, upload.id)
        assert await code_of(task) == "upload_superseded"
        assert here.scratch.left() == []


async def test_a_stop_brings_everything_to_safety_and_the_next_start_goes_on(tmp_path: Path) -> None:
    async with yard(tmp_path) as here:
        upload = await here.begin(10)
        line, task = await writing(here, upload)
        line.feed(b"01234")
        while not line._chunks.empty():  # noqa: ASYNC110 - looks from outside
            await asyncio.sleep(0)
        await here.uploads.close()
        assert await code_of(task) == "draining"
        with pytest.raises(Problem, match="stops"):
            await here.begin(10)
        with pytest.raises(Problem, match="stops"):
            await here.append(upload, 5, b"56789")
    async with yard(tmp_path) as here:
        found = await here.look(upload)
        assert found.durable_offset == 5
        assert (await here.append(upload, 5, b"56789")).state == State.COMMITTED


async def test_what_was_not_noted_is_cut_off(tmp_path: Path) -> None:
    async with yard(tmp_path) as here:
        upload = await here.begin(10)
        with pytest.raises(LeftError):
            await here.append(upload, 0, source_of([b"0123", LeftError()]))
        with here.scratch.path(upload.id).open("ab") as file:
            file.write(b"written, but the power went before the flush")
        await here.append(upload, 4, b"45")
        assert here.content(upload) == b"012345"


async def test_a_file_that_lost_bytes_is_the_end(tmp_path: Path) -> None:
    async with yard(tmp_path) as here:
        upload = await here.begin(10)
        await here.append(upload, 0, b"0123")
        os.truncate(here.scratch.path(upload.id), 2)
        with pytest.raises(Problem, match="bytes are missing"):
            await here.append(upload, 4, b"4")
        with pytest.raises(Problem, match="has failed") as caught:
            await here.look(upload)
        assert caught.value.status == 410


async def test_a_disk_that_does_not_keep_bytes_is_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with yard(tmp_path) as here:
        upload = await here.begin(10)
        await here.append(upload, 0, b"01")

        def fail(_: int) -> None:
            raise OSError(5, "Input/output error")

        with monkeypatch.context() as patch:
            patch.setattr(os, "fdatasync", fail)
            with pytest.raises(Problem, match="did not keep"):
                await here.append(upload, 2, b"23")
        with pytest.raises(Problem, match="Input/output error") as caught:
            await here.append(upload, 2, b"23")
        assert caught.value.code == "upload_gone"


async def test_there_must_be_room(tmp_path: Path) -> None:
    async with yard(tmp_path) as here:
        with pytest.raises(Problem) as caught:
            await here.begin(1 << 55)
        assert (caught.value.code, caught.value.status) == ("storage_full", 507)
        assert here.scratch.left() == []


async def test_one_tenant_may_not_have_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files_uploads, "MOST_UNFINISHED", 2)
    monkeypatch.setattr(files_uploads, "MOST_WRITERS", 1)
    async with yard(tmp_path) as here:
        first, second = await here.begin(10), await here.begin(10)
        with pytest.raises(Problem, match="unfinished") as caught:
            await here.begin(10)
        assert (caught.value.status, len(here.scratch.left())) == (429, 2)
        _, task = await writing(here, first)
        with pytest.raises(Problem) as caught:
            await here.append(second, 0, b"0")
        assert (caught.value.code, caught.value.headers) == ("too_many_waiting", (("Retry-After", "2"),))
        await here.look(first)
        assert await code_of(task) == "upload_superseded"
        assert (await here.append(second, 0, b"0")).durable_offset == 1


async def test_another_node_s_upload_is_not_begun_anew(tmp_path: Path) -> None:
    async with yard(tmp_path) as here:
        upload = await here.begin(10)
    (tmp_path / "uploads").rename(tmp_path / "elsewhere")
    async with yard(tmp_path) as here:
        with pytest.raises(Problem) as caught:
            await here.append(upload, 0, b"0")
        assert (caught.value.code, caught.value.status) == ("upload_elsewhere", 503)


async def test_the_same_request_again_is_the_same_upload(tmp_path: Path) -> None:
    async with yard(tmp_path) as here:
        asked = Creation(5, {"filename": "a"}, "filename YQ==")
        first = await here.uploads.create(DEFAULT_TENANT, asked, "key")
        assert await here.uploads.create(DEFAULT_TENANT, asked, "key") == first
        assert first.name == "a"
        at_once = await asyncio.gather(*[here.uploads.create(DEFAULT_TENANT, asked, "other") for _ in range(5)])
        assert len({upload.id for upload in at_once}) == 1
        assert (await here.append(at_once[0], 0, b"01234")).state == State.COMMITTED
        with pytest.raises(Problem) as caught:
            await here.uploads.create(DEFAULT_TENANT, Creation(6, {}, ""), "key")
        assert caught.value.code == "idempotency_mismatch"
