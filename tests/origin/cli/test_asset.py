from __future__ import annotations

import json
from typing import TYPE_CHECKING

from origin.catalog import assets, broadcasts
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
