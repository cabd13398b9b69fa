"""Settings: a TOML file and the environment, read once at start into one frozen value.

`load_settings(path, environ)` knows the settings in `PARSERS` and no others; the environment (`HEADWATER_` and the
upper-case name) wins over the file. An unknown key in the file is an error, because a misspelt setting that is silently
ignored is found months later. Unknown variables are not: an orchestrator puts its own beside ours
(Kubernetes sets `HEADWATER_PORT` and `HEADWATER_SERVICE_HOST` for a service of that name).
Nothing here touches the disk but the file itself. What each setting means to an operator is in docs/configuration.md.
"""

from __future__ import annotations

import base64
import difflib
import tomllib
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

DEFAULT_FILE: Final = Path("headwater.toml")
ENVIRONMENT_PREFIX: Final = "HEADWATER_"
SECRET_BYTES: Final = 32
"""An AES-256 key."""
PART_TARGET_RANGE: Final = (0.2, 0.333)
"""Seconds. Shorter parts cost a request each and win nothing measurable; longer ones cost delay three times over."""
MAX_UPLOAD_BYTES: Final = 1 << 49
"""Half a petabyte: whatever is larger is a mistyped number, and file systems' own limits are near."""
MAX_PORT: Final = 0xFFFF
MAX_FILE_BYTES: Final = 1 << 20
"""A configuration has some twenty lines; whatever is larger is another file, named by mistake."""

Network = IPv4Network | IPv6Network


class ConfigError(Exception):
    """A setting is wrong; the sentence names it and says what to write instead. It never quotes a secret."""


class Address(NamedTuple):
    """Where a listener binds. Port 0 lets the system choose one."""

    host: str
    port: int

    def __str__(self) -> str:
        """As it is written in a URL: IPv6 addresses in brackets."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def reachable(self) -> Address:
        """The same port on a host that can be dialled: "every address" becomes the loopback one."""
        return Address({"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host), self.port)  # noqa: S104 - compared, not bound


SERVING: Final = frozenset({"api", "ingest", "delivery"})
"""What a server does beside jobs; it does all of it as yet."""
ROLES: Final = SERVING | {"worker"}

HTTP_BIND: Final = Address("127.0.0.1", 8080)
OPS_BIND: Final = Address("127.0.0.1", 8081)
RTMP_BIND: Final = Address("127.0.0.1", 1935)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every setting, checked and in its own type. A field that can be None says what None means."""

    data_dir: Path = Path("data")
    database_url: str = field(default="sqlite:///data/catalog.db", repr=False)
    """May hold a password."""
    store_url: str = "file:data/objects"
    bus_url: str = field(default="memory:", repr=False)
    """May hold a password."""
    http_bind: Address = HTTP_BIND
    ops_bind: Address = OPS_BIND
    rtmp_bind: Address = RTMP_BIND
    rtmps_bind: Address | None = None
    """None: off."""
    public_url: str | None = None
    """None: made from the bound HTTP address; see `base_url`. Without a trailing slash."""
    tls_cert: Path | None = None
    tls_key: Path | None = None
    secret: bytes | None = field(default=None, repr=False)
    """None: in the file `<data_dir>/secret` (`origin.catalog.secret_file`)."""
    trusted_proxies: tuple[Network, ...] = ()
    cors_origins: tuple[str, ...] = ()
    role: frozenset[str] = ROLES
    max_upload_bytes: int = 1 << 40
    """A terabyte: more than a day of a camera's master at 80 Mbit/s."""
    part_target_s: float = 0.2
    log_level: str = "info"
    log_format: str = "text"

    def base_url(self, http_address: Address | tuple[str, int] | None = None) -> str:
        """What links begin with: `public_url`, or else the address that HTTP was bound to (`http_bind` if not told)."""
        if self.public_url is not None:
            return self.public_url
        scheme = "https" if self.tls_cert else "http"
        return f"{scheme}://{Address(*(http_address or self.http_bind)).reachable}"


def load_settings(path: Path | None, environ: Mapping[str, str]) -> Settings:
    """Read the file (`headwater.toml` if `path` is None and there is one), then the environment, and check all of it.

    Relative paths are relative to the working directory. An empty variable counts as one that is not set.
    Raises `ConfigError`.
    """
    given: dict[str, object] = _read_file(path)
    given |= {name: value for name in PARSERS if (value := environ.get(ENVIRONMENT_PREFIX + name.upper(), ""))}
    values: dict[str, Any] = {name: _parse(name, value) for name, value in given.items()}
    data_dir = values.setdefault("data_dir", Path("data"))
    values.setdefault("database_url", f"sqlite:///{data_dir}/catalog.db")
    values.setdefault("store_url", f"file:{data_dir}/objects")
    return _check_together(Settings(**values))


def _read_file(path: Path | None) -> dict[str, object]:
    if path is None and not DEFAULT_FILE.exists():
        return {}
    path = path or DEFAULT_FILE
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise ConfigError(f"{path} is too large to be a configuration; name the right file with --config.")
        given = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise ConfigError(f"{path} is not TOML: {error}.") from error
    for name in given.keys() - PARSERS.keys():
        raise ConfigError(f"{path}: there is no setting {name!r}.{_nearest(name)}")
    return given


def _nearest(name: str) -> str:
    near = difflib.get_close_matches(name.lower(), PARSERS, n=1)
    return f" Did you mean {near[0]!r}?" if near else " docs/configuration.md lists them all."


def _parse(name: str, value: object) -> object:
    try:
        return PARSERS[name](value)
    except ValueError as error:
        raise ConfigError(f"{name}: {error}.") from error


