from __future__ import annotations

import asyncio
import gzip

import pytest

from origin.errors import Problem
from origin.live import channel as channel_module
from packager.hls.reload import ReloadQuery
from tests.origin.live.air import Air


@pytest.fixture
async def air() -> Air:
    return Air()


async def test_whoever_comes_before_the_first_segment_waits_for_it(air: Air) -> None:
    air.go(40)
    assert not air.channel.started
    waiting = asyncio.create_task(air.channel.multivariant())
    await asyncio.sleep(0)
    air.go(30)
    assert b"v0/index.m3u8" in (await waiting).plain


async def test_nobody_waits_for_ever(air: Air, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel_module, "HOLD_BEFORE_READY_S", 0.01)
    with pytest.raises(Problem) as caught:
        await air.channel.multivariant()
    assert caught.value.code == "stream_offline"


async def test_a_blocking_reload_wakes_with_its_part(air: Air) -> None:
    air.go(70)
    window = air.channel.packager.windows["v0"]
    query = ReloadQuery(window.open_msn, len(window.open_parts))
    assert not air.channel.can_answer("v0", query)
    waiting = [asyncio.create_task(air.channel.playlist("v0", query)) for _ in range(3)]
    await asyncio.sleep(0)
    air.go(6)
    answers = await asyncio.gather(*waiting)
    assert answers[0] is answers[1] is answers[2]
    assert f"1-{query.msn}.{query.part}.m4s".encode() in answers[0].plain
    assert gzip.decompress(answers[0].zipped) == answers[0].plain
    assert air.channel.can_answer("v0", query)


async def test_a_reload_that_gets_nothing_is_answered_in_the_end(air: Air, monkeypatch: pytest.MonkeyPatch) -> None:
    air.go(70)
    monkeypatch.setattr(channel_module, "HOLD_TARGETS", 0.01)
    window = air.channel.packager.windows["v0"]
    answer = await air.channel.playlist("v0", ReloadQuery(window.open_msn + 1))
    assert answer is await air.channel.playlist("v0", ReloadQuery())


@pytest.mark.parametrize("part", [0, 1])
async def test_a_reload_for_a_part_is_answered_before_hls_js_gives_up(
    air: Air, monkeypatch: pytest.MonkeyPatch, part: int
) -> None:
    air.go(70)
    monkeypatch.setattr(channel_module, "PART_HOLD_TARGETS", 0.01)
    window = air.channel.packager.windows["v0"]
    answer = await air.channel.playlist("v0", ReloadQuery(window.open_msn + 1, part))
    assert answer is await air.channel.playlist("v0", ReloadQuery())
    whole = asyncio.create_task(air.channel.playlist("v0", ReloadQuery(window.open_msn)))
    await asyncio.sleep(0.05)
    assert not whole.done()
    air.go(70)
    assert await whole is not answer


async def test_a_part_that_has_left_memory_is_cut_out_of_its_segment(air: Air) -> None:
    parts: dict[str, bytes] = {}
    for _ in range(50):
        air.go(6)
        for name in tuple(air.channel.spool._bodies):
            parts[name] = b"".join(air.channel.spool.get(name) or ())
    window = air.channel.presentation.windows["v0"]
    oldest = window.segments[0]  # no store has taken it, so it is still in memory, by itself
    for part in oldest.parts:
        assert air.channel.spool.get(f"v0/{part.file}") is None
        assert b"".join(await air.channel.media(f"v0/{part.file}") or ()) == parts[f"v0/{part.file}"]
    air.channel.spool.durable(f"v0/{oldest.file}")
    assert await air.channel.media(f"v0/{oldest.parts[0].file}") is None


async def test_a_part_that_players_are_not_told_of_cannot_be_had() -> None:
    air = Air(low_latency=False)
    air.go(100)
    window = air.channel.presentation.windows["v0"]
    closed = window.segments[-1]
    for file in (closed.parts[0].file, window.open_parts[0].file):
        assert air.channel.spool.get(f"v0/{file}")
        assert await air.channel.media(f"v0/{file}") is None
    assert await air.channel.media(f"v0/{closed.file}")


async def test_a_playlist_that_shows_no_parts_is_not_rendered_anew_for_them() -> None:
    air = Air(low_latency=False)
    air.go(70)
    rendered = [await air.channel.playlist("v0", ReloadQuery()), await air.channel.manifest()]
    air.go(40)
    assert air.channel.presentation.windows["v0"].open_parts
    assert await air.channel.playlist("v0", ReloadQuery()) is rendered[0]
    assert await air.channel.manifest() is rendered[1]


async def test_the_announced_part_is_waited_for(air: Air) -> None:
    air.go(70)
    name = air.channel.packager.windows["v0"].hinted
    assert name is not None
    assert air.channel.announced(name)
    waiting = asyncio.create_task(air.channel.media(name))
    await asyncio.sleep(0)
    air.go(7)
    assert await waiting == air.channel.spool.get(name)
    assert not air.channel.announced(name)
    assert await air.channel.media("v0/1-99.m4s") is None


async def test_the_end_answers_everybody(air: Air) -> None:
    air.go(70)
    window = air.channel.packager.windows["v0"]
    waiting = asyncio.create_task(air.channel.playlist("v0", ReloadQuery(window.open_msn + 1)))
    hinted = asyncio.create_task(air.channel.media(str(window.hinted)))
    await asyncio.sleep(0)
    await air.channel.finish()
    assert b"#EXT-X-ENDLIST" in (await waiting).plain
    await hinted


async def test_what_goes_on_elsewhere_stays_live_for_dash_players(air: Air, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel_module, "FAREWELL_S", 0.0)
    air.go(70)
    await air.channel.suspend()
    assert b'type="dynamic"' in (await air.channel.manifest()).plain


async def test_what_cannot_be_is_refused(air: Air) -> None:
    air.go(70)
    for rendition, query, code in (
        ("v1", ReloadQuery(), "not_found"),
        ("v0", ReloadQuery(99), "bad_reload"),
    ):
        assert air.channel.can_answer(rendition, query)
        with pytest.raises(Problem) as caught:
            await air.channel.playlist(rendition, query)
        assert caught.value.code == code


async def test_a_playlist_is_rendered_once_until_it_changes(air: Air) -> None:
    air.go(70)
    first = await air.channel.playlist("v0", ReloadQuery())
    assert await air.channel.playlist("v0", ReloadQuery()) is first
    air.go(6)
    assert await air.channel.playlist("v0", ReloadQuery()) is not first


async def test_the_manifest_waits_for_the_first_segment_and_is_rendered_once_until_it_changes(
    air: Air, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = asyncio.create_task(air.channel.manifest())
    await asyncio.sleep(0)
    air.go(70)
    first = await waiting
    assert first.kind == b"application/dash+xml"
    assert b'type="dynamic"' in first.plain
    assert await air.channel.manifest() is first
    air.pause()
    assert await air.channel.manifest() is not first
    await air.channel.finish()
    assert b"mediaPresentationDuration" in (await air.channel.manifest()).plain
    monkeypatch.setattr(channel_module, "FAREWELL_S", 0.0)
    assert b'type="static"' in (await air.channel.manifest()).plain
