"""The way to one Redis server: its address, a few connections for commands, and one for all that is listened to.

Commands are bounded in time, whatever the server or the network does, and are never repeated: who sent one knows better
what a second time would do. What goes wrong leaves here as a `BusError` that names the place and never the password.
Redis Cluster is not spoken.
"""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from redis import exceptions as refusals
from redis.asyncio import BlockingConnectionPool, Connection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from origin.bus.protocol import BusError
from origin.bus.redis_listener import ANSWER_S, RedisListener

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CONNECTIONS: Final = 8
"""A command takes a millisecond, also one with a part of 200 KB: eight are thousands a second, more than one event loop
sends. Redis has 10,000 for all nodes."""
DEFAULT_PORT: Final = 6379
FORM: Final = "Write redis://user:password@host:6379/0; user, password, port and number may be left out."

_COMPLAINTS: Final[tuple[tuple[type[Exception], str], ...]] = (
    (refusals.AuthenticationError, "wants another user or password than the URL has"),
    (refusals.AuthenticationWrongNumberOfArgsError, "knows no users: leave the user out"),
    (refusals.AuthorizationError, "does not let this user do that"),
    (refusals.NoPermissionError, "does not let this user do that; Headwater wants ~headwater:* &headwater:* +@all"),
    (refusals.BusyLoadingError, "is still loading its data"),
    (refusals.OutOfMemoryError, "has no memory left: raise maxmemory"),
    (refusals.ReadOnlyError, "is a replica that cannot be written to: name the primary"),
    (refusals.MaxConnectionsError, "has too many clients: raise maxclients"),
    (refusals.MovedError, "is part of a Redis Cluster, which is not supported"),
    (refusals.TimeoutError, "does not answer in time"),
    (TimeoutError, "does not answer in time"),
)


@dataclass(frozen=True, slots=True)
class Address:
    """Where the server is, and who we are there. `ca` is a PEM file with the authority that signed its certificate."""

    host: str
    port: int
    database: int
    username: str | None
    password: str | None = field(repr=False)
    secure: bool
    ca: str | None

    @classmethod
    def parse(cls, url: str) -> Address:
        """Read a URL. The sentence of a `BusError` quotes nothing of it: a slip may have moved the password."""
        try:
            parts = urlsplit(url)
            options = dict(parse_qsl(parts.query, strict_parsing=True)) if parts.query else {}
            database, port = int(parts.path.strip("/") or 0), parts.port or DEFAULT_PORT
        except ValueError:
            raise BusError(FORM) from None
        secure = parts.scheme == "rediss"
        ca = options.pop("ca", None)
        if not parts.hostname or parts.fragment or options or (ca and not secure):
            raise BusError(f"{FORM} Only ?ca=FILE may follow, and only with rediss.")
        username, password = (unquote(part) if part else None for part in (parts.username, parts.password))
        return cls(parts.hostname, port, database, username, password, secure, ca)

    def __str__(self) -> str:
        """For people."""
        return f"Redis at {self.host}:{self.port}"


class RedisLink:
    """Connections to a Redis server, made when they are needed. `listener` has one of its own."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._connection_kind, self._options = _means(address)
        self._pool = BlockingConnectionPool(
            max_connections=CONNECTIONS,
            timeout=ANSWER_S,
            connection_class=self._connection_kind,
            **self._options,
        )
        self._closed = False
        self.listener = RedisListener(self._new_connection, self.complaint)

    @classmethod
    def open(cls, url: str) -> RedisLink:
        """Prepare to connect to the URL. Raises `BusError` with a sentence; does not connect yet."""
        return cls(Address.parse(url))

    async def do(self, *command: str | bytes | int) -> Any:
        """Carry out a command, once. Raises `BusError`, after `ANSWER_S` at the latest; then it may have been done.

        Raises:
            NoScriptError: the server does not have the script.
        """
        if self._closed:
            raise BusError("The bus is closed.")
        try:
            async with asyncio.timeout(ANSWER_S):
                return await self._exchange(command)
        except refusals.NoScriptError:
            raise
        except (refusals.RedisError, OSError) as error:
            # A refusal may quote the command, and AUTH is one: the sentence is ours, and its cause is not shown.
            raise BusError(self.complaint(error)) from None

    async def run(self, sha: str, script: str, keys: Sequence[str], arguments: Sequence[str | bytes | int]) -> Any:
        """Carry out a Lua script as `do` does, and hand it to a server that does not have it yet (or any more)."""
        try:
            return await self.do("EVALSHA", sha, len(keys), *keys, *arguments)
        except refusals.NoScriptError:
            return await self.do("EVAL", script, len(keys), *keys, *arguments)

    async def close(self) -> None:
        """End all connections and subscriptions. May be called more than once."""
        self._closed = True
        await self.listener.close()
        await self._pool.aclose()

    def complaint(self, error: Exception) -> str:
        """Say what is wrong without what a server may have quoted."""
        for kind, words in _COMPLAINTS:
            if isinstance(error, kind):
                return f"{self.address} {words}."
        if type(error) is refusals.ConnectionError or isinstance(error, OSError):
            return f"{self.address} cannot be reached: {error}"
        return f"{self.address} cannot do that ({type(error).__name__})."

    async def _exchange(self, command: tuple[str | bytes | int, ...]) -> Any:
        """Send and read on a connection of our own; redis-py closes it if anything comes between the two."""
        connection = await self._pool.get_connection()  # type: ignore[no-untyped-call]  # redis-py leaves some out
        try:
            await connection.send_command(*command)
            return await connection.read_response()
        finally:
            await self._pool.release(connection)

    def _new_connection(self) -> Connection:
        return self._connection_kind(**self._options)


class _SecureConnection(Connection):
    """TLS with a context that was made once: making one reads the disk, which redis-py does for each connection."""

    def __init__(self, *, context: ssl.SSLContext, **options: Any) -> None:
        super().__init__(**options)
        self._context = context

    def _connection_arguments(self) -> Mapping[str, Any]:
        return {**super()._connection_arguments(), "ssl": self._context}


def _means(address: Address) -> tuple[type[Connection], dict[str, Any]]:
    """Give the kind of connection and its options."""
    options: dict[str, Any] = {
        "host": address.host,
        "port": address.port,
        "db": address.database,
        "username": address.username,
        "password": address.password,
        "socket_connect_timeout": ANSWER_S,
        # None for commands, which are bounded as a whole: redis-py would use `asyncio.wait_for`, which can swallow a
        # cancellation (before Python 3.12). None for the listener, which has nothing to read for hours.
        "socket_timeout": None,
        "retry": Retry(NoBackoff(), 0),
        "protocol": 2,  # replies and messages in one form, and one round trip less to connect
        "driver_info": None,  # two more
    }
    if not address.secure:
        return Connection, options
    try:
        context = ssl.create_default_context(cafile=address.ca)
    except OSError as error:
        raise BusError(f"{address.ca} is no file of certificates: {error.strerror or error}.") from error
    return _SecureConnection, {**options, "context": context}