def _check_together(settings: Settings) -> Settings:
    if (settings.tls_cert is None) != (settings.tls_key is None):
        raise ConfigError("tls_cert and tls_key belong together: set both or neither.")
    if settings.rtmps_bind and not settings.tls_cert:
        raise ConfigError("rtmps_bind needs a certificate: set tls_cert and tls_key.")
    return settings


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("write a string that is not empty")
    return value.strip()


def _path(value: object) -> Path:
    try:
        return Path(_text(value)).expanduser()
    except RuntimeError as error:  # "~name" of somebody who has no home here
        raise ValueError("there is no such user's home directory; write the path in full") from error


def _address(value: object) -> Address:
    host, colon, port = _text(value).rpartition(":")
    host = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if not colon or not host or not (port.isascii() and port.isdigit()) or int(port) > MAX_PORT:
        raise ValueError("write host:port, for example 127.0.0.1:8080 or [::1]:8080")
    return Address(host, int(port))


def _address_or_off(value: object) -> Address | None:
    return None if value == "off" else _address(value)


def _url_of(schemes: str) -> Callable[[object], str]:
    def parse(value: object) -> str:
        url = _text(value)
        scheme, colon, _ = url.partition(":")
        if not colon or scheme not in schemes.split():
            raise ValueError(f"the scheme {scheme!r} is not known here; known are: {schemes}")
        return url

    return parse


def _database_url(value: object) -> str:
    url = _url_of("sqlite postgresql")(value)
    if url.startswith("postgresql:"):
        return _server_url(url)
    if not url.startswith("sqlite:///") or url in ("sqlite:///", "sqlite:///:memory:"):
        raise ValueError("write sqlite:/// and the path of a file, for example sqlite:///data/catalog.db")
    return url


def _server_url(url: str) -> str:
    """Check the form only, and repeat no word of it: wherever the mistake is, there may be a password in it."""
    try:
        parts = urlsplit(url)
        whole = bool(parts.port is None or parts.hostname) and len(parts.path) > 1
    except ValueError:
        whole = False
    if not whole or not url.startswith("postgresql://"):
        raise ValueError("write postgresql://user:password@host:port/name")
    return url


def _public_url(value: object) -> str:
    url = _text(value).rstrip("/")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("write an address such as https://media.example.org")
    return url


def _origin(value: str) -> str:
    parts = urlsplit(value)
    if value != "*" and (not parts.scheme or not parts.hostname or value != f"{parts.scheme}://{parts.netloc}"):
        raise ValueError(f"{value!r} is not an origin; write scheme://host[:port] and nothing behind it")
    return value


def _list(value: object) -> list[str]:
    """Give a TOML array of strings, or one string with commas, which is all that an environment can hold."""
    items = value.split(",") if isinstance(value, str) else value
    if not isinstance(items, list):
        raise ValueError('write a list of strings, for example ["a", "b"]')  # noqa: TRY004 - told as ConfigError
    return [_text(item) for item in items]


def _secret(value: object) -> bytes:
    try:
        secret = base64.b64decode(_text(value).replace("-", "+").replace("_", "/"), validate=True)
    except ValueError:
        secret = b""
    if len(secret) != SECRET_BYTES:
        raise ValueError(f"write {SECRET_BYTES} bytes as base64; `openssl rand -base64 {SECRET_BYTES}` makes some")
    return secret


def _part_target(value: object) -> float:
    low, high = PART_TARGET_RANGE
    try:
        seconds = float(_text(value) if isinstance(value, str) else value)  # type: ignore[arg-type]  # TypeError below
    except (TypeError, ValueError):
        seconds = -1.0
    if isinstance(value, bool) or not low <= seconds <= high:
        raise ValueError(f"write seconds from {low} to {high}")
    return seconds


def _role(value: object) -> frozenset[str]:
    roles = frozenset(item.lower() for item in _list(value))
    roles = ROLES if roles == {"all"} else roles
    if roles not in (ROLES, SERVING):
        raise ValueError(
            'write "all", or "api,ingest,delivery" for a server that leaves jobs to workers (`headwater worker`)'
        )
    return roles


def _bytes(value: object) -> int:
    number = int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value
    if isinstance(number, bool) or not isinstance(number, int) or not 0 < number <= MAX_UPLOAD_BYTES:
        raise ValueError(f"write a number of bytes from 1 to {MAX_UPLOAD_BYTES}")
    return number


def _one_of(*choices: str) -> Callable[[object], str]:
    def parse(value: object) -> str:
        if not isinstance(value, str) or value.lower() not in choices:
            raise ValueError("write one of " + ", ".join(choices))
        return value.lower()

    return parse


PARSERS: Final[Mapping[str, Callable[[object], object]]] = {
    "data_dir": _path,
    "database_url": _database_url,
    "store_url": _url_of("file memory s3"),
    "bus_url": _url_of("memory redis rediss"),
    "http_bind": _address,
    "ops_bind": _address,
    "rtmp_bind": _address,
    "rtmps_bind": _address_or_off,
    "public_url": _public_url,
    "tls_cert": _path,
    "tls_key": _path,
    "secret": _secret,
    "trusted_proxies": lambda value: tuple(ip_network(item) for item in _list(value)),
    "cors_origins": lambda value: tuple(_origin(item) for item in _list(value)),
    "role": _role,
    "max_upload_bytes": _bytes,
    "part_target_s": _part_target,
    "log_level": _one_of("debug", "info", "warning", "error"),
    "log_format": _one_of("text", "json"),
}
"""From what the file or the environment holds to what `Settings` holds; a ValueError says what to write."""
