"""A line between a client and a server that can be cut at a chosen moment."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Self

CHUNK_BYTES = 1 << 16
PATIENCE_S = 30.0


class Relay:
    """Passes bytes on; what the client says is looked at.

    When it says `word`, the line is cut: before the server hears of it (`lose`), or after the server has answered,
    which the client does not hear (`mute`). Once; then all goes on as before.
    """

    def __init__(self, port: int) -> None:
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._word: bytes | None = None
        self._forward = False
        self.cuts = 0
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        """Where clients come in."""
        return int(self._listener.getsockname()[1])

    def lose(self, word: bytes) -> None:
        """Cut the line when the client says `word`, which the server does not hear."""
        self._word, self._forward = word, False

    def mute(self, word: bytes) -> None:
        """Cut the line when the server has answered to `word`, which the client does not hear."""
        self._word, self._forward = word, True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # close() alone would leave the thread in accept(), and the port open with it.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._target), timeout=PATIENCE_S)
                server.settimeout(None)
                muted = threading.Event()
                for work in (self._from_client, self._from_server):
                    threading.Thread(target=work, args=(client, server, muted), daemon=True).start()

    def _from_client(self, client: socket.socket, server: socket.socket, muted: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while said := client.recv(CHUNK_BYTES):
                if self._word and self._word in said:
                    self._word = None
                    self.cuts += 1
                    if not self._forward:
                        break
                    muted.set()
                server.sendall(said)
        _close(client, server)

    @staticmethod
    def _from_server(client: socket.socket, server: socket.socket, muted: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while said := server.recv(CHUNK_BYTES):
                if muted.is_set():
                    break
                client.sendall(said)
        _close(client, server)


def _close(*ends: socket.socket) -> None:
    for end in ends:
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()
