from __future__ import annotations

import hashlib
import io
from dataclasses import replace
from typing import TYPE_CHECKING

import av
import pytest

from media.track import Kind
from origin.catalog import assets, broadcasts, recordings, tenants
from origin.catalog.ids import DEFAULT_TENANT
from origin.live import silent_parts
from origin.live.silent_parts import fill_some
from packager.recorded import RecordedInit
from packager.recording import Recording
from tests.packager import dash_viewer, feed
from tests.packager.feed import VIDEO, pictures
from tests.packager.fragments import fragments
from tests.packager.tape import Tape

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from packager.recorded import Recorded
    from tests.origin.live.house import House


def a_tape() -> Tape:
    """Pictures alone at first; then with sound."""
    tape = Tape()
    tape.run([VIDEO], pictures(6.5))
    tape.both(6.0, start=6.5)
    return tape


async def written(house: House, tape: Tape) -> None:
    """The tape, as a broadcast that has ended; its asset is not whole."""

    def work(conn: Connection) -> None:
        broadcasts.start(
            conn,
            id="bc_one",
            tenant_id=DEFAULT_TENANT,
            stream_id="st_x",
            epoch=4,
            first_msn=100,
            now=house.now,
            recorded=True,
        )
        broadcasts.end(conn, "bc_one", house.now, epoch=4, listed=True)
        recordings.add(conn, DEFAULT_TENANT, "bc_one", list(tape.rows.values()))
        recordings.add_inits(conn, DEFAULT_TENANT, "bc_one", tape.inits())

    await house.catalog.write(lambda conn: tenants.ensure_default(conn, house.now))
    await house.catalog.write(work)
    for name, body in tape.objects.items():
        await house.store.put(f"{DEFAULT_TENANT}/bc_one/{name}", (body,))


async def filled(house: House) -> list[Recorded]:
    """All rows, when nothing is missing any more."""
    means = house.director._means
    for _ in range(99):
        if await fill_some(means, DEFAULT_TENANT, "bc_one", "no_one"):
            break
    return await house.catalog.read(lambda conn: recordings.segments(conn, "bc_one", ("", -1), 9_999))


async def test_what_comes_before_the_first_sound_is_silent(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(silent_parts, "MOST", 2)
    await written(house, a_tape())
    rows = await filled(house)
    video = [row for row in rows if row.rendition == "v0"]
    audio = [row for row in rows if row.rendition == "a0"]
    assert [row.msn for row in audio] == [row.msn for row in video]
    assert not any(row.gap for row in audio)
    silent = [row for row in audio if row.file.startswith("0-")]
    assert len(silent) == 4
    end = None
    for row, shown in zip(silent, video, strict=False):
        body = await house.store.get(f"{DEFAULT_TENANT}/bc_one/{row.stored.name}")
        assert (len(body), hashlib.sha256(body).hexdigest()) == (row.size, row.sha256)
        (part,) = fragments(body)
        assert part.rows[0].pts == row.time
        assert end in {None, row.time}, "it goes on without a hole"
        end = row.time + sum(each.duration for each in part.rows)
        assert 0 <= row.time / 48_000 - shown.time / 90_000 < 0.022
        assert row.duration == pytest.approx(shown.duration, abs=0.022)


async def test_it_can_be_decoded_and_is_silent(house: House) -> None:
    await written(house, a_tape())
    row = (await filled(house))[0]
    whole = await house.store.get(f"{DEFAULT_TENANT}/bc_one/{row.init_name}")
    whole += await house.store.get(f"{DEFAULT_TENANT}/bc_one/{row.stored.name}")
    with av.open(io.BytesIO(whole), "r") as container:
        frames = list(container.decode(audio=0))
    assert sum(frame.samples for frame in frames) == round(row.duration * 48_000)
    assert not any(bytes(plane).strip(b"\0") for frame in frames for plane in frame.planes)


async def test_sound_that_the_store_never_took_is_silent(house: House) -> None:
    tape = Tape()
    tape.both(10.5)
    tape.lose("a0", 102)
    await written(house, tape)
    rows = {(row.rendition, row.msn): row for row in await filled(house)}
    assert rows["a0", 102].file == "0-102.m4s"
    assert rows["a0", 101].file == "4-101.m4s"
    recording = Recording(tape.inits())
    for key in sorted(rows):
        recording.add(rows[key])
    periods = dash_viewer.read(recording.finish().manifests["manifest.mpd"].decode())
    assert [[lane.rendition for lane in period.lanes] for period in periods] == [["v0", "a0"]] * 3


async def test_where_there_is_no_sound_at_all_none_is_made(house: House) -> None:
    tape = Tape()
    tape.run([VIDEO], pictures(6.5))
    await written(house, tape)
    assert {row.rendition for row in await filled(house)} == {"v0"}


async def test_a_kind_of_sound_whose_silence_is_not_known_is_left(house: House) -> None:
    tape = a_tape()
    await written(house, tape)
    surround = replace(feed.OPUS, channels=6)
    (init,) = [each for each in tape.inits() if each.track.kind is Kind.AUDIO]
    other = RecordedInit(init.name, surround, init.size, init.sha256)
    await house.catalog.write(lambda conn: recordings.add_inits(conn, DEFAULT_TENANT, "bc_one", [other]))
    assert not [row for row in await filled(house) if row.file.startswith("0-")]


async def test_once_the_asset_is_whole_nothing_is_written(house: House) -> None:
    await written(house, a_tape())
    await house.catalog.write(lambda conn: assets.complete(conn, assets.id_of("bc_one"), house.now))
    assert not [row for row in await filled(house) if row.file.startswith("0-")]
