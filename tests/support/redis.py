"""A Redis server of the tests' own: on loopback, with and without TLS, with nothing kept, stopped in the end."""

from __future__ import annotations

import atexit
import datetime as dt
import functools
import ipaddress
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

if TYPE_CHECKING:
    from types import TracebackType

PATIENCE_S = 30.0


class RedisServer:
    """A server that can be stopped, started again at the same place, and paused."""

    def __init__(self, *options: str) -> None:
        executable = shutil.which("redis-server")
        if executable is None:
            pytest.skip("there is no redis-server here")
        self.folder = Path(tempfile.mkdtemp(prefix="headwater-redis-"))
        self.port, tls_port = _free_ports(2)
        certificate, key = _certificate(self.folder)
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.secure_url = f"rediss://127.0.0.1:{tls_port}/0?ca={certificate}"
        self._command = [
            *(executable, "--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(self.folder)),
            *("--save", "", "--appendonly", "no", "--loglevel", "warning", "--logfile", "log"),
            *("--tls-port", str(tls_port), "--tls-cert-file", str(certificate), "--tls-key-file", str(key)),
            *("--tls-ca-cert-file", str(certificate), "--tls-auth-clients", "no", *options),
        ]
        self.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self._process = subprocess.Popen(self._command)
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S) as tried:
                    tried.sendall(b"PING\r\n")
                    if tried.recv(1) in (b"+", b"-"):  # also "NOAUTH": it is there
                        return
            except ConnectionError:
                pass
            assert self._process.poll() is None, (self.folder / "log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.01)

    @property
    def pid(self) -> int:
        """Of its process."""
        return self._process.pid

    def stop(self) -> None:
        """Stop it at once; its connections are reset."""
        self._process.kill()
        self._process.wait()

    def pause(self) -> None:
        """Let it answer nobody, with its connections left open."""
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """End the pause."""
        self._process.send_signal(signal.SIGCONT)

    def do(self, *command: str) -> str:
        """Carry out a command behind everybody's back, and give the first line of the answer."""
        with (
            socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S) as said,
            said.makefile("rb") as heard,
        ):
            said.sendall(f"*{len(command)}\r\n".encode())
            for word in command:
                said.sendall(f"${len(word.encode())}\r\n{word}\r\n".encode())
            return heard.readline().decode().strip()

    def close(self) -> None:
        """Stop it and forget its files."""
        self.stop()
        shutil.rmtree(self.folder)


@functools.cache
def _shared_server() -> RedisServer:
    server = RedisServer()
    atexit.register(server.close)
    return server


def empty_server() -> RedisServer:
    """The server that all tests share, with nothing in it."""
    server = _shared_server()
    assert server.do("FLUSHALL") == "+OK"
    return server


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [bound.getsockname()[1] for bound in sockets]
    for bound in sockets:
        bound.close()
    return ports


def _certificate(folder: Path) -> tuple[Path, Path]:
    """Make a certificate for the loopback address that vouches for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "redis of a test")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "cert.pem", folder / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths
