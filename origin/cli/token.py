"""`headwater token`: delivery tokens. Signing and revoking is the server's; a token can be read anywhere."""

from __future__ import annotations

import os
import re
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

import click
import httpx
import jwt

from cdn import token as tokens
from origin.cli.common import Failed, json_option, show, with_client, with_settings

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from origin.cli.common import Client
    from origin.config import Settings

_SIGNED: Final = ("token", "jti", "expires_at", "urls")
_READ: Final = ("state", "scope", "sub", "path", "exp", "jti", "tn", "sid", "iat", "nbf", "ip")

_A_TOKEN: Final = re.compile(r"eyJ[A-Za-z0-9_-]{8}")
"""How each JWT begins, alone or in an address: the base64url of `{"`."""
_WHY_NOT: Final = (
    "a token is not taken as an argument: it would stay in the shell's history, and every user of the machine could "
    "read it in the list of processes. Type `headwater token inspect -`, paste the token, press Enter and Ctrl-D; "
    "or name a file that holds it. If others use this machine, revoke the token that you have just typed."
)


@click.group("token")
def command() -> None:
    """Sign, read and revoke delivery tokens."""


@command.command("sign")
@click.option("--playback-id", metavar="pb_…", help="Let a viewer play this.")
@click.option("--stream-id", metavar="st_…", help="Let somebody publish this; the token stands for the stream key.")
@click.option("--ttl-s", type=int, metavar="SECONDS", help="How long it is good for; 6 hours if left out.")
@click.option("--ip", metavar="ADDRESS", help="The only network address that may use it.")
@json_option
@with_client
def sign(client: Client, *, as_json: bool, **fields: Any) -> None:
    """Make a token for one stream."""
    if (fields["playback_id"] is None) == (fields["stream_id"] is None):
        raise click.UsageError("Give either --playback-id or --stream-id.")
    body = {name: value for name, value in fields.items() if value is not None}
    body["scope"] = "play" if "playback_id" in body else "publish"
    show(client.call("POST", "/v1/tokens", body), as_json=as_json, fields=_SIGNED)


@command.command("revoke")
@click.argument("jti")
@with_client
def revoke(client: Client, jti: str) -> None:
    """Make the token with this JTI open nothing any more."""
    client.call("DELETE", f"/v1/tokens/{jti}")


class TokenFile(click.File):
    """A file, or - for standard input. A token in the file's place is refused in words that do not repeat it."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Open the file, as `click.File` does."""
        if isinstance(value, str) and _A_TOKEN.search(value) and not os.path.lexists(value):
            self.fail(_WHY_NOT, param, ctx)
        return super().convert(value, param, ctx)


@command.command("inspect")
@click.argument("token", type=TokenFile(), metavar="FILE|-")
@click.option("--server", metavar="URL", help="The server whose public keys to check with; that of the settings.")
@json_option
@with_settings
def inspect(settings: Settings, token: Any, server: str | None, *, as_json: bool) -> None:
    """Check a token's signature and time, and show what it opens.

    The token is read from FILE, or from standard input where that is -: type `headwater token inspect -`, paste the
    token, press Enter and Ctrl-D. As an argument it is not taken: it would stay in the shell's history, and every user
    of the machine could read it in the list of processes.

    Whether it was revoked is known to the server alone.
    """
    text = token.read(tokens.MAX_TOKEN_CHARS + 2).strip()
    try:
        claims = tokens.read(text, _public_keys(server or settings.base_url()))
    except tokens.TokenError as error:
        raise Failed(str(error)) from error
    show({"state": _state(claims, time.time()), **asdict(claims)}, as_json=as_json, fields=_READ)


def _state(claims: tokens.Claims, now: float) -> str:
    if claims.exp is not None and now >= claims.exp:
        return "expired"
    return "not valid yet" if now < claims.nbf else "good"


def _public_keys(server: str) -> dict[str, Ed25519PublicKey]:
    try:
        answer = httpx.get(f"{server}/.well-known/jwks.json", timeout=10.0).raise_for_status()
        keys = jwt.PyJWKSet.from_dict(answer.json()).keys
    except (httpx.HTTPError, ValueError, jwt.PyJWTError) as error:
        raise Failed(f"The public keys of {server} cannot be read: {error}") from error
    return {str(key.key_id): key.key for key in keys}
