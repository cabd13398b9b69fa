"""A whole API over a real catalog and bus, with a clock that tests move, and a director that does as it is told."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from origin.bus.table import open_bus
from origin.catalog import api_keys, secret_file
from origin.catalog.bootstrap import bootstrap
from origin.catalog.database import Catalog
from origin.catalog.ids import new_id, secret_hash
from origin.catalog.tenants import Tenant, create
from origin.live.slates.workshop import Workshop
from origin.stores.table import open_store
from origin.web.factory import make_api, make_ops
from origin.web.services import Links, Readiness, Services
from origin.web.sessions import make_link
from origin.web.token_desk import TokenDesk

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from quart import Quart, Response
    from quart.typing import TestClientProtocol

    from cdn.token import Claims
    from origin.config import Settings

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
    workshop: Workshop = field(default_factory=Workshop)
    """The real one: what strangers send is its matter alone."""

    async def find_statuses(self, stream_ids: Sequence[str]) -> dict[str, Status]:
        return {stream_id: self.statuses.get(stream_id, Status()) for stream_id in stream_ids}

    async def normalised_picture(self, media_type: str, data: bytes) -> bytes:
        return await self.workshop.normalised(media_type, data)

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


async def furnish(settings: Settings, clock: Callable[[], float], director: Director) -> Services:
    """Make everything that the API stands on; the caller closes the catalog."""
    catalog = Catalog.open(settings.database_url)
    bootstrap(catalog, settings, clock(), os.urandom)
    secret, bus = secret_file.load(settings), open_bus(settings.bus_url)
    return Services(
        settings=settings,
        catalog=catalog,
        store=open_store(settings.store_url),
        bus=bus,
        director=director,
        keyring=await TokenDesk.open(catalog, bus, secret, clock=clock, random=os.urandom),
        links=Links.of(settings, settings.http_bind, settings.rtmp_bind, settings.rtmps_bind),
        readiness=Readiness(None),
        secret=secret,
        clock=clock,
        random=os.urandom,
    )


def open_house(services: Services, clock: Clock, director: Director) -> House:
    key = (services.settings.data_dir / "admin.key").read_text().strip()
    return House(make_api(services), make_ops(services), services, clock, director, key)


def verify(house: House, token: str, **changes: Any) -> Claims:
    """What a viewer's request with the token is told; raises Problem."""
    asked: dict[str, Any] = {"scope": "play", "path": "/play/pb_x/index.m3u8", "ip": None} | changes
    return house.services.keyring.verify(token, **asked)


async def mint(house: House, **body: Any) -> dict[str, Any]:
    """A token, by the API."""
    answer = await house.call("POST", "/v1/tokens", body)
    assert answer.status_code == 201, await answer.get_data()
    return dict(await answer.get_json())


async def problem(answer: Any) -> tuple[int, str, str]:
    """The status, code and detail of an answer that must be a problem document."""
    said = await answer.get_json(force=True)
    assert answer.content_type == "application/problem+json"
    assert said["status"] == answer.status_code
    assert said["request_id"] == answer.headers["X-Request-Id"]
    return answer.status_code, said["code"], said["detail"]


async def sign_in(house: House) -> tuple[TestClientProtocol, str, Any]:
    """A browser with a session, the path of the link that it used up, and the answer to that."""
    given = house.services
    link = await make_link(given.catalog, given.links, "tn_default", clock=house.clock, random=given.random)
    path = link.removeprefix(given.links.base)
    client = house.app.test_client()
    return client, path, await client.get(path, scheme="https")
