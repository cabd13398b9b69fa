"""Recordings that come, are finished, deleted and expire, on a server that is killed between any two of its steps.

Whatever happens, everything that a playlist lists which may be served is there: those of an asset that is ready, and of
one that was deleted so lately that somebody may not know. And in the end, when all are deleted, nothing is left.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import func, select

from origin.catalog import assets, broadcasts, making, on_air, schema, tenants
from origin.catalog.database import Catalog
from origin.catalog.ids import DEFAULT_TENANT
from origin.live import sweep
from origin.stores.memory import MemoryStore
from packager import inventory
from tests.origin.vod.house import House, a_tape

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Coroutine, Sequence

    from sqlalchemy import Connection

    from origin.catalog.assets import Asset
    from origin.stores.protocol import StoredObject

T = TypeVar("T")
TAPE = a_tape(2.5)
FUSES = st.integers(min_value=0, max_value=25)
"""After so many steps the server is killed; finishing and sweeping one recording take about as many."""


class Killed(BaseException):
    """What nobody catches."""


class Fuse:
    """Lets so many steps happen; the next one happens or not, and is the last. None: no end."""

    def __init__(self) -> None:
        self.left: int | None = None
        self.happens = True

    def burn(self) -> bool:
        """Whether the step that is due is the last."""
        if self.left is None:
            return False
        self.left -= 1
        return self.left < 0


class Mortal(MemoryStore):
    """A store whose user may be killed in each call."""

    def __init__(self, fuse: Fuse) -> None:
        super().__init__()
        self.fuse = fuse

    async def put(self, key: str, body: Sequence[bytes]) -> None:
        await self._step(super().put(key, body))

    async def delete(self, keys: Collection[str]) -> None:
        await self._step(super().delete(keys))

    async def list(self, prefix: str, after: str | None, limit: int) -> Sequence[StoredObject]:
        return await self._step(super().list(prefix, after, limit))

    async def _step(self, work: Coroutine[Any, Any, T]) -> T:
        last = self.fuse.burn()
        if last and not self.fuse.happens:
            work.close()
            raise Killed
        done = await work
        if last:
            raise Killed
        return done


class MortalCatalog(Catalog):
    """The same of the catalog."""

    fuse: Fuse

    async def write(self, work: Callable[[Connection], T]) -> T:
        last = self.fuse.burn()
        if last and not self.fuse.happens:
            raise Killed
        done = await super().write(work)
        if last:
            raise Killed
        return done


class Retention(RuleBasedStateMachine):
    """`lately` are files that were listed by what was deleted, and until when they must stay."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.runner = asyncio.Runner()
        self.fuse = Fuse()
        self.store = Mortal(self.fuse)
        self.house = House(self.folder, self.store, MortalCatalog)
        assert isinstance(self.house.catalog, MortalCatalog)
        self.house.catalog.fuse = self.fuse
        self.house.catalog.write_now(lambda conn: tenants.ensure_default(conn, self.house.now))
        self.made = 0
        self.starts = 0
        self.lately: dict[str, float] = {}

    def teardown(self) -> None:
        self.house.catalog.close()
        self.runner.close()
        shutil.rmtree(self.folder)

    def do(self, work: Coroutine[Any, Any, T], fuse: int | None = None, *, happens: bool = True) -> T | None:
        """Let the server do something; if the fuse burns down meanwhile, another one starts."""
        self.fuse.left, self.fuse.happens = fuse, happens
        try:
            return self.runner.run(work)
        except Killed:
            self.fuse.left = None
            self.runner.run(self._restart())
            return None
        finally:
            self.fuse.left = None

    async def _restart(self) -> None:
        self.starts += 1
        self.house.finisher = self.house.another(f"no_{self.starts}/finisher")
        await self.house.catalog.write(lambda conn: on_air.release_all(conn, self.house.now))

    def all(self) -> list[Asset]:
        return self.house.catalog.read_now(lambda conn: assets.page(conn, DEFAULT_TENANT, None, 100))

    @rule(keep_s=st.sampled_from([None, 30.0, 120.0]))
    def record(self, keep_s: float | None) -> None:
        self.made += 1
        self.do(self.house.recorded(TAPE, str(self.made), keep_s))

    @rule()
    def broadcast_without_recording(self) -> None:
        self.made += 1
        name = f"bc_{self.made}"

        def work(conn: Connection) -> None:
            broadcasts.start(
                conn, id=name, tenant_id=DEFAULT_TENANT, stream_id="st_x", epoch=1, first_msn=0, now=self.house.now
            )
            broadcasts.end_all(conn, "st_x", self.house.now)

        self.do(self.store.put(f"{DEFAULT_TENANT}/{name}/v0/1-0.m4s", (b"x",)))
        self.do(self.house.catalog.write(work))

    @rule(fuse=FUSES, happens=st.booleans())
    def finish(self, fuse: int, happens: bool) -> None:  # noqa: FBT001 - drawn
        self.do(self.house.finisher.finish_all(), fuse, happens=happens)

    @precondition(lambda self: self.all())
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        asset = data.draw(st.sampled_from(self.all()))
        self.note_gone([asset])
        self.do(
            self.house.catalog.write(lambda conn: assets.delete(conn, DEFAULT_TENANT, asset.id, None, self.house.now))
        )

    @rule(fuse=FUSES, happens=st.booleans())
    def tidy(self, fuse: int, happens: bool) -> None:  # noqa: FBT001 - drawn
        now = self.house.now
        self.note_gone([asset for asset in self.all() if asset.expires_at is not None and asset.expires_at <= now])
        self.do(self._tidy(), fuse, happens=happens)

    async def _tidy(self) -> None:
        await sweep.expire(self.house.catalog, self.house.now)
        await sweep.sweep(self.house.catalog, self.store, self.house.now, self.house.now - sweep.GRACE_S)

    @rule(seconds=st.sampled_from([1.0, 20.0, 70.0]))
    def wait(self, seconds: float) -> None:
        self.house.now += seconds

    def note_gone(self, gone: Sequence[Asset]) -> None:
        for asset in gone:
            if asset.state == assets.READY:
                for key in self.listed(asset):
                    self.lately.setdefault(key, self.house.now + sweep.GRACE_S)

    def listed(self, asset: Asset) -> list[str]:
        """Keys of all that players of an asset may ask for."""
        package = inventory.read(self.runner.run(self.store.get(f"{asset.prefix}{inventory.NAME}")))
        return [asset.prefix + file.name for file in package.files]

    @invariant()
    def all_that_is_listed_is_there(self) -> None:
        keys = set(self.runner.run(self.house.keys()))
        for asset in self.all():
            if asset.state == assets.READY:
                assert keys >= set(self.listed(asset))
        self.lately = {key: until for key, until in self.lately.items() if until > self.house.now}
        assert keys >= self.lately.keys()

    @invariant()
    def recordings_lose_nothing(self) -> None:
        keys = set(self.runner.run(self.house.keys()))
        for asset in self.all():
            assert keys >= {asset.prefix + name for name in TAPE.objects}

    @rule()
    def delete_all_and_look_what_is_left(self) -> None:
        for asset in self.all():
            self.note_gone([asset])
            self.do(
                self.house.catalog.write(
                    lambda conn, asset=asset: assets.delete(conn, DEFAULT_TENANT, asset.id, None, self.house.now)  # type: ignore[misc]  # bound early
                )
            )
        self.house.now += max(sweep.GRACE_S, making.WORK_S) + 1
        self.do(self._tidy())
        assert self.runner.run(self.house.keys()) == []
        assert self.house.catalog.read_now(_left) == [0, 0, 0, 0]


def _left(conn: Connection) -> list[int]:
    """Rows of whatever a recording leaves in the catalog."""
    tables = schema.assets, schema.broadcasts, schema.recording_segments, schema.recording_inits
    return [conn.execute(select(func.count()).select_from(table)).scalar_one() for table in tables]


TestRetention = Retention.TestCase
TestRetention.settings = settings(
    max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
