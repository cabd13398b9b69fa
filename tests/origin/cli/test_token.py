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
