from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.origin.cli.shell import Shell


def test_wrong_settings_are_wrong_usage(closed: Shell) -> None:
    result = closed.run("doctor", HEADWATER_HTTP_BIND="nonsense")
    assert result.exit_code == 2
    assert "http_bind" in result.output


def test_no_server_and_no_key_are_failures_that_say_what_to_do(closed: Shell) -> None:
    result = closed.run("stream", "list")
    assert (result.exit_code, "HEADWATER_API_KEY" in result.output) == (1, True)
    result = closed.run("stream", "list", HEADWATER_API_KEY="hw_x")
    assert (result.exit_code, "does not answer" in result.output) == (1, True)


def test_a_wrong_key_is_refused_by_the_server(shell: Shell) -> None:
    result = shell.run("stream", "list", HEADWATER_API_KEY="hw_" + "a" * 32)
    assert (result.exit_code, "unauthorized" in result.output) == (1, True)


def test_each_address_is_a_line_to_copy(shell: Shell) -> None:
    stream = shell.made("stream", "create", "News", "--playback", "public")
    signed = shell.run("token", "sign", "--playback-id", stream["playback_id"]).stdout
    for said in (signed, shell.run("stream", "create", "More", "--playback", "public").stdout):
        lines = dict(line.split(maxsplit=1) for line in said.splitlines())
        assert lines["hls"].startswith("http://")
        assert lines["hls"].endswith("/index.m3u8")
        assert lines["dash"].endswith("/manifest.mpd")


def test_config_may_stand_on_either_side(closed: Shell) -> None:
    path = closed.folder / "some.toml"
    path.write_text('rtmp_bind = "x"\n')
    for words in (["--config", str(path), "doctor"], ["doctor", "--config", str(path)]):
        result = closed.run(*words, HEADWATER_RTMP_BIND="")
        assert (result.exit_code, "rtmp_bind" in result.output) == (2, True)
