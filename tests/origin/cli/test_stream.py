from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.origin.cli.shell import Shell


def test_a_stream_s_life(shell: Shell) -> None:
    stream = shell.made("stream", "create", "News", "--latency", "standard", "--dvr-window-s", "600")
    assert (stream["name"], stream["latency"], stream["dvr_window_s"]) == ("News", "standard", 600)
    listed = shell.run("stream", "list")
    assert stream["id"] in listed.stdout
    assert stream["stream_key"] not in listed.stdout
    assert shell.made("stream", "rotate-key", stream["id"])["stream_key"] != stream["stream_key"]
    assert shell.run("stream", "delete", stream["id"]).exit_code == 0
    again = shell.run("stream", "delete", stream["id"])
    assert again.exit_code == 1
    assert "not_found" in again.output
    assert shell.run("stream", "list", "--json").stdout == ""


def test_plain_output_is_for_people(shell: Shell) -> None:
    result = shell.run("stream", "create", "News")
    lines = dict(line.split(None, 1) for line in result.stdout.splitlines())
    assert lines["name"] == "News"
    assert lines["stream_key"].startswith("sk_")
    assert lines["rtmp_url"] == "rtmp://127.0.0.1:1935/live"
