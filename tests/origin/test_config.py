from __future__ import annotations

import dataclasses
from ipaddress import ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from origin.config import PARSERS, ROLES, SERVING, Address, ConfigError, Settings, load_settings

DOCS = Path(__file__).parents[2] / "docs" / "configuration.md"
EVERYTHING = """
data_dir = "/srv/hw"
database_url = "sqlite:////srv/db/catalog.db"
store_url = "memory:"
bus_url = "memory:"
http_bind = "[::]:80"
ops_bind = "localhost:0"
rtmp_bind = "192.0.2.1:1935"
rtmps_bind = "192.0.2.1:443"
public_url = "https://media.example.org/"
tls_cert = "cert.pem"
tls_key = "key.pem"
secret = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
trusted_proxies = ["10.0.0.0/8", "2001:db8::1"]
cors_origins = ["https://app.example.org", "http://localhost:3000"]
role = "api,ingest,delivery"
part_target_s = 0.25
log_level = "DEBUG"
log_format = "json"
"""


def load(tmp_path: Path, toml: str = "", **environ: str) -> Settings:
    file = tmp_path / "headwater.toml"
    file.write_text(toml)
    return load_settings(file, {f"HEADWATER_{name.upper()}": value for name, value in environ.items()})


def refusal(tmp_path: Path, toml: str = "", **environ: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, toml, **environ)
    return str(caught.value)


def test_defaults_are_those_of_the_dataclass(tmp_path: Path) -> None:
    assert load(tmp_path) == Settings()


def test_every_setting_is_read_from_the_file(tmp_path: Path) -> None:
    assert load(tmp_path, EVERYTHING) == Settings(
        data_dir=Path("/srv/hw"),
        database_url="sqlite:////srv/db/catalog.db",
        store_url="memory:",
        bus_url="memory:",
        http_bind=Address("::", 80),
        ops_bind=Address("localhost", 0),
        rtmp_bind=Address("192.0.2.1", 1935),
        rtmps_bind=Address("192.0.2.1", 443),
        public_url="https://media.example.org",
        tls_cert=Path("cert.pem"),
        tls_key=Path("key.pem"),
        secret=bytes(range(32)),
        trusted_proxies=(ip_network("10.0.0.0/8"), ip_network("2001:db8::1")),
        cors_origins=("https://app.example.org", "http://localhost:3000"),
        role=SERVING,
        part_target_s=0.25,
        log_level="debug",
        log_format="json",
    )


def test_the_environment_wins_and_its_lists_have_commas(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        EVERYTHING,
        http_bind="127.0.0.1:9",
        trusted_proxies="192.0.2.7, 10.1.0.0/16",
        part_target_s="0.3",
        rtmps_bind="off",
        log_level="",
    )
    assert settings.http_bind == Address("127.0.0.1", 9)
    assert settings.trusted_proxies == (ip_network("192.0.2.7"), ip_network("10.1.0.0/16"))
    assert settings.part_target_s == 0.3
    assert settings.rtmps_bind is None
    assert settings.log_level == "debug"


def test_the_data_dir_carries_what_was_not_said_apart(tmp_path: Path) -> None:
    settings = load(tmp_path, data_dir="/srv/hw")
    assert settings.database_url == "sqlite:////srv/hw/catalog.db"
    assert settings.store_url == "file:/srv/hw/objects"


def test_the_default_file_is_read_if_it_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_settings(None, {}) == Settings()
    Path("headwater.toml").write_text('log_format = "json"')
    assert load_settings(None, {}).log_format == "json"


