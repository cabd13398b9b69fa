"""As much of an RTMP publisher as a bench needs: bytes for a server that behaves."""

from __future__ import annotations

import os
import re
import socket
import struct
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bench.clip import AUDIO, SCRIPT, VIDEO

if TYPE_CHECKING:
    from bench.clip import Tag

CHUNK = 4096
"""Bytes of a chunk: what OBS uses (librtmp's habit)."""
TIMEOUT_S = 20
HANDSHAKE = 1536
COMMAND = 20


def number(value: float) -> bytes:
    """Write an AMF0 number (AMF 0 specification, 2.2)."""
    return b"\0" + struct.pack(">d", value)


def bare(text: str) -> bytes:
    """Write a string without its type, as a property's name is."""
    return struct.pack(">H", len(text)) + text.encode()


def string(text: str) -> bytes:
    """Write an AMF0 string (2.4)."""
    return b"\2" + bare(text)


def command(name: str, transaction: int, *arguments: bytes) -> bytes:
    """Write a command message's body (RTMP 1.0, 7.2)."""
    return string(name) + number(transaction) + b"".join(arguments)


def chunked(payload: bytes, stream: int) -> bytes:
    """Cut a message's payload into chunks; those after the first get the one-byte header of type 3 (5.3.1.2.4)."""
    continuation = bytes([0xC0 | stream])
    return continuation.join(payload[at : at + CHUNK] for at in range(0, len(payload), CHUNK))


class Header:
    """What stands before a message's first chunk (type 0), but for the time, which is of the moment."""

    def __init__(self, kind: int, size: int, message_stream: int, stream: int) -> None:
        self._before = bytes([stream])
        self._after = size.to_bytes(3) + bytes([kind]) + message_stream.to_bytes(4, "little")

    def at(self, time_ms: int) -> bytes:
        """Write the header; the bench ends long before a time needs extending."""
        return self._before + time_ms.to_bytes(3) + self._after


def message(kind: int, payload: bytes, message_stream: int = 0, stream: int = 3) -> bytes:
    """Write a whole message of time 0."""
    return Header(kind, len(payload), message_stream, stream).at(0) + chunked(payload, stream)


class Prepared:
    """A tag ready to be sent again and again: only four bytes differ from loop to loop."""

    def __init__(self, tag: Tag) -> None:
        payload = bare_data(tag) if tag.kind == SCRIPT else tag.payload
        stream = 4 if tag.kind == AUDIO else 6
        self.time_ms = tag.time_ms
        self.is_video = tag.kind == VIDEO
        self._header = Header(tag.kind, len(payload), 1, stream)
        self._body = chunked(payload, stream)

    def at(self, time_ms: int) -> tuple[bytes, bytes]:
        """Give header and body for that time."""
        return self._header.at(time_ms), self._body


def bare_data(tag: Tag) -> bytes:
    """Say @setDataFrame before onMetaData, as encoders do."""
    return string("@setDataFrame") + tag.payload


class Connection:
    """One publisher's blocking socket, from the handshake to the leave to publish."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._app, _, self._name = parts.path.lstrip("/").rpartition("/")
        self._base = f"rtmp://{parts.netloc}/{self._app}"
        self.socket = socket.create_connection((parts.hostname, parts.port or 1935), TIMEOUT_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        self._heard = b""

    def publish(self) -> None:
        """Go on the air. Raises ConnectionError when the server refuses."""
        self._handshake()
        properties = b"".join(bare(name) + string(value) for name, value in self._properties())
        size = message(1, CHUNK.to_bytes(4), stream=2)
        self.socket.sendall(size + message(COMMAND, command("connect", 1, b"\3", properties, b"\0\0\x09")))
        self._await(rb"NetConnection\.Connect\.Success")
        name = string(self._name)
        notices = (command("releaseStream", 2, b"\5", name), command("FCPublish", 3, b"\5", name))
        create = command("createStream", 4, b"\5")
        self.socket.sendall(b"".join(message(COMMAND, body) for body in (*notices, create)))
        self._await(rb"_result\x00" + re.escape(number(4)[1:]) + rb"\x05\x00.{8}")
        body = command("publish", 5, b"\5", name, string("live"))
        self.socket.sendall(message(COMMAND, body, message_stream=1, stream=4))
        self._await(rb"NetStream\.Publish\.Start")
        self.socket.settimeout(None)  # with one, Python would wait for it even where MSG_DONTWAIT says not to

    def drain(self) -> None:
        """Throw away acknowledgements and what else the server says."""
        while len(self.socket.recv(1 << 16, socket.MSG_DONTWAIT)) == 1 << 16:
            pass

    def _properties(self) -> tuple[tuple[str, str], ...]:
        return ("app", self._app), ("type", "nonprivate"), ("flashVer", "FMLE/3.0"), ("tcUrl", self._base)

    def _handshake(self) -> None:
        first = bytes(8) + os.urandom(HANDSHAKE - 8)
        self.socket.sendall(b"\3" + first)
        answer = self._read(1 + 2 * HANDSHAKE)
        self.socket.sendall(answer[1 : 1 + HANDSHAKE])

    def _read(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            more = self.socket.recv(size - len(data))
            if not more:
                raise ConnectionError("the server closed in the handshake")
            data += more
        return data

    def _await(self, pattern: bytes) -> None:
        while not re.search(pattern, self._heard, re.DOTALL):
            more = self.socket.recv(1 << 16)
            if not more or b"BadName" in more or b"_error" in more:
                raise ConnectionError(f"no {pattern!r} for {self._name}, but {more!r}")
            self._heard += more
