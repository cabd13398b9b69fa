"""A whole API over a real catalog and bus, with a clock that tests move, and a director that does as it is told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import pytest

from origin.bus import open_bus
from origin.catalog import api_keys, secret_file
from origin.catalog.bootstrap import bootstrap
from origin.catalog.database import Catalog
from origin.catalog.ids import DEFAULT_TENANT, new_id, secret_hash
from origin.catalog.tenants import Tenant, create
from origin.config import Address, Settings
from origin.stores import open_store
from origin.web.factory import make_api, make_ops
from origin.web.services import Links, Readiness, Services
from origin.web.token_desk import TokenDesk

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from quart import Quart, Response

START = 1_700_000_000.0


@dataclass
class Clock:
    now: float = START

    def __call__(self) -> float:
        return self.now


@dataclass(frozen=True)
class Status:
    state: str = "idle"
    health: tuple[Any, ...] = ()
    since: float | None = None
    tracks: tuple[str, ...] = ()
    broadcast_id: str | None = None


@dataclass
class Director:
    """What is on the air is another room's matter; here it is a table."""

    statuses: dict[str, Status] = field(default_factory=dict)
    disconnected: list[str] = field(default_factory=list)

    def status(self, stream_id: str) -> Status:
        return self.statuses.get(stream_id, Status())

    async def disconnect(self, stream_id: str, reason: str) -> None:
        assert reason
        self.disconnected.append(stream_id)
        self.statuses[stream_id] = Status("ended")


@dataclass
class House:
    """The API and everything around it."""

    app: Quart
    ops: Quart
    services: Services
    clock: Clock
    director: Director
    key: str
    made: str = "st_none"

    async def call(self, method: str, path: str, body: object = None, **headers: str) -> Response:
        sent = {"Authorization": f"Bearer {self.key}"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        sent = {name: value for name, value in sent.items() if value}
        kwargs: dict[str, Any] = {} if body is None else {"json": body}
        return await self.app.test_client(use_cookies=False).open(path, method=method, headers=sent, **kwargs)

    async def fuzz(self, method: str, path: str, body: object, query: dict[str, str]) -> Response:
        """A call with a query, against a stream that is made again when a call has deleted it."""
        answer = await self.call(method, f"{quote(path, safe='/%')}?{urlencode(query)}", body)
        if not self.made or method == "DELETE":
            self.made = (await self.stream())["id"]
        return answer

    async def stream(self, **fields: object) -> dict[str, Any]:
        answer = await self.call("POST", "/v1/streams", {"name": "A stream", **fields})
        assert answer.status_code == 201, await answer.get_data()
        return dict(await answer.get_json())

    async def tenant(self, name: str, role: str = "admin") -> str:
        """Another tenant; its API key."""
        key = new_id("hw_", self.services.random)

        def work(conn: Any) -> None:
            create(conn, Tenant(name, name, START))
            api_keys.create(conn, tenant_id=name, secret_hash=secret_hash(key), role=role, name="k", now=START)

        await self.services.catalog.write(work)
        return key


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        data_dir=tmp_path,
        database_url=f"sqlite:///{tmp_path}/catalog.db",
        store_url="memory:",
        public_url="https://media.example.org",
        cors_origins=("https://studio.example.org",),
    )


@pytest.fixture
async def house(settings: Settings) -> AsyncIterator[House]:
    import os  # noqa: PLC0415 - the only place

    clock, director = Clock(), Director()
    catalog = Catalog.open(settings.database_url)
    bootstrap(catalog, settings, START, os.urandom)
    secret = secret_file.load(settings)
    bus, store = open_bus(settings.bus_url), open_store(settings.store_url)
    desk = await TokenDesk.open(catalog, bus, secret, clock=clock, random=os.urandom)
    links = Links.of(settings, Address("127.0.0.1", 8080), Address("0.0.0.0", 1935))  # noqa: S104 - a test of it
    services = Services(
        settings=settings,
        catalog=catalog,
        store=store,
        bus=bus,
        director=director,
        keyring=desk,
        links=links,
        readiness=Readiness(None),
        secret=secret,
        clock=clock,
        random=os.urandom,
    )
    key = (settings.data_dir / "admin.key").read_text().strip()
    yield House(make_api(services), make_ops(services), services, clock, director, key)
    catalog.close()


@pytest.fixture
def tenant_id() -> str:
    return DEFAULT_TENANT
