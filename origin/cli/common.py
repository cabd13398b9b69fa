"""What the commands share: settings, the HTTP client, and the two ways to print."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

import click

from origin.config import ConfigError, Settings, load_settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import httpx

TIMEOUT_S: Final = 30.0
"""Well above what any call takes, well below a person's patience."""
MAX_KEY_BYTES: Final = 1024
"""A key has 35 characters; whatever is longer is another file."""

F = TypeVar("F", bound=Callable[..., Any])


class Failed(click.ClickException):
    """The command could not do its work; exit status 1."""


def with_settings(command: F) -> F:
    """Give the command the settings as `settings`, and let `--config` stand behind its name, too."""

    @wraps(command)
    def wrapper(*args: Any, config: Path | None, **kwargs: Any) -> Any:
        return command(*args, settings=_settings(config or click.get_current_context().find_root().obj), **kwargs)

    file = click.Path(exists=True, dir_okay=False, path_type=Path)
    return click.option("--config", type=file, help="Settings in TOML.")(wrapper)  # type: ignore[return-value]  # a decorated F is an F to its users


def with_client(command: F) -> F:
    """Give the command a client of the server as `client`; adds `--server`."""

    @wraps(command)
    def wrapper(*args: Any, settings: Settings, server: str | None, **kwargs: Any) -> Any:
        with Client(server or settings.base_url(), _key(settings)) as client:
            return command(*args, client=client, **kwargs)

    help_text = "The server's address; that of the settings if left out."
    return with_settings(click.option("--server", metavar="URL", help=help_text)(wrapper))  # type: ignore[return-value]  # as above


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")


class Client:
    """The control API. Problems end the command with their sentence."""

    def __init__(self, server: str, key: str) -> None:
        import httpx  # noqa: PLC0415 - it takes longer to load than most commands that do without take to run

        self._http_error, self._invalid_url = httpx.HTTPError, httpx.InvalidURL
        self.server = server
        self._http = httpx.Client(base_url=server, headers={"Authorization": f"Bearer {key}"}, timeout=TIMEOUT_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def call(self, method: str, path: str, body: Mapping[str, object] | None = None, **query: str) -> Any:
        """Call, and give the JSON of the answer; None if it has no body."""
        try:
            answer = self._http.request(method, path, json=body, params=query)
        except self._http_error as error:
            raise Failed(f"{self._http.base_url} does not answer: {error}. Is the server running?") from error
        except self._invalid_url as error:
            raise click.UsageError(f"--server: {error}") from error
        if answer.is_error:
            raise Failed(problem_of(answer))
        return answer.json() if answer.content else None

    def send(
        self, method: str, path: str, headers: Mapping[str, str], content: Iterable[bytes] | None = None
    ) -> httpx.Response:
        """Ask once, and give whatever is answered; for who repeats by itself. Raises `httpx.TransportError`."""
        try:
            return self._http.request(method, path, headers=headers, content=content)
        except self._invalid_url as error:
            raise click.UsageError(f"--server: {error}") from error


def every(client: Client, path: str) -> list[Any]:
    """Read a whole list, page by page."""
    items: list[Any] = []
    cursor: str | None = ""
    while cursor is not None:
        page = client.call("GET", path, limit="200", cursor=cursor)
        items += page["items"]
        cursor = page["next_cursor"]
    return items


def show(value: Any, *, as_json: bool, fields: Sequence[str]) -> None:
    """Print one object: as JSON, or a line for each of the named members that it has."""
    if as_json:
        click.echo(json.dumps(value))
        return
    lines = [line for name in fields for line in _lines(name, value.get(name))]
    width = max((len(name) for name, _ in lines), default=0)
    for name, said in lines:
        click.echo(f"{name.ljust(width)}  {said}")


def show_table(values: Sequence[Mapping[str, Any]], *, as_json: bool, columns: Sequence[str]) -> None:
    """Print several objects: one JSON object a line, or a table."""
    if as_json:
        for value in values:
            click.echo(json.dumps(value))
        return
    rows = [columns, *([str(value.get(name, "")) for name in columns] for value in values)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(columns))]
    for row in rows:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _lines(name: str, value: Any) -> list[tuple[str, Any]]:
    """A member and what it says; one that has members of its own is a line for each of them, under its own name."""
    if isinstance(value, dict):
        return [line for inner in sorted(value) for line in _lines(inner, value[inner])]
    return [] if value in (None, "", []) else [(name, value)]


def _settings(config: Path | None) -> Settings:
    try:
        return load_settings(config, os.environ)
    except ConfigError as error:
        raise click.UsageError(str(error)) from error


def _key(settings: Settings) -> str:
    key = os.environ.get("HEADWATER_API_KEY", "").strip()
    if key:
        return key
    path = settings.data_dir / "admin.key"
    try:
        with path.open("r", encoding="ascii") as file:
            return file.read(MAX_KEY_BYTES).strip()
    except (OSError, UnicodeDecodeError):
        raise Failed(f"There is no API key: set HEADWATER_API_KEY, or let {path} be read.") from None


def problem_of(answer: httpx.Response) -> str:
    """Give what an answer that is an error says."""
    try:
        said = answer.json()
        return f"{said['detail']} ({said['code']}, request {said['request_id']})"
    except (ValueError, KeyError, TypeError):
        return f"The server answered {answer.status_code} {answer.reason_phrase}; is it a Headwater?"
