"""Two nodes write one stream in turn, stall, wake up, die and lose their lease in any order, and a viewer asks both.

No address that it was ever told gives two different bodies, whole or broken off, at whichever node and however late; no
media sequence number goes back, and none is given to two segments.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urljoin

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from origin.catalog import streams, tenants
from origin.catalog.database import Catalog
from origin.catalog.ids import DEFAULT_TENANT, secret_hash
from origin.catalog.streams import NewStream
from origin.errors import Problem
from origin.live import channel, crossing, distant, opening, production, relay, tenure
from origin.live.publication import Publication
from origin.web.playback import Playback
from packager.names import is_part
from tests.origin.live.house import media_sequence
from tests.origin.live.site import KEY, Site
from tests.packager.dash_viewer import read
from tests.support.frames import VIDEO, pictures, push_all

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable

    import pytest

    from origin.live.director import Director

NODES: Final = st.sampled_from([0, 1])
BASE: Final = "/play/token/pb_one/"
QUICK: Final = {
    channel: ("HOLD_TARGETS", "PART_HOLD_TARGETS", "HOLD_BEFORE_READY_S"),
    crossing: ("HAND_OVER_S",),
    distant: ("STILL_S", "RECHECK_S"),
    opening: ("PROMPT_S",),
    production: ("SETTLE_S",),
    relay: ("TELL_S", "RETRY_S", "GLANCE_S"),
}
"""Waits of seconds, whose length does not matter here."""
PATIENCE_S: Final = 10.0
AGAIN: Final = 12
"""Parts that are asked for again after each step, beside the newest and all segments; all of them are in the end."""


class Reached:
    """Something that a node reaches over a line, while it is awake: a call that it makes asleep is made later."""

    def __init__(self, inner: Any, awake: asyncio.Event) -> None:
        self._inner = inner
        self._awake = awake

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._inner, name)
        if not asyncio.iscoroutinefunction(method):
            return method

        async def call(*args: Any) -> Any:
            await self._awake.wait()
            return await method(*args)

        return call


class Node:
    """One process: its director, what it answers viewers with, and the encoder that it has."""

    def __init__(self, site: Site, name: str) -> None:
        self.awake = asyncio.Event()
        self.awake.set()
        shared = site.catalog, site.store, site.journal
        for field, inner in zip(("catalog", "store", "journal"), shared, strict=True):
            setattr(site, field, Reached(inner, self.awake))
        self.director: Director = site.node(name)
        site.catalog, site.store, site.journal = shared
        services: Any = SimpleNamespace(
            keyring=SimpleNamespace(verify=lambda *_, **__: None),
            store=site.store,
            random=os.urandom,
            settings=SimpleNamespace(trusted_proxies=()),
        )
        nothing: Any = SimpleNamespace(find=_nobody)
        self.playback = Playback(services, self.director, nothing, nothing)
        self.publication: Publication | None = None
        self.sent_ms = 0

    async def get(self, path: str) -> tuple[int, dict[bytes, bytes], bytes, bool]:
        """Status, headers, and as much of the body as came; whether that is all."""
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        raw = path.encode()
        scope: Any = {
            "type": "http",
            "method": "GET",
            "raw_path": raw,
            "query_string": b"",
            "headers": [],
            "client": None,
        }
        patient: Any = asyncio.Event().wait
        await self.playback(scope, patient, send)
        body = b"".join(message.get("body", b"") for message in sent[1:])
        return sent[0]["status"], dict(sent[0]["headers"]), body, not sent[-1].get("more_body", False)

    def die(self) -> None:
        """Nothing that it does from now on reaches anybody."""
        self.awake.clear()
        for run in self.director._runs:
            run.cancel()


async def _nobody(_playback_id: str) -> None:
    return None


class Addresses(RuleBasedStateMachine):
    """`told` are the addresses, each with the longest body that came and whether that was whole."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.runner = asyncio.Runner()
        self.told: dict[str, tuple[bytes, bool]] = {}
        self.numbers: dict[int, str] = {}
        self.reached = [-1, -1]
        self.asked = self.processes = 0
        self.run(self._set_up())

    async def _set_up(self) -> None:
        self.catalog = Catalog.open(f"sqlite:///{self.folder}/catalog.db")
        self.site = Site(self.catalog, self.folder / "logs")
        new = NewStream(
            "st_a", DEFAULT_TENANT, "test", secret_hash(KEY), "pb_one", dvr_window_s=6, reconnect_window_s=3_600
        )
        await self.catalog.write(lambda conn: tenants.ensure_default(conn, self.site.now))
        self.site.stream = await self.catalog.write(lambda conn: streams.create(conn, new, self.site.now))
        self.nodes = [self._node(), self._node()]

    def _node(self) -> Node:
        self.processes += 1
        return Node(self.site, f"no_{self.processes}")

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(asyncio.wait_for(work, PATIENCE_S))

    def teardown(self) -> None:
        try:
            for node in self.nodes:
                node.awake.set()
            self.run(self._look())
            self.run(self._ask(self.told))
        finally:
            self.runner.close()
            self.catalog.close()
            shutil.rmtree(self.folder)

    @initialize()
    def begin(self) -> None:
        self.run(self._publish(self.nodes[0]))

    @rule(place=NODES)
    def publish(self, place: int) -> None:
        self.run(self._publish(self.nodes[place]))

    async def _publish(self, node: Node) -> None:
        if not node.awake.is_set():
            return
        try:
            publication = await node.director.open(KEY, "rtmp", "127.0.0.1")
        except Problem:  # another node has it, or the journal is away
            return
        assert isinstance(publication, Publication)
        publication.set_track(VIDEO)
        node.publication, node.sent_ms = publication, 0
        await self._send(node, 2.5)

    @rule(place=NODES, seconds=st.sampled_from([0.3, 1.0, 2.1, 7.0]))
    def send(self, place: int, seconds: float) -> None:
        """Also to a node that is asleep: its system takes it, and it makes what it can of it when it wakes up."""
        self.run(self._send(self.nodes[place], seconds))

    async def _send(self, node: Node, seconds: float) -> None:
        if node.publication and not node.publication.farewell.done():
            push_all(node.publication, pictures(seconds, start_ms=node.sent_ms))
            node.sent_ms += round(seconds * 1_000)
        await _a_while()

    @rule(place=NODES)
    def stall(self, place: int) -> None:
        self.nodes[place].awake.clear()

    @rule(place=NODES)
    def wake(self, place: int) -> None:
        self.nodes[place].awake.set()

    @rule(place=NODES, seconds=st.sampled_from([0.3, 2.1, 7.0]), wakes_after_ms=st.none() | st.integers(0, 12))
    def take_over(self, place: int, seconds: float, wakes_after_ms: int | None) -> None:
        """From a node that falls asleep while its encoder goes on, and wakes up meanwhile, or later."""
        self.stall(place)
        self.leases_run_out()
        self.run(self._take_over(self.nodes[1 - place], self.nodes[place], seconds, wakes_after_ms))

    async def _take_over(self, heir: Node, sleeper: Node, seconds: float, wakes_after_ms: int | None) -> None:
        await self._send(sleeper, seconds)
        heir.awake.set()
        taking = asyncio.create_task(self._publish(heir))
        if wakes_after_ms is not None:
            await asyncio.sleep(wakes_after_ms / 1_000)
            sleeper.awake.set()
        await taking

    @rule()
    def leases_run_out(self) -> None:
        self.site.now += tenure.SHARED_TTL_S + 1

    @rule(place=NODES)
    def crash(self, place: int) -> None:
        self.nodes[place].die()
        self.nodes[place] = self.run(self._restart())

    async def _restart(self) -> Node:
        return self._node()

    @invariant()
    def what_was_told_stays(self) -> None:
        self.run(self._look())
        parts = [name for name in self.told if is_part(name)]
        self.asked += AGAIN
        again = {parts[(self.asked + step) % len(parts)] for step in range(AGAIN)} if parts else set()
        self.run(self._ask({*parts[-AGAIN:], *again, *(self.told.keys() - parts)}))

    async def _look(self) -> None:
        for place, node in enumerate(self.nodes):
            if node.awake.is_set():
                status, _, playlist, _ = await node.get(f"{BASE}v0/index.m3u8")
                if status == 200:
                    self._read(place, playlist.decode())
                status, _, manifest, _ = await node.get(f"{BASE}manifest.mpd")
                if status == 200:
                    for period in read(manifest.decode()):
                        for lane in period.lanes:
                            folder = f"v0/{lane.folder}/" if lane.folder else "v0/"
                            self._hear(folder + each.name.rpartition("/")[2] for each in lane.segments)

    def _read(self, place: int, playlist: str) -> None:
        first = media_sequence(playlist)
        assert first >= self.reached[place], "it went back"
        self.reached[place] = first
        segments = re.findall(r"^[^#\n]+\.m4s$", playlist, re.MULTILINE)
        for number, file in enumerate(segments, first):
            assert self.numbers.setdefault(number, file) == file, "a number has two segments"
        others = re.findall(r'(?:MAP|PART|PRELOAD-HINT):.*?URI="([^"]+)"', playlist)
        self._hear(f"v0/{file}" for file in (*segments, *others))

    def _hear(self, names: Iterable[str]) -> None:
        for name in names:
            self.told.setdefault(name, (b"", False))

    async def _ask(self, names: Iterable[str]) -> None:
        answers = [self._compare(node, name) for node in self.nodes if node.awake.is_set() for name in tuple(names)]
        await asyncio.gather(*answers)

    async def _compare(self, node: Node, name: str) -> None:
        status, headers, body, whole = await node.get(BASE + name)
        if status == 307:
            name = urljoin(BASE + name, headers[b"location"].decode()).removeprefix(BASE)
            status, _, body, whole = await node.get(BASE + name)
        if status == 200:
            name = re.sub(r"period-\d+/", "", name)  # the same file
            before, was_whole = self.told.get(name, (b"", False))
            shorter, longer = sorted((body, before), key=len)
            assert longer.startswith(shorter), name
            assert not (whole and len(body) < len(longer)), name
            assert not (was_whole and len(before) < len(longer)), name
            self.told[name] = (longer, whole or was_whole)
        else:
            assert status in {204, 404, 503}, status


async def _a_while() -> None:
    """For threads and tasks to do what they would in a moment."""
    for _ in range(5):
        await asyncio.sleep(0.002)


def test_no_address_has_two_bodies(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, names in QUICK.items():
        for name in names:
            monkeypatch.setattr(module, name, 0.02)
    run_state_machine_as_test(
        Addresses,
        settings=settings(
            max_examples=20, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
