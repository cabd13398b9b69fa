from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from origin.catalog import assets, broadcasts, objects
from origin.catalog.database import Catalog

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from tests.origin.cli.shell import Shell


def recorded(shell: Shell) -> str:
    """The id of the asset of a broadcast that has ended."""
    stream = shell.made("stream", "create", "News", "--record", "--keep-s", "600")
    assert (stream["record"], stream["keep_s"]) == (True, 600)

    def work(conn: Connection) -> str:
        made = broadcasts.start(
            conn,
            id="bc_one",
            tenant_id="tn_default",
            stream_id=stream["id"],
            epoch=1,
            first_msn=0,
            now=1_000.0,
            recorded=True,
        )
        broadcasts.end(conn, made.id, 1_060.0, listed=True)
        return assets.id_of(made.id)

    catalog = Catalog.open(f"sqlite:///{shell.folder}/catalog.db")
    try:
        return catalog.write_now(work)
    finally:
        catalog.close()


def test_an_object_is_made_an_asset_of(shell: Shell) -> None:
    fields: dict[str, Any] = {"sha256": "ab" * 32, "content_type": "video/mp4", "created_at": 1_000.0}
    version = objects.Version("ve_a", "tn_default", "", "tn_default/objects/ve_a", 9, name="film.mp4", **fields)
    catalog = Catalog.open(f"sqlite:///{shell.folder}/catalog.db")
    try:
        catalog.write_now(lambda conn: objects.put(conn, version, "ob_a"))
    finally:
        catalog.close()
    made = shell.made("asset", "create", "ob_a", "--name", "Film", "--keep-s", "60")
    assert (made["name"], made["object_id"], made["keep_s"], made["playback"]) == ("Film", "ob_a", 60, "signed")
    lines = dict(line.split(None, 1) for line in shell.run("asset", "show", made["id"]).stdout.splitlines())
    assert lines["object_id"] == "ob_a"
    assert lines["job_id"].startswith("jb_")
    assert shell.run("asset", "create", "ob_none").exit_code == 1


def test_an_asset_s_life(shell: Shell) -> None:
    asset = recorded(shell)
    listed = shell.run("asset", "list")
    assert asset in listed.stdout
    assert "processing" in listed.stdout
    assert [json.loads(line)["id"] for line in shell.run("asset", "list", "--json").stdout.splitlines()] == [asset]
    lines = dict(line.split(None, 1) for line in shell.run("asset", "show", asset).stdout.splitlines())
    assert (lines["name"], lines["keep_s"]) == ("News", "600")
    assert shell.made("asset", "keep", asset)["keep_s"] is None
    assert shell.made("asset", "keep", asset, "--keep-s", "60")["keep_s"] == 60
    assert shell.run("asset", "delete", asset).exit_code == 0
    again = shell.run("asset", "show", asset)
    assert again.exit_code == 1
    assert "not_found" in again.output
