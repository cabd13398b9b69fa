from __future__ import annotations

import io
import json
import logging
import re
import unicodedata
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from h2.events import StreamEnded
from hypothesis import given
from hypothesis import strategies as st

from origin.observe import logs
from tests.support.http2 import connected, serving
from tests.support.logs import logging_as_it_was

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = "hw_3kd93jf83kd0KD93kd-_x"
CODE = "si_" + "3kd2a7bz" * 4
STREAM_KEY = "sk_3kd93jf83kd0KD93kdzz"
TOKEN = "eyJhbGciOiJFZERTQSJ9.eyJpc3MiOiJoZWFkd2F0ZXIifQ.c2lnbmF0dXJlLXNpZ25hdHVyZQ"


@pytest.fixture(autouse=True)
def leave_logging_as_it_was() -> Iterator[None]:
    with logging_as_it_was():
        yield


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        (f"Authorization: Bearer {KEY}", KEY),
        (f"rtmp://h/live/{STREAM_KEY}?x", STREAM_KEY),
        (f"GET /play/{TOKEN}/pb_x/index.m3u8", TOKEN),
        ("GET /play/not-even-a-token/pb_x/index.m3u8", "not-even-a-token"),
        ("GET /dl/tok/ob_x", "tok/"),
        ("GET /signin/c0de", "c0de"),
        ("Cookie: a=b; headwater_session=ssss; c=d", "ssss"),
        (f"cut short {TOKEN[:30]}", TOKEN[:30]),
        ("authorization: bearer whatever", "whatever"),
        (f"9{STREAM_KEY}", STREAM_KEY),
        *((f"GET {odd}{CODE}", CODE) for odd in ("/signin//", "/Signin/", "/xsignin/", "/signin", "/v1/x")),
        *((f"GET /v1/x{secret}", secret[3:]) for secret in (KEY, STREAM_KEY, CODE, KEY.upper(), CODE.upper())),
        (f"GET /v1/{KEY.upper()}", KEY.upper()),
        ("GET /signin//c0de", "c0de"),
        ("GET /play//not-even-a-token/pb_x", "not-even-a-token"),
        ("GET /Play/not-even-a-token/pb_x", "not-even-a-token"),
    ],
)
def test_redact_takes_secrets_out(text: str, gone: str) -> None:
    assert gone not in logs.redact(text)


@pytest.mark.parametrize(
    "text", ["stream st_abcdefghijk", "task_abcdefghijk", "disk_pressure", "jti tn_a.kjasdkjh", "GET /v1/streams"]
)
def test_redact_leaves_the_rest_alone(text: str) -> None:
    assert logs.redact(text) == text


@given(st.text(), st.text())
def test_no_surroundings_save_a_secret(before: str, after: str) -> None:
    assert STREAM_KEY not in logs.redact(before + STREAM_KEY + after)


@pytest.mark.parametrize("form", ["json", "text"])
def test_both_forms_and_both_ways_in_are_redacted(form: str) -> None:
    out = io.StringIO()
    logs.configure(level="info", form=form, stream=out)
    structlog.get_logger("origin.a").info("hello", header=f"Bearer {KEY}", nested={"path": f"/play/{TOKEN}/pb_x/i"})
    logging.getLogger("b").warning("key %s", STREAM_KEY)
    try:
        int(STREAM_KEY)
    except ValueError:
        structlog.get_logger("c").exception("failed")
        logging.getLogger("d").exception("failed")
    said = out.getvalue()
    assert said.count("ValueError") >= 2
    for secret in (KEY, STREAM_KEY, TOKEN):
        assert secret not in said


def test_json_lines_are_json_with_level_time_and_context() -> None:
    out = io.StringIO()
    logs.configure(level="info", form="json", stream=out)
    with structlog.contextvars.bound_contextvars(request_id="r1"):
        structlog.get_logger("origin.web").info("request", status=200)
    structlog.get_logger().debug("unseen")
    (line,) = out.getvalue().splitlines()
    said = json.loads(line)
    assert said.pop("at").endswith("Z")
    assert said == {"event": "request", "level": "info", "logger": "origin.web", "request_id": "r1", "status": 200}


@pytest.mark.parametrize("level", ["debug", "info"])
@pytest.mark.parametrize("name", ["hypercorn.error", "hpack.hpack", "asyncio", "alembic.runtime", "one.of.tomorrow"])
def test_libraries_speak_only_of_trouble(level: str, name: str) -> None:
    out = io.StringIO()
    logs.configure(level=level, form="json", stream=out)
    logging.getLogger(name).info("Running on …")
    logging.getLogger(name).error("trouble")
    assert [json.loads(line)["event"] for line in out.getvalue().splitlines()] == ["trouble"]


def test_we_say_at_debug_what_we_have_to_say() -> None:
    out = io.StringIO()
    logs.configure(level="debug", form="json", stream=out)
    structlog.get_logger("origin.web.guard").debug("request")
    assert json.loads(out.getvalue())["event"] == "request"


async def test_a_request_over_http2_leaves_none_of_its_headers_in_the_log() -> None:
    out = io.StringIO()
    logs.configure(level="debug", form="text", stream=out)
    async with serving(_answer) as address, connected(address) as client:
        for _ in range(2):  # the second time they come from the table of the connection
            stream_id = client.ask("/play/very-secret-token/pb_x/index.m3u8", password="open-sesame")
            client.send()
            await client.until(StreamEnded, stream_id)
    said = out.getvalue()
    for secret in ("very-secret-token", "open-sesame", "password", "hpack"):
        assert secret not in said


async def _answer(_scope: Any, _receive: Any, send: Any) -> None:
    structlog.get_logger("origin.test").debug("asked")
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


HOSTILE = "/\x1b]0;pwned\x07\x1b[5mBLINK\x9b1m/\x00\x7f\r\nfaked=line"


@pytest.mark.parametrize("terminal", [False, True])
@pytest.mark.parametrize("form", ["json", "text"])
def test_what_clients_send_commands_no_terminal(form: str, *, terminal: bool) -> None:
    out = _Out(terminal=terminal)
    logs.configure(level="info", form=form, stream=out)
    log = structlog.get_logger("origin.a")
    log.info("request", path=HOSTILE, nested={"path": [HOSTILE]}, error=ValueError(HOSTILE))
    log.info(HOSTILE)
    logging.getLogger("b").warning("path %s", HOSTILE)
    said = _uncoloured(out.getvalue())
    assert said.count("pwned") == 5
    assert len(said.splitlines()) == 3
    assert _controls(said) <= {"\n"}


@pytest.mark.parametrize("form", ["json", "text"])
def test_nor_does_it_as_an_errors_text(form: str) -> None:
    out = _Out(terminal=True)
    logs.configure(level="info", form=form, stream=out)
    for log in (structlog.get_logger("origin.a"), logging.getLogger("b")):
        try:
            _fail()
        except ValueError:
            log.exception("failed", stack_info=True)
    said = _uncoloured(out.getvalue())
    assert "ValueError: /\\" in said
    assert _controls(said) <= {"\n"}


def _fail() -> None:
    raise ValueError(HOSTILE)


class _Out(io.StringIO):
    def __init__(self, *, terminal: bool) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


def _uncoloured(text: str) -> str:
    """Without the colours that are structlog's own."""
    return re.sub(r"\x1b\[(?:0|1|2|3[1-7])m", "", text)


def _controls(text: str) -> set[str]:
    return {char for char in text if unicodedata.category(char) == "Cc"}
