from __future__ import annotations

import hashlib
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from origin.cli.verifying.sources import Digest, FileError, FileMissing, Source
from origin.cli.verifying.web import Web

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Handler(SimpleHTTPRequestHandler):
    """Files of a folder, and one address that is broken."""

    def do_GET(self) -> None:
        if self.path.startswith("/play/t/pb_x/broken"):
            self.send_error(503)
        elif self.path.startswith("/play/t/pb_x/moved"):
            self.send_response(302)
            self.send_header("Location", "/play/t/pb_x/a")
            self.end_headers()
        elif self.path.startswith("/play/t/pb_x/query") and not self.path.endswith("?key=1"):
            self.send_error(403)
        else:
            super().do_GET()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        pass


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    folder = tmp_path / "play" / "t" / "pb_x"
    folder.mkdir(parents=True)
    (folder / "a").write_bytes(b"content")
    (folder / "query").write_bytes(b"content")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=tmp_path)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/play/t/pb_x/"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("last", ["", "index.m3u8", "package.json"])
async def test_files_are_fetched_from_beside_the_address(address: str, last: str) -> None:
    source: Source = Web(address + last)
    assert await source.get("a", 7) == b"content"
    assert await source.digest("a", 7) == Digest(7, hashlib.sha256(b"content").hexdigest())
    assert source.names() is None
    await source.close()


async def test_a_query_goes_along(address: str) -> None:
    source = Web(address + "index.m3u8?key=1")
    assert await source.get("query", 7) == b"content"
    await source.close()


async def test_failures_are_told_without_the_address(address: str) -> None:
    source = Web(address)
    with pytest.raises(FileMissing):
        await source.get("b", 7)
    for name in ("broken", "moved"):
        with pytest.raises(FileError) as caught:
            await source.digest(name, 7)
        assert caught.value.problem == "unreadable"
        assert "pb_x" not in str(caught.value)
    with pytest.raises(FileError, match="longer"):
        await source.get("a", 6)
    await source.close()


async def test_a_server_that_is_not_there_is_told() -> None:
    source = Web("http://127.0.0.1:1/play/secret/pb_x/")
    with pytest.raises(FileError) as caught:
        await source.digest("a", 7)
    assert "secret" not in str(caught.value)
    await source.close()