def test_strangers_in_the_environment_are_left_alone(tmp_path: Path) -> None:
    assert load(tmp_path, port="tcp://10.0.0.1:8080", api_key="x") == Settings()


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ('http_bnid = "x"', "Did you mean 'http_bind'?"),
        ("HTTP_BIND = 1", "Did you mean 'http_bind'?"),
        ("zzzzzz = 1", "docs/configuration.md lists them all"),
        ("http_bind = 8080", "http_bind: write a string"),
        ('http_bind = "8080"', "http_bind: write host:port"),
        ('http_bind = ":8080"', "http_bind: write host:port"),
        ('http_bind = "h:65536"', "http_bind: write host:port"),
        ('http_bind = "h:-1"', "http_bind: write host:port"),
        ('http_bind = "off"', "http_bind: write host:port"),
        ('data_dir = "~0/x"', "data_dir: there is no such user's home directory"),
        ('data_dir = ""', "data_dir: write a string that is not empty"),
        (
            'database_url = "mysql://h/db"',
            "database_url: the scheme 'mysql' is not known here; known are: sqlite postgresql",
        ),
        ('database_url = "postgresql://h"', "database_url: write postgresql://user:password@host:port/name"),
        ('database_url = "postgresql://h:x/db"', "database_url: write postgresql://user:password@host:port/name"),
        ('database_url = "postgresql:/h/db"', "database_url: write postgresql://user:password@host:port/name"),
        ('database_url = "sqlite://"', "database_url: write sqlite:///"),
        ('database_url = "sqlite:///:memory:"', "database_url: write sqlite:///"),
        ('store_url = "objects"', "store_url: the scheme"),
        ('store_url = "ftp://x"', "known are: file memory"),
        ('bus_url = "nats:"', "known are: memory"),
        ('public_url = "media.example.org"', "public_url: write an address"),
        ('public_url = "https://h/?q"', "public_url: write an address"),
        ('cors_origins = ["https://h/path"]', "is not an origin"),
        ('cors_origins = {a = "b"}', "write a list"),
        ("cors_origins = [1]", "write a string"),
        ('trusted_proxies = ["10.0.0.1/8"]', "has host bits set"),
        ('trusted_proxies = "nginx"', "trusted_proxies: 'nginx' does not appear to be"),
        ("part_target_s = 0.1", "write seconds from 0.2 to 0.333"),
        ("part_target_s = nan", "write seconds from 0.2 to 0.333"),
        ("part_target_s = true", "write seconds from 0.2 to 0.333"),
        ("part_target_s = []", "write seconds from 0.2 to 0.333"),
        ('log_level = "loud"', "write one of debug, info, warning, error"),
        ("log_format = 1", "write one of text, json"),
        ('tls_cert = "c.pem"', "belong together"),
        ('rtmps_bind = "h:1"', "rtmps_bind needs a certificate"),
        ("a = ", "is not TOML"),
        ("a = '" + "x" * (1 << 20) + "'", "is too large"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, toml: str, words: str) -> None:
    assert words in refusal(tmp_path, toml)


def test_a_file_that_was_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        load_settings(tmp_path / "other.toml", {})


@pytest.mark.parametrize("secret", ["c2hvcnQ=", "not base64 at all!", "é", "A" * 100])
def test_a_bad_secret_is_not_repeated_in_the_error(tmp_path: Path, secret: str) -> None:
    sentence = refusal(tmp_path, secret=secret)
    assert sentence.startswith("secret: write 32 bytes as base64")
    assert secret not in sentence


def test_the_secret_is_not_in_the_repr(tmp_path: Path) -> None:
    assert "secret" not in repr(load(tmp_path, EVERYTHING))


def test_the_password_of_the_database_is_in_no_repr_and_no_error(tmp_path: Path) -> None:
    url = "postgresql://headwater:hush@db.example.org:5432/headwater"
    settings = load(tmp_path, database_url=url)
    assert settings.database_url == url
    assert "hush" not in repr(settings)
    for wrong in ("postgresql://u:hush@h", "postgresql://u:hush@h:x/db", "postgresql://u:hush@[h/db"):
        assert "hush" not in refusal(tmp_path, f'database_url = "{wrong}"')


def test_the_secret_may_be_url_safe_base64(tmp_path: Path) -> None:
    assert load(tmp_path, secret="_" * 42 + "8=").secret == b"\xff" * 32


@pytest.mark.parametrize(
    ("environ", "url"),
    [
        ({}, "http://127.0.0.1:8080"),
        ({"http_bind": "0.0.0.0:80"}, "http://127.0.0.1:80"),
        ({"http_bind": "[::]:80"}, "http://[::1]:80"),
        ({"tls_cert": "c", "tls_key": "k"}, "https://127.0.0.1:8080"),
        ({"public_url": "https://m.example/"}, "https://m.example"),
    ],
)
def test_links_begin_with_an_address_that_can_be_dialled(tmp_path: Path, environ: dict[str, str], url: str) -> None:
    assert load(tmp_path, **environ).base_url() == url


def test_links_follow_the_port_that_the_system_chose(tmp_path: Path) -> None:
    assert load(tmp_path, http_bind="127.0.0.1:0").base_url(("127.0.0.1", 4711)) == "http://127.0.0.1:4711"


@given(st.dictionaries(st.sampled_from(list(PARSERS)), st.text(max_size=40), max_size=4))
def test_any_environment_gives_settings_or_a_sentence(environ: dict[str, str]) -> None:
    try:
        load_settings(None, {f"HEADWATER_{name.upper()}": value for name, value in environ.items()})
    except ConfigError as error:
        assert str(error).endswith(".")  # noqa: PT017 - both ends are right


def documented() -> list[str]:
    rows = [line for line in DOCS.read_text("utf-8").splitlines() if line.startswith("| `")]
    return [row.split("`")[1] for row in rows]


def test_every_setting_is_documented_and_every_documented_one_exists() -> None:
    assert documented() == list(PARSERS)
    assert documented() == [item.name for item in dataclasses.fields(Settings)]


def test_a_server_does_jobs_unless_its_role_leaves_them_to_workers(tmp_path: Path) -> None:
    assert load(tmp_path).role == load(tmp_path, role="all").role == ROLES
    assert load(tmp_path, 'role = ["worker", "api", "ingest", "delivery"]').role == ROLES
    assert load(tmp_path, role="API,ingest,delivery").role == SERVING
    for wrong in "worker", "api", "all,worker", "nonsense":
        assert "headwater worker" in refusal(tmp_path, role=wrong)
