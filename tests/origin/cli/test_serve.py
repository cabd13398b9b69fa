from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.origin.cli.shell import Shell


def test_wrong_settings_stop_it_before_it_starts(closed: Shell) -> None:
    result = closed.run("serve", HEADWATER_RTMP_BIND="nonsense")
    assert (result.exit_code, "rtmp_bind" in result.output) == (2, True)
    assert list(closed.folder.iterdir()) == []
