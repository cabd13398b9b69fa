"""`headwater asset`: what a running server plays on demand, over its API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from origin.cli.common import every, json_option, show, show_table, with_client

if TYPE_CHECKING:
    from origin.cli.common import Client

_SHOWN: Final = (
    "id", "name", "state", "progress", "error", "duration_s", "playback_id", "playback", "stream_id", "broadcast_id",
    "object_id", "version_id", "job_id", "keep_s", "expires_at", "urls",
)  # fmt: skip
_COLUMNS: Final = ("id", "state", "progress", "duration_s", "name", "playback_id", "playback")


@click.group("asset")
def command() -> None:
    """Make assets from objects; list, show, keep and delete them, and recordings."""


@command.command("create")
@click.argument("object_id")
@click.option("--name", help="That of the object if left out.")
@click.option("--playback", type=click.Choice(["signed", "public"]), help="signed if left out.")
@click.option("--keep-s", type=int, metavar="SECONDS", help="For how long it is kept; for ever if left out.")
@json_option
@with_client
def create(client: Client, *, as_json: bool, **fields: Any) -> None:
    """Have an asset made from OBJECT_ID, as the object is now; `show` says how far it has come."""
    body = {name: value for name, value in fields.items() if value is not None}
    show(client.call("POST", "/v1/assets", body), as_json=as_json, fields=_SHOWN)


@command.command("list")
@json_option
@with_client
def list_assets(client: Client, *, as_json: bool) -> None:
    """List all assets, newest first."""
    show_table(every(client, "/v1/assets"), as_json=as_json, columns=_COLUMNS)


@command.command("show")
@click.argument("asset_id")
@json_option
@with_client
def show_asset(client: Client, asset_id: str, *, as_json: bool) -> None:
    """Show one asset."""
    show(client.call("GET", f"/v1/assets/{asset_id}"), as_json=as_json, fields=_SHOWN)


@command.command("keep")
@click.argument("asset_id")
@click.option("--keep-s", type=int, metavar="SECONDS", help="Counted from its creation; for ever if left out.")
@json_option
@with_client
def keep(client: Client, asset_id: str, keep_s: int | None, *, as_json: bool) -> None:
    """Say for how long an asset is kept."""
    show(client.call("PATCH", f"/v1/assets/{asset_id}", {"keep_s": keep_s}), as_json=as_json, fields=_SHOWN)


@command.command("delete")
@click.argument("asset_id")
@with_client
def delete(client: Client, asset_id: str) -> None:
    """Delete an asset, with everything that is stored of it."""
    client.call("DELETE", f"/v1/assets/{asset_id}")
