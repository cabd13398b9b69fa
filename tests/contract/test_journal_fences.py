"""What a journal does for a successor before it reads: the writer before it has said its last word then."""

from __future__ import annotations

import pytest

from origin.bus.journals.protocol import Bounds, Fenced, Forgotten, Past
from origin.bus.journals.table import JOURNALS
from tests.contract.journals import OPENERS


@pytest.mark.parametrize("kind", list(JOURNALS))
async def test_a_fence_keeps_all_that_is_there_and_takes_nothing_more_of_it(kind: str) -> None:
    async with OPENERS[kind](Bounds()) as shared:
        await shared.one.begin("bc_a", 3, b"0")
        last = await shared.one.tell("bc_a", 3, [b"1"], {"v0/1.m4s": [b"one"]})
        await shared.two.fence("bc_a", 4)
        await shared.two.fence("bc_b", 4)
        with pytest.raises(Fenced):
            await shared.one.tell("bc_a", 3, [b"2"], {"v0/2.m4s": [b"two"]})
        with pytest.raises(Fenced):
            await shared.one.fence("bc_a", 3)
        with pytest.raises(Forgotten):
            await shared.two.tell("bc_a", 4, [b"2"], {})
        past = await shared.two.past("bc_a")
        assert past == Past(4, last, b"0", (b"1",))
        assert await shared.reader.body("bc_a", "v0/1.m4s") == b"one"
        assert await shared.reader.body("bc_a", "v0/2.m4s") is None
        assert await shared.reader.past("bc_b") is None
        begun = await shared.two.begin("bc_a", 4, b"01")
        assert await shared.two.tell("bc_a", 4, [b"2"], {}) == begun + 1 > last + 1
