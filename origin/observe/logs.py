"""Logs for operators: one line an event, to standard error, as JSON or as text; never a secret.

Our own events come through structlog, those of libraries through `logging`; both end in the same renderer, and the
finished line passes `redact` last of all. So a secret cannot slip through by way of an exception's text, a nested
value or a library's message. What identifies a token in a log is its `jti`.
"""

from __future__ import annotations

import io
import logging
import re
import sys
from typing import TYPE_CHECKING, Any, Final, TextIO

import structlog

from origin.observe import escapes

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from structlog.typing import ExcInfo, Processor

LEVELS: Final = {"debug": 10, "info": 20, "warning": 30, "error": 40}
OURS: Final = ("cdn", "media", "origin", "packager", "player_demo", "transcoder")
"""Who may say more than warnings. What a library writes at `debug` nobody has looked through: hpack has each header
there, and tokens in pieces that no pattern knows."""
_WITH_HANDLERS: Final = ("hypercorn.error", "hypercorn.access", "alembic")
"""Libraries that set up loggers by themselves."""

_SECRETS: Final = (
    # Keys, sign-in codes and sessions, wherever they stand; behind letters the length tells them from words (`disk_…`).
    # Who misspells a key's case, or a path, has still sent it.
    (re.compile(r"(?i)(?<![a-z])(hw|sk|si|se)_[a-z0-9_-]{8,}"), r"\1_[redacted]"),
    (re.compile(r"(?i)(hw|sk|si|se)_[a-z0-9]{12,}[a-z0-9_-]*"), r"\1_[redacted]"),
    # A JWT, or the beginning of one: base64url of `{"` is `eyJ`.
    (re.compile(r"eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)*"), "[token]"),
    (re.compile(r"(?i)(/(?:play|dl)/+)[^/\s\"'?#]+"), r"\1[token]"),
    (re.compile(r"(?i)(/signin/+)[^/\s\"'?#]+"), r"\1[code]"),
    (re.compile(r"(?i)(headwater_session=)[^;\s\"']+"), r"\1[redacted]"),
    (re.compile(r"(?i)(bearer\s+)[^\s\"',\\]+"), r"\1[redacted]"),
)


def redact(text: str) -> str:
    """Put placeholders where keys, tokens, sign-in codes and sessions stand."""
    for pattern, placeholder in _SECRETS:
        text = pattern.sub(placeholder, text)
    return text


def configure(*, level: str, form: str, stream: TextIO | None = None) -> None:
    """Send every log line to `stream` (standard error). `form` is `json` or `text`; `level` a name in `LEVELS`."""
    out = stream or sys.stderr
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_common(),
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_rendering(form, out), _redacted],
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(LEVELS[level], logging.WARNING))
    for name in OURS:
        logging.getLogger(name).setLevel(LEVELS[level])
    for name in _WITH_HANDLERS:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
        logger.setLevel(logging.NOTSET)
    structlog.configure(
        processors=[*_common(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        cache_logger_on_first_use=False,
    )


def _common() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        structlog.processors.StackInfoRenderer(),
    ]


def _rendering(form: str, out: TextIO) -> list[Processor]:
    if form == "json":
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(default=str)]
    console = structlog.dev.ConsoleRenderer(colors=out.isatty(), exception_formatter=_traceback, pad_event_to=24)
    return [escapes.values, console]


def _traceback(out: TextIO, raised: ExcInfo) -> None:
    whole = io.StringIO()
    structlog.dev.plain_traceback(whole, raised)
    out.write(escapes.block(whole.getvalue()))


def _redacted(_logger: Any, _name: str, line: MutableMapping[str, Any] | str) -> str:
    return redact(str(line))
