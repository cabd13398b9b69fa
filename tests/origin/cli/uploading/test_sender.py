"""Against a server that does as it is told; that the real one and the command agree is shown by `test_upload`."""

from __future__ import annotations

import base64
import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from origin.cli.common import Client, Failed
from origin.cli.uploading.memory import Memory
from origin.cli.uploading.patience import PAUSES_S, Patience
from origin.cli.uploading.progress import Silence
from origin.cli.uploading.sender import Sender

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BODY = bytes(range(256)) * 4000


class Peer(ThreadingHTTPServer):
    """Speaks as much tus as is needed. `faults` are answers, in order, in place of the right ones."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.faults: list[Any] = []
        self.asked: list[str] = []
        self.content = b""
        self.digest: str | None = None
        self.known = True
        self.url = f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Peer

    def do_POST(self) -> None:
        self._answer(201, Location="https://elsewhere.example/x/v1/uploads/up_1")
        self.server.known = True

    def do_HEAD(self) -> None:
        peer = self.server
        whole = len(peer.content) == len(BODY)
        digest = peer.digest or base64.b64encode(hashlib.sha256(peer.content).digest()).decode()
        done = {"Content-Location": "/v1/objects/ob_1", "Repr-Digest": f"sha-256=:{digest}:"} if whole else {}
        self._answer(200, Upload_Offset=str(len(peer.content)), **done)

    def do_PATCH(self) -> None:
        peer, length = self.server, int(self.headers["Content-Length"])
        if peer.faults and peer.faults[0] == "cut":
            peer.asked.append("PATCH cut")
            peer.faults.pop(0)
            peer.content += self.rfile.read(length // 2)
            self.close_connection = True
            return
        assert int(self.headers["Upload-Offset"]) == len(peer.content)
        body = self.rfile.read(length)
        if not peer.faults:
            peer.content += body
        self._answer(204)

    def _answer(self, status: int, **headers: str) -> None:
        peer = self.server
        if peer.faults and isinstance(peer.faults[0], int):
            status, headers = peer.faults.pop(0), {"Retry-After": "3"}
        elif self.command != "POST" and not peer.known:
            status, headers = 404, {}
        peer.asked.append(f"{self.command} {status}")
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def peer() -> Iterator[Peer]:
    made = Peer()
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.bin"
    path.write_bytes(BODY)
    return path


def sender(peer: Peer, file: Path, slept: list[float] | None = None, *, package: bool = False) -> Sender:
    pauses = [] if slept is None else slept
    client, memory = Client(peer.url, "hw_x"), Memory(file.parent / "memory", peer.url)
    return Sender(client, memory, Patience(pauses.append), Silence(), file, package=package)


def test_a_file_goes_up_and_is_compared(peer: Peer, file: Path) -> None:
    done = sender(peer, file).send()
    assert (done.upload_id, done.object_id, done.size) == ("up_1", "ob_1", len(BODY))
    assert done.sha256 == hashlib.sha256(BODY).hexdigest()
    assert peer.content == BODY
    assert peer.asked == ["POST 201", "HEAD 200", "PATCH 204", "HEAD 200"]
    assert list((file.parent / "memory").iterdir()) == []


def test_it_goes_on_after_whatever_comes_in_between(peer: Peer, file: Path) -> None:
    slept: list[float] = []
    peer.faults = [503, "cut", "cut"]
    assert sender(peer, file, slept).send().object_id == "ob_1"
    assert peer.content == BODY
    assert slept[0] == 3.0
    assert slept[1:] == [PAUSES_S[1], PAUSES_S[0]]


def test_another_process_goes_on_with_the_same_upload(peer: Peer, file: Path) -> None:
    first = sender(peer, file)
    first._create()
    peer.content = BODY[:1000]
    peer.asked.clear()
    sender(peer, file).send()
    assert peer.asked == ["HEAD 200", "PATCH 204", "HEAD 200"]


def test_what_the_server_has_forgotten_begins_anew(peer: Peer, file: Path) -> None:
    sender(peer, file)._create()
    peer.known = False
    sender(peer, file).send()
    assert peer.asked[1:3] == ["HEAD 404", "POST 201"]


def test_it_is_not_tried_for_ever(peer: Peer, file: Path) -> None:
    peer.faults = [503] * 50
    with pytest.raises(Failed, match=r"503.*Start the command again"):
        sender(peer, file).send()
    assert len(peer.asked) == len(PAUSES_S) + 1


def test_what_the_server_refuses_is_told_at_once(peer: Peer, file: Path) -> None:
    peer.faults = [413]
    with pytest.raises(Failed, match="413"):
        sender(peer, file).send()


def test_other_bytes_than_the_file_s_are_no_success(peer: Peer, file: Path) -> None:
    peer.digest = "x"
    with pytest.raises(Failed, match="other bytes"):
        sender(peer, file).send()


def test_a_file_that_changes_is_not_finished(peer: Peer, file: Path) -> None:
    sending = sender(peer, file)
    file.write_bytes(b"short")
    with pytest.raises(Failed, match="was changed"):
        sending.send()


def test_a_file_that_goes_is_not_finished(peer: Peer, file: Path) -> None:
    sending = sender(peer, file)
    file.unlink()
    with pytest.raises(Failed, match="cannot be read"):
        sending.send()
