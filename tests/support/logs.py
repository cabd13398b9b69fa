"""Logging as it was: what commands set up for their process must not reach the next test's."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def logging_as_it_was() -> Iterator[None]:
    """Give back levels, handlers and structlog's settings, whatever the block has done to them."""
    was_configured, before = structlog.is_configured(), structlog.get_config()
    known = {logger: (logger.level, logger.handlers[:], logger.propagate) for logger in _loggers()}
    try:
        yield
    finally:
        structlog.reset_defaults()
        if was_configured:
            structlog.configure(**before)
        for logger in _loggers():
            level, logger.handlers[:], logger.propagate = known.get(logger, (logging.NOTSET, [], True))
            logger.setLevel(level)


def _loggers() -> list[logging.Logger]:
    named = logging.getLogger().manager.loggerDict.values()
    return [logging.getLogger(), *(logger for logger in named if isinstance(logger, logging.Logger))]
