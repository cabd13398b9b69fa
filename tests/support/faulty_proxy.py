"""A proxy on the loopback that passes HTTP on, and does to the next requests, or to all, what it is told to."""

from __future__ import annotations

import socket
import struct
import threading
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE_S = 30.0
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"}


@dataclass(frozen=True)
class Fault:
    """What to do to one request. The default passes it on untouched."""

    answer: tuple[int, str] | None = None
    """Answer so (status, body) instead of passing it on."""
    reset: bool = False
    """Reset the connection instead of passing it on."""
    damage: bool = False
    """Change the last byte of the request's body."""
    without: str = ""
    """Leave out this header of the request."""
    swallow: bool = False
    """Pass it on, but close the connection instead of answering."""
    hang: bool = False
    """Pass it on, but do not answer until the proxy is closed."""
    cut: int | None = None
    """Close the connection after so many bytes of the answer's body."""
    trickle: bool = False
    """Send the answer's body byte by byte, one each 50 ms, until the proxy is closed."""
    delay_s: float = 0.0
    """Wait so long before passing it on."""
    method: str = ""
    """Do it only to requests with this method."""


@dataclass
class FaultyProxy:
    """What is to be done, and what was seen."""

    upstream: str
    url: str = ""
    faults: deque[Fault] = field(default_factory=deque)
    always: Fault = Fault()
    """What is done to requests for which there is no other fault."""
    seen: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    """Method, path and headers of each request."""
    connections: int = 0
    sent: int = 0
    """Bytes of bodies sent to clients."""
    left: threading.Event = field(default_factory=threading.Event)
    """Set when a client has gone away before its answer was whole."""
    closing: threading.Event = field(default_factory=threading.Event)
    news: threading.Condition = field(default_factory=threading.Condition)
    _server: ThreadingHTTPServer | None = None
    _thread: threading.Thread | None = None

    def accept(self) -> None:
        """Take connections, always at the same address."""

        class Handler(_Handler):
            state = self

        self._server = ThreadingHTTPServer(("127.0.0.1", urlsplit(self.url).port or 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    def refuse(self) -> None:
        """Take no connections any more; those that there are go on with `always`."""
        if self._server and self._thread:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()

    def wait_for(self, requests: int) -> None:
        """Block until so many were seen."""
        with self.news:
            assert self.news.wait_for(lambda: len(self.seen) >= requests, PATIENCE_S)

    def note(self, *request: Any) -> Fault:
        """Take a request down; give what is to be done to it."""
        with self.news:
            self.seen.append(request)
            self.news.notify_all()
            fault = self.faults.popleft() if self.faults else self.always
        return fault if fault.method in ("", request[0]) else Fault()

    def then(self, *faults: Fault) -> None:
        """Do these to the next requests, one each."""
        self.faults += faults
        self.seen.clear()


@contextmanager
def faulty_proxy(upstream: str) -> Iterator[FaultyProxy]:
    proxy = FaultyProxy(upstream)
    proxy.accept()
    try:
        yield proxy
    finally:
        proxy.closing.set()
        proxy.refuse()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state: FaultyProxy

    def setup(self) -> None:
        super().setup()
        self.state.connections += 1

    def handle(self) -> None:
        try:
            super().handle()
        except OSError:
            self.state.left.set()

    def _serve(self) -> None:
        fault = self.state.note(self.command, self.path, dict(self.headers))
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if fault.delay_s:
            self.state.closing.wait(fault.delay_s)
        if fault.reset:
            # Lingering for no time means RST instead of FIN (SO_LINGER, socket(7)).
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            self.close_connection = True
        elif fault.answer:
            self._answer(fault.answer[0], [("Content-Type", "application/xml")], fault.answer[1].encode(), Fault())
        else:
            self._pass_on(body[:-1] + bytes([body[-1] ^ 1]) if fault.damage and body else body, fault)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _serve  # noqa: N815 - as http.server asks for them

    def _pass_on(self, body: bytes, fault: Fault) -> None:
        upstream = urlsplit(self.state.upstream)
        connection = HTTPConnection(upstream.netloc, timeout=PATIENCE_S)
        try:
            connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.lower() != fault.without.lower():
                    connection.putheader(name, value)
            connection.endheaders(body)
            answer = connection.getresponse()
            content = answer.read()
            length = answer.headers.get("Content-Length", str(len(content)))
        finally:
            connection.close()
        if fault.hang:
            self.state.closing.wait(PATIENCE_S)
        if fault.swallow or fault.hang:
            self.close_connection = True
            return
        headers = [(name, value) for name, value in answer.headers.items() if name.lower() not in HOP_BY_HOP]
        self._answer(answer.status, headers, content, fault, length)

    def _answer(
        self, status: int, headers: list[tuple[str, str]], body: bytes, fault: Fault, length: str | None = None
    ) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", length or str(len(body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        if fault.cut is not None:
            body, self.close_connection = body[: fault.cut], True
        size = 1 if fault.trickle else 64 * 1024
        for at in range(0, len(body), size):
            self.wfile.write(body[at : at + size])
            self.state.sent += len(body[at : at + size])
            if fault.trickle and self.state.closing.wait(0.05):
                self.close_connection = True
                return

    def log_message(self, *_: object) -> None:
        pass
