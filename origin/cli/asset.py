"""`headwater asset`: recordings of a running server, over its API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from origin.cli.common import every, json_option, show, show_table, with_client

if TYPE_CHECKING:
    from origin.cli.common import Client

_SHOWN: Final = (
    "id", "name", "state", "progress", "error", "duration_s", "playback_id", "playback", "stream_id", "broadcast_id",
    "keep_s", "expires_at", "urls",
)  # fmt: skip
_COLUMNS: Final = ("id", "state", "duration_s", "name", "playback_id", "playback")


@click.group("asset")
def command() -> None:
    """List, show, keep and delete recordings."""


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
