"""`headwater stream`: streams of a running server, over its API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from origin.cli.common import every, json_option, show, show_table, with_client

if TYPE_CHECKING:
    from origin.cli.common import Client

_SHOWN: Final = (
    "id", "name", "state", "rtmp_url", "rtmps_url", "stream_key", "playback_id", "latency", "playback",
    "dvr_window_s", "reconnect_window_s", "record", "keep_s", "urls",
)  # fmt: skip
_COLUMNS: Final = ("id", "state", "name", "playback_id", "latency", "playback")
_SECONDS: Final[dict[str, Any]] = {"metavar": "SECONDS", "type": int}


@click.group("stream")
def command() -> None:
    """Make, list and delete streams."""


@command.command("create")
@click.argument("name")
@click.option("--latency", type=click.Choice(["low", "standard"]), help="low if left out.")
@click.option("--playback", type=click.Choice(["signed", "public"]), help="signed if left out.")
@click.option("--dvr-window-s", **_SECONDS, help="How far viewers can go back; 60 if left out.")
@click.option("--reconnect-window-s", **_SECONDS, help="How long a broadcast waits for its publisher; 60 if left out.")
@click.option("--record", is_flag=True, default=None, help="Keep each broadcast as an asset.")
@click.option("--keep-s", **_SECONDS, help="For how long recordings are kept; for ever if left out.")
@json_option
@with_client
def create(client: Client, *, as_json: bool, **fields: Any) -> None:
    """Make a stream called NAME, and show its stream key: the only time that it is shown."""
    body = {name: value for name, value in fields.items() if value is not None}
    show(client.call("POST", "/v1/streams", body), as_json=as_json, fields=_SHOWN)


@command.command("list")
@json_option
@with_client
def list_streams(client: Client, *, as_json: bool) -> None:
    """List all streams, newest first."""
    show_table(every(client, "/v1/streams"), as_json=as_json, columns=_COLUMNS)


@command.command("rotate-key")
@click.argument("stream_id")
@json_option
@with_client
def rotate_key(client: Client, stream_id: str, *, as_json: bool) -> None:
    """Make a new stream key; the old one stops working for the next connection."""
    show(client.call("POST", f"/v1/streams/{stream_id}/rotate-key"), as_json=as_json, fields=_SHOWN)


@command.command("delete")
@click.argument("stream_id")
@with_client
def delete(client: Client, stream_id: str) -> None:
    """Delete a stream; a broadcast that is on the air ends."""
    client.call("DELETE", f"/v1/streams/{stream_id}")
