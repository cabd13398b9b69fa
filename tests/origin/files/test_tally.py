from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from origin.files.tally import FLUSH_BYTES, FLUSH_S, BrokenError, OverfullError, Tally


def test_it_is_time_to_flush_after_so_many_bytes_or_so_long() -> None:
    tally = Tally(1 << 30, 0)
    tally.take(FLUSH_BYTES)
    tally.wrote(FLUSH_BYTES - 1, 10.0)
    assert not tally.is_due(10.0 + FLUSH_S / 2)
    assert tally.is_due(10.0 + FLUSH_S)
    tally.wrote(1, 10.0)
    assert tally.is_due(10.0)
    tally.flushed(tally.flush_begins())
    assert not tally.is_due(1e9)
    assert tally.unflushed == 0


def test_what_was_written_during_a_flush_is_not_covered() -> None:
    tally = Tally(100, 0)
    tally.take(20)
    tally.wrote(10, 0.0)
    mark = tally.flush_begins()
    tally.wrote(10, 0.5)
    tally.flushed(mark)
    assert (tally.unflushed, tally.is_due(FLUSH_S)) == (10, True)
    with pytest.raises(ValueError, match="flushed"):
        tally.noted(20)
    tally.noted(10)
    assert tally.durable == 10


def test_more_than_was_announced_is_not_taken() -> None:
    tally = Tally(10, 4)
    tally.take(6)
    with pytest.raises(OverfullError):
        tally.take(1)
    with pytest.raises(ValueError, match="written"):
        tally.wrote(7, 0.0)
    assert (tally.taken, tally.full) == (10, False)


def test_after_an_error_there_is_no_next_flush() -> None:
    tally = Tally(10, 0)
    tally.take(5)
    tally.wrote(5, 0.0)
    mark = tally.flush_begins()
    tally.flush_failed()
    for again in (tally.flush_begins, lambda: tally.flushed(mark)):
        with pytest.raises(BrokenError):
            again()
    assert tally.durable == 0


class Interleavings(RuleBasedStateMachine):
    """One file on a disk with a cache, one catalog, writers that come, are put out, and crash in any step.

    Whatever is told to a client (`noted` in the catalog) must be on the disk for good, and never becomes less.
    """

    length = 1000

    @initialize()
    def begin(self) -> None:
        self.stable = self.cached = self.noted = self.told = 0
        """Bytes of the file that a power cut leaves, that a reader sees, that the catalog has, that a client heard."""
        self.fence, self.state = 0, "open"
        self.writers: list[tuple[int, Tally]] = []
        self.marks: dict[int, int] = {}

    @rule()
    def a_writer_takes_over(self) -> None:
        """The one before is put out first, and has brought to safety what it has (or died)."""
        for fence, tally in self.writers:
            if not tally.broken and fence == self.fence and self.state == "open":
                self.flush(fence, tally)
        self.fence += 1
        self.cached = min(self.cached, self.noted)  # what lies behind is cut off
        assert self.cached == self.noted
        self.writers = [(self.fence, Tally(self.length, self.noted))]
        self.marks = {}

    @precondition(lambda self: self.writers)
    @rule(size=st.integers(0, 400))
    def bytes_come(self, size: int) -> None:
        with suppress(OverfullError):
            self.writers[-1][1].take(size)

    @precondition(lambda self: self.writers)
    @rule()
    def they_are_written(self) -> None:
        tally = self.writers[-1][1]
        if not tally.broken:
            size = tally.taken - tally.written
            tally.wrote(size, 0.0)
            self.cached = tally.written

    @precondition(lambda self: self.writers and not self.writers[-1][1].broken)
    @rule()
    def a_flush_begins(self) -> None:
        fence, tally = self.writers[-1]
        self.marks[fence] = tally.flush_begins()

    @precondition(lambda self: self.marks)
    @rule(works=st.booleans(), note=st.booleans())
    def a_flush_ends(self, *, works: bool, note: bool) -> None:
        fence, tally = self.writers[-1]
        mark = self.marks.pop(fence)
        if tally.broken:
            return
        if not works:
            tally.flush_failed()
            self.state = "failed"
            return
        self.stable = max(self.stable, mark)
        tally.flushed(mark)
        if note and self.state == "open":
            self.noted = max(self.noted, mark)
            tally.noted(mark)

    @rule()
    def the_process_is_killed(self) -> None:
        self.writers, self.marks = [], {}

    @rule()
    def the_power_goes(self) -> None:
        self.writers, self.marks = [], {}
        self.cached = self.stable

    @rule()
    def a_client_asks(self) -> None:
        if self.state == "open":
            assert self.noted >= self.told
            self.told = self.noted

    @invariant()
    def what_was_told_is_on_the_disk(self) -> None:
        if self.state == "open":
            assert self.told <= self.noted <= self.stable
            for fence, tally in self.writers:
                assert tally.durable <= self.noted
                assert fence <= self.fence
                assert tally.durable <= tally.written <= tally.taken <= self.length

    def flush(self, fence: int, tally: Tally) -> None:
        self.marks.pop(fence, None)
        tally.wrote(tally.taken - tally.written, 0.0)
        mark = tally.flush_begins()
        self.stable = max(self.stable, mark)
        tally.flushed(mark)
        self.noted = max(self.noted, mark)
        tally.noted(mark)
        self.cached = tally.written


TestInterleavings = Interleavings.TestCase
