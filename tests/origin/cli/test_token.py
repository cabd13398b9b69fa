from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.origin.cli.shell import Shell


def test_a_token_s_life(shell: Shell) -> None:
    stream = shell.made("stream", "create", "News")
    token = shell.made("token", "sign", "--playback-id", stream["playback_id"], "--ttl-s", "60")
    assert token["urls"]["hls"].endswith(f"/{stream['playback_id']}/index.m3u8")
    seen = shell.run("token", "inspect", "-", "--json", stdin=token["token"] + "\n")
    said = json.loads(seen.stdout)
    assert (said["state"], said["sub"], said["jti"]) == ("good", stream["playback_id"], token["jti"])
    broken = shell.run("token", "inspect", "-", stdin=token["token"][:-9] + "AAAAAAAAA")
    assert broken.exit_code == 1
    assert shell.run("token", "revoke", token["jti"]).exit_code == 0
    assert shell.run("token", "revoke", "tn_x.y").exit_code == 1
    assert shell.made("token", "sign", "--stream-id", stream["id"])["token"]


def test_a_token_as_an_argument_is_refused_with_what_to_type_and_not_repeated(shell: Shell) -> None:
    stream = shell.made("stream", "create", "News")
    signed = shell.made("token", "sign", "--playback-id", stream["playback_id"])
    token = signed["token"]
    for words in (token, token[:60], signed["urls"]["hls"]):
        refused = shell.run("token", "inspect", words)
        assert refused.exit_code == 2
        assert "headwater token inspect -" in refused.output
        assert token[3:40] not in refused.output
    path = shell.folder / "eyJ-a-token-in-a-file"
    path.write_text(token + "\n")
    assert stream["playback_id"] in shell.run("token", "inspect", str(path)).stdout
    missing = shell.run("token", "inspect", "nowhere.txt")
    assert (missing.exit_code, "nowhere.txt" in missing.output) == (2, True)


def test_help_says_how_a_token_is_given(closed: Shell) -> None:
    said = " ".join(closed.run("token", "inspect", "--help").output.split())
    assert "headwater token inspect -" in said
    assert "history" in said
