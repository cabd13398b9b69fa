"""Uploads to a whole server, and what comes in between: kills, lines that break, clients of which half is left."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import shutil
import signal
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.support.commands import COMMAND
from tests.support.node import Node

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

MIB = 1 << 20
PATIENCE_S = 60.0


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[Node]:
    node = Node(tmp_path / "data", {"log_level": "info"})
    await node.start()
    yield node
    await node.stop()


class Uploader:
    """A client of tus, written by hand."""

    def __init__(self, node: Node) -> None:
        self.node = node
        key = (node.data_dir / "admin.key").read_text().strip()
        self.headers = {"Authorization": f"Bearer {key}", "Tus-Resumable": "1.0.0"}

    async def ask(self, method: str, path: str, content: Any = None, **headers: object) -> httpx.Response:
        named = {name.replace("_", "-"): str(value) for name, value in headers.items()}
        async with httpx.AsyncClient(base_url=self.node.url, headers=self.headers, timeout=30) as http:
            return await http.request(method, path, content=content, headers=named)

    async def begin(self, length: int) -> str:
        made = await self.ask("POST", "/v1/uploads", Upload_Length=length)
        assert made.status_code == 201, made.text
        return made.headers["Location"]

    async def append(self, path: str, offset: int, content: Any) -> httpx.Response:
        kind = "application/offset+octet-stream"
        return await self.ask("PATCH", path, content, Upload_Offset=offset, Content_Type=kind)

    async def offset(self, path: str) -> int:
        told = await self.ask("HEAD", path)
        assert told.status_code == 200
        return int(told.headers["Upload-Offset"])

    async def content(self, path: str) -> bytes:
        told = await self.ask("HEAD", path)
        return (await self.ask("GET", told.headers["Content-Location"] + "/content")).content

    async def open(self, path: str, offset: int, length: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection on which a PATCH has begun, and whose body comes by hand."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.node.http_port)
        lines = {
            **self.headers,
            "Host": "test",
            "Upload-Offset": offset,
            "Content-Type": "application/offset+octet-stream",
            "Content-Length": length,
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        writer.write(f"PATCH {path} HTTP/1.1\r\n{head}\r\n".encode())
        return reader, writer

    async def until_it_has(self, size: int) -> None:
        """Wait until the file of the only upload has so many bytes."""
        async with asyncio.timeout(PATIENCE_S):
            while sum(file.stat().st_size for file in (self.node.data_dir / "uploads").glob("up_*")) < size:  # noqa: ASYNC110 - looks from outside
                await asyncio.sleep(0.01)


async def in_pieces(content: bytes, after: int, hold: asyncio.Event) -> AsyncIterator[bytes]:
    """All of it; behind `after` bytes it waits."""
    for at in range(0, len(content), 64 * 1024):
        if at >= after:
            await hold.wait()
        yield content[at : at + 64 * 1024]


async def leave(line: asyncio.Task[httpx.Response]) -> None:
    """End a request whose body never does."""
    line.cancel()
    await asyncio.gather(line, return_exceptions=True)


async def test_a_server_that_is_killed_has_what_it_reported_and_goes_on(node: Node) -> None:
    body = os.urandom(40 * MIB)
    client = Uploader(node)
    path = await client.begin(len(body))
    never = asyncio.Event()
    offset = 0
    for more in (10, 9):  # more than is flushed at a time, and then some
        line = asyncio.create_task(client.append(path, offset, in_pieces(body[offset:], more * MIB, never)))
        await client.until_it_has(offset + more * MIB)
        reported = await client.offset(path)  # puts the first one out
        assert reported >= offset + more * MIB
        await leave(line)
        offset = reported
    line = asyncio.create_task(client.append(path, offset, in_pieces(body[offset:], 9 * MIB, never)))
    await client.until_it_has(offset + 9 * MIB)
    await node.kill()
    await leave(line)
    await node.start()
    again = await client.offset(path)
    assert offset <= again <= offset + 9 * MIB
    done = await client.append(path, again, body[again:])
    assert (done.status_code, done.headers["Upload-Offset"]) == (204, str(len(body)))
    assert await client.content(path) == body


async def test_a_server_that_stops_keeps_all_that_came(node: Node) -> None:
    client = Uploader(node)
    path = await client.begin(MIB)
    _, writer = await client.open(path, 0, MIB)
    writer.write(bytes(100_000))
    await client.until_it_has(100_000)
    await node.stop()
    writer.close()
    await node.start()
    assert await client.offset(path) == 100_000


async def test_a_line_that_breaks_costs_nothing_that_came(node: Node) -> None:
    client = Uploader(node)
    path = await client.begin(MIB)
    _, writer = await client.open(path, 0, MIB)
    writer.write(bytes(123_456))
    await writer.drain()
    writer.close()
    await client.until_it_has(123_456)
    assert await client.offset(path) == 123_456


async def test_a_connection_of_which_half_is_left_is_put_out_at_once(node: Node) -> None:
    client = Uploader(node)
    body = os.urandom(MIB)
    path = await client.begin(len(body))
    reader, writer = await client.open(path, 0, len(body))
    writer.write(body[:200_000])
    await client.until_it_has(200_000)
    offset = await client.offset(path)
    assert offset == 200_000
    assert (await client.append(path, offset, body[offset:])).status_code == 204
    said = (await asyncio.wait_for(reader.read(), PATIENCE_S)).decode()
    assert said.startswith("HTTP/1.1 409 ")
    assert "upload_superseded" in said
    writer.close()
    assert await client.content(path) == body


async def test_of_two_at_once_one_goes_on(node: Node) -> None:
    client = Uploader(node)
    body = os.urandom(8 * MIB)
    path = await client.begin(len(body))
    answers = await asyncio.gather(*[client.append(path, 0, body) for _ in range(2)])
    codes = sorted(answer.status_code for answer in answers)
    assert codes in ([204, 409], [409, 409])
    offset = await client.offset(path)
    if offset < len(body):
        assert (await client.append(path, offset, body[offset:])).status_code == 204
    assert await client.content(path) == body


async def test_an_answer_before_the_end_of_the_body_is_heard(node: Node) -> None:
    client = Uploader(node)
    path = await client.begin(2 * MIB)
    refused = await client.append(path, 5, bytes(MIB))
    assert (refused.status_code, refused.headers["Upload-Offset"]) == (409, "0")
    assert (await client.append(path, 0, bytes(3 * MIB))).status_code == 413


async def test_http_2_carries_uploads_too(node: Node, tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    file, body = tmp_path / "body", os.urandom(3 * MIB)
    file.write_bytes(body)
    client = Uploader(node)
    path = await client.begin(3 * MIB)
    headers = [f"-H{name}: {value}" for name, value in client.headers.items()]
    command = ("curl", "-sS", "--http2-prior-knowledge", "-X", "PATCH", "--data-binary", f"@{file}", *headers)
    kinds = (
        "-HUpload-Offset: 0",
        "-HContent-Type: application/offset+octet-stream",
        "-w",
        "%{http_code} %{http_version}",
    )
    curl = await asyncio.create_subprocess_exec(*command, *kinds, node.url + path, stdout=asyncio.subprocess.PIPE)
    out, _ = await curl.communicate()
    assert out.decode() == "204 2"
    assert hashlib.sha256(await client.content(path)).digest() == hashlib.sha256(body).digest()


async def sending(node: Node, folder: Path, file: Path) -> asyncio.subprocess.Process:
    """`headwater upload`, begun."""
    environ = {
        **os.environ,
        "HEADWATER_DATA_DIR": str(node.data_dir),
        "HEADWATER_HTTP_BIND": f"127.0.0.1:{node.http_port}",
        "XDG_CACHE_HOME": str(folder / "cache"),
    }
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(
        *COMMAND, "upload", "--json", str(file), env=environ, stdout=pipe, stderr=pipe
    )


@dataclass(frozen=True)
class Film:
    """A file large enough to be met on its way."""

    path: Path
    size: int
    sha256: str


@pytest.fixture
def film(tmp_path: Path) -> Film:
    path, digest = tmp_path / "film.bin", hashlib.sha256()
    block = os.urandom(4 * MIB)
    with path.open("wb") as file:
        for number in range(50):
            piece = number.to_bytes(8, "big") + block
            digest.update(piece)
            file.write(piece)
    return Film(path, path.stat().st_size, digest.hexdigest())


def creations(node: Node) -> int:
    """How many uploads were made."""
    made = [line for line in node.log if line.get("event") == "request" and line.get("method") == "POST"]
    return sum(line.get("path") == "/v1/uploads" and line.get("status") == 201 for line in made)


async def test_the_command_goes_on_when_the_server_is_back(node: Node, tmp_path: Path, film: Film) -> None:
    client = Uploader(node)
    command = await sending(node, tmp_path, film.path)
    await client.until_it_has(MIB)
    command.send_signal(signal.SIGSTOP)
    await node.kill()
    command.send_signal(signal.SIGCONT)
    await node.start()
    out, errors = await asyncio.wait_for(command.communicate(), PATIENCE_S)
    assert command.returncode == 0, errors.decode()
    said = json.loads(out)
    assert said["sha256"] == film.sha256
    shown = (await client.ask("GET", f"/v1/objects/{said['object_id']}")).json()
    assert (shown["sha256"], shown["name"]) == (said["sha256"], "film.bin")
    assert creations(node) == 1


async def test_the_command_that_was_killed_goes_on_where_it_was(node: Node, tmp_path: Path, film: Film) -> None:
    client = Uploader(node)
    first = await sending(node, tmp_path, film.path)
    await client.until_it_has(MIB)
    first.kill()
    await first.communicate()
    (entry,) = (tmp_path / "cache/headwater/uploads").iterdir()
    offset = await client.offset(f"/v1/uploads/{json.loads(entry.read_text())['upload']}")
    assert 0 < offset < film.size
    second = await sending(node, tmp_path, film.path)
    out, errors = await asyncio.wait_for(second.communicate(), PATIENCE_S)
    assert second.returncode == 0, errors.decode()
    assert json.loads(out)["sha256"] == film.sha256
    assert creations(node) == 1
    assert list((node.data_dir / "uploads").glob("up_*")) == []


TUSPY = """
import sys
from tusclient.client import TusClient
url, key, path = sys.argv[1:]
client = TusClient(url + "/v1/uploads", headers={"Authorization": "Bearer " + key})
given = {"metadata": {"filename": "by tuspy.bin", "filetype": "video/mp4"}, "chunk_size": 5 << 20}
first = client.uploader(path, **given)
first.upload_chunk()
first.upload_chunk()
second = client.uploader(path, url=first.url, **given)
assert second.offset == 10 << 20, second.offset
second.upload()
print(second.url)
"""


async def test_tuspy_uploads_and_goes_on(node: Node, film: Film) -> None:
    client = Uploader(node)
    key = client.headers["Authorization"].removeprefix("Bearer ")
    pipe = asyncio.subprocess.PIPE
    peer = await asyncio.create_subprocess_exec(
        sys.executable, "-W", "ignore", "-c", TUSPY, node.url, key, str(film.path), stdout=pipe, stderr=pipe
    )
    out, errors = await asyncio.wait_for(peer.communicate(), PATIENCE_S)
    assert peer.returncode == 0, errors.decode()
    told = await client.ask("HEAD", out.decode().strip().removeprefix(node.url))
    shown = (await client.ask("GET", told.headers["Content-Location"])).json()
    assert (shown["name"], shown["size"]) == ("by tuspy.bin", film.size)
    assert shown["sha256"] == film.sha256
