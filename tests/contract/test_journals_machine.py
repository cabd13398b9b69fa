"""Two writers, two readers and a journal that may be emptied at any time, in any order.

Whatever happens, a reader that applies what it is given is in a state that a writer has been in, the one of the number
that the reader has reached; and nothing that a writer tells after a higher epoch has begun is ever seen.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from origin.bus.journals.protocol import Bounds, Fenced, Forgotten, Journal, Past, Told
from origin.bus.journals.table import JOURNALS
from origin.bus.protocol import Lost
from tests.contract.journals import OPENERS, Shared

PATIENCE_S: Final = 30.0
WRITERS: Final = st.sampled_from(["one", "two"])
State = tuple[str, ...]


def written(state: State) -> bytes:
    return json.dumps(state).encode()


def read(past: Past) -> State:
    return (*json.loads(past.snapshot), *[entry.decode() for entry in past.entries])


class Writer:
    """One node's idea of the broadcast."""

    def __init__(self, journal: Journal, epoch: int) -> None:
        self.journal = journal
        self.epoch = epoch
        self.state: State = ()


class Reader:
    """Applies what it is given, and reads the past again where something is missing."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._following = journal.follow("bc_a")
        self.sequence = 0
        self.state: State = ()

    async def enter(self) -> None:
        await self._following.__aenter__()

    async def leave(self) -> None:
        await self._following.__aexit__(None, None, None)

    async def catch_up(self) -> None:
        """Follow until the journal has no more."""
        reached = await self._journal.sequence("bc_a")
        while reached is not None and self.sequence < reached:
            async with asyncio.timeout(PATIENCE_S):
                told = await anext(self._following)
            if isinstance(told, Lost) or told.sequence > self.sequence + 1:
                await self.look()
            else:
                self._apply(told)

    async def look(self) -> None:
        """Ask for what is new."""
        past = await self._journal.past("bc_a", self.sequence)
        if past is None:
            return
        assert past.sequence >= self.sequence
        self.sequence = past.sequence
        self.state = read(past) if past.snapshot else (*self.state, *[entry.decode() for entry in past.entries])

    def _apply(self, told: Told) -> None:
        known = self.sequence + 1 - told.sequence
        if known < len(told.entries):
            self.sequence = told.last
            self.state = (*self.state, *[entry.decode() for entry in told.entries[known:]])


class Histories(RuleBasedStateMachine):
    """`states` has what each number stands for, `highest` the epoch that fences, `base` the snapshot's number."""

    kind: str

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.opened = OPENERS[self.kind](Bounds(entries=20))
        self.shared: Shared = self.run(self.opened.__aenter__())
        self.writers = {"one": Writer(self.shared.one, 1), "two": Writer(self.shared.two, 2)}
        self.follower, self.poller = Reader(self.shared.reader), Reader(self.shared.reader)
        self.run(self.follower.enter())
        self.states: dict[int, State] = {0: ()}
        self.highest, self.granted = 0, 2
        self.base: int | None = None
        self.based = True
        self.last = self.told = 0

    def run(self, work: Any) -> Any:
        return self.runner.run(work)

    def teardown(self) -> None:
        self.run(self.follower.leave())
        self.run(self.opened.__aexit__(None, None, None))
        self.runner.close()

    def reach(self, sequence: int, state: State) -> None:
        assert sequence not in self.states
        assert sequence > max(self.states)
        self.states[sequence] = state
        self.last = sequence

    @rule(name=WRITERS)
    def acquire(self, name: str) -> None:
        """The catalog gives the lease; the writer reads what its predecessors told, which may go on meanwhile."""
        writer = self.writers[name]
        self.granted += 1
        writer.epoch = self.granted
        past = self.run(writer.journal.past("bc_a"))
        writer.state = read(past) if past else ()

    @rule(name=WRITERS)
    def fence(self, name: str) -> None:
        """From then on the past is the last word of whoever wrote before."""
        writer = self.writers[name]
        fenced = writer.journal.fence("bc_a", writer.epoch)
        if writer.epoch < self.highest:
            with pytest.raises(Fenced):
                self.run(fenced)
            return
        self.run(fenced)
        if self.highest and writer.epoch > self.highest:
            self.highest, self.based = writer.epoch, False

    @rule(name=WRITERS)
    def begin(self, name: str) -> None:
        writer = self.writers[name]
        begun = writer.journal.begin("bc_a", writer.epoch, written(writer.state))
        if writer.epoch < self.highest:
            with pytest.raises(Fenced):
                self.run(begun)
            return
        self.base = self.run(begun)
        assert self.base is not None
        self.reach(self.base, writer.state)
        self.highest, self.based = writer.epoch, True

    @rule(name=WRITERS, count=st.integers(0, 5))
    def tell(self, name: str, count: int) -> None:
        writer = self.writers[name]
        entries = [f"{name}:{writer.epoch}:{self.told + number}" for number in range(count)]
        told = writer.journal.tell("bc_a", writer.epoch, [entry.encode() for entry in entries], {name: [b"body"]})
        full = self.base is not None and self.last - self.base + count > 20
        if not self.may_write(writer, told, full=full):
            return
        for number, entry in enumerate(entries):
            writer.state = (*writer.state, entry)
            self.reach(self.last + 1, writer.state)
            self.told += 1
            assert number < count
        assert self.run(told) == self.last

    @rule(name=WRITERS, share=st.floats(0, 1))
    def rebase(self, name: str, share: float) -> None:
        writer = self.writers[name]
        sequence = self.last if self.base is None else self.base + int(share * (self.last - self.base))
        rebased = writer.journal.rebase("bc_a", writer.epoch, sequence, written(self.states[sequence]))
        if self.may_write(writer, rebased):
            self.run(rebased)
            self.base = sequence

    def may_write(self, writer: Writer, attempt: Any, *, full: bool = False) -> bool:
        if writer.epoch < self.highest:
            refusal: type[Exception] = Fenced
        elif self.base is None or writer.epoch > self.highest or not self.based or full:
            refusal = Forgotten
        else:
            return True
        with pytest.raises(refusal):
            self.run(attempt)
        return False

    @rule(name=WRITERS)
    def forget(self, name: str) -> None:
        writer = self.writers[name]
        forgotten = writer.journal.forget("bc_a", writer.epoch)
        if writer.epoch < self.highest:
            with pytest.raises(Fenced):
                self.run(forgotten)
            return
        self.run(forgotten)
        self.base = None
        self.highest = writer.epoch if self.highest else 0

    @rule()
    def wipe(self) -> None:
        self.run(self.shared.wipe())
        self.highest, self.base = 0, None

    @precondition(lambda self: self.base is not None)
    @rule()
    def follow(self) -> None:
        self.run(self.follower.catch_up())
        assert self.follower.sequence == self.last

    @rule()
    def poll(self) -> None:
        self.run(self.poller.look())
        assert self.base is None or self.poller.sequence == self.last

    @rule()
    def start_anew(self) -> None:
        self.poller = Reader(self.shared.reader)

    @invariant()
    def readers_are_where_a_writer_was(self) -> None:
        for reader in (self.follower, self.poller):
            assert reader.state == self.states[reader.sequence]

    @invariant()
    def the_journal_is_where_its_writer_is(self) -> None:
        past = self.run(self.shared.reader.past("bc_a"))
        if self.base is None:
            assert past is None
        else:
            assert past is not None
            assert (past.epoch, past.sequence, read(past)) == (self.highest, self.last, self.states[self.last])


@pytest.mark.parametrize("kind", list(JOURNALS))
def test_readers_never_see_what_no_writer_has_been(kind: str) -> None:
    machine = type("Machine", (Histories,), {"kind": kind})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
        ),
    )
