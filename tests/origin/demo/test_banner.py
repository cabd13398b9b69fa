from __future__ import annotations

from origin.demo.banner import banner


def test_the_last_lines_are_the_link_and_what_obs_asks_for() -> None:
    lines = banner("http://h/signin/si_x", "rtmp://h:1935/live", "sk_y").splitlines()
    assert [line.split()[-1] for line in lines[-3:]] == ["http://h/signin/si_x", "rtmp://h:1935/live", "sk_y"]
