from __future__ import annotations

import pytest

from origin.bus.journals import scripts
from origin.bus.redis_link import RedisLink
from tests.support.redis import empty_server

SCRIPTS = [kept for kept in vars(scripts).values() if isinstance(kept, scripts.Script)]


@pytest.mark.parametrize("script", SCRIPTS, ids=range(len(SCRIPTS)))
async def test_redis_takes_the_script_and_names_it_as_we_do(script: scripts.Script) -> None:
    link = RedisLink.open(empty_server().url)
    assert await link.do("SCRIPT", "LOAD", script.text) == script.sha.encode()
    await link.close()


def test_no_two_scripts_are_one() -> None:
    assert len({script.sha for script in SCRIPTS}) == len(SCRIPTS) == 7
