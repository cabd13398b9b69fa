"""A recording as an asset of a real catalog: its rows, and its objects in a store."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from media.track import Kind
from origin.catalog import assets, broadcasts, recordings, streams
from origin.catalog.ids import DEFAULT_TENANT
from origin.catalog.streams import NewStream
from packager.mp4 import read_init
from packager.recorded import Recorded, RecordedInit
from tests.origin.vod.mp4.shelf import shelve
from tests.packager.feed import AAC, VIDEO

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from origin.catalog.assets import Asset
    from origin.catalog.database import Catalog
    from origin.stores.protocol import ObjectStore
    from tests.packager.mp4.recording import Recording


async def make_asset(
    catalog: Catalog, store: ObjectStore, recording: Recording, *, name: str = "a show", ready: bool = True
) -> Asset:
    """Write a recording down and store its objects."""

    def work(conn: Connection) -> Asset:
        streams.create(conn, NewStream("st_x", DEFAULT_TENANT, name, "hash-x", "pb_x"), 10.0)
        broadcasts.start(
            conn, id="bc_x", tenant_id=DEFAULT_TENANT, stream_id="st_x", epoch=1, first_msn=0, now=20.0, recorded=True
        )
        recordings.add(conn, DEFAULT_TENANT, "bc_x", _rows(recording))
        recordings.add_inits(conn, DEFAULT_TENANT, "bc_x", _inits(recording))
        broadcasts.end(conn, "bc_x", 30.0, epoch=1)
        asset_id = assets.id_of("bc_x")
        if ready:
            assets.complete(conn, asset_id, 31.0)
            assets.finish(conn, asset_id, 5.0, 32.0)
        found = assets.get(conn, DEFAULT_TENANT, asset_id)
        assert found is not None
        return found

    asset = await catalog.write(work)
    await shelve(store, recording, asset.prefix)
    return asset


def _rows(recording: Recording) -> list[Recorded]:
    """Every segment, and a gap and one without an init segment behind them."""
    rows = [_row(name, init, recording.objects[name]) for name, init in recording.segments]
    gap = Recorded("v0", 99_998, "1-99998.m4s", "1-init-0.mp4", 2.0, 0.0, False, 0, 0, 0, 0, "")  # noqa: FBT003 - its columns
    lost = Recorded("v0", 99_999, "1-99999.m4s", "1-init-77.mp4", 2.0, 0.0, False, 0, 0, 0, 9, "ab" * 32)  # noqa: FBT003 - as above
    return [*rows, gap, lost]


def _row(name: str, init: str, body: bytes) -> Recorded:
    rendition, _, file = name.partition("/")
    msn = int(file.removesuffix(".m4s").partition("-")[2])
    told = (2.0, 1_800_000_000.0 + 2 * msn, False, 0, 0, 0, len(body), sha256(body).hexdigest())
    return Recorded(rendition, msn, file, init.partition("/")[2], *told)


def _inits(recording: Recording) -> list[RecordedInit]:
    names = dict.fromkeys(init for _, init in recording.segments)
    found = []
    for name in names:
        body = recording.objects[name]
        track = VIDEO if read_init(body).kind is Kind.VIDEO else AAC
        found.append(RecordedInit(name, track, len(body), sha256(body).hexdigest()))
    return found
