"""Who writes down what the system finds by itself, and no oftener than anybody wants to read it."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final

import structlog

from origin.catalog import audit
from origin.catalog.audit import SYSTEM, Act
from origin.catalog.ids import new_id
from origin.errors import Problem
from origin.observe import metrics

if TYPE_CHECKING:
    from collections.abc import Callable

    from origin.catalog.database import Catalog

log = structlog.get_logger(__name__)

EVERY_S: Final = 60.0
"""Viewers ask for a manifest that was tampered with every few seconds each; an audit wants to know since when."""
MOST_KNOWN: Final = 10_000
"""Findings remembered, below 1 KB each. Past that, the oldest may be written down again before its time."""


class Auditor:
    """One node's. `clock` gives unix seconds."""

    def __init__(self, catalog: Catalog, *, clock: Callable[[], float], random: Callable[[int], bytes]) -> None:
        self._catalog = catalog
        self._clock = clock
        self._random = random
        self._told: OrderedDict[tuple[str, str], float] = OrderedDict()

    async def manifest_refused(self, tenant_id: str, subject: str, name: str, reason: str) -> None:
        """A stored manifest of an asset or broadcast was not used, for its signature.

        Returns when that is durable. A catalog that does not take it is logged, and told with the next refusal.
        """
        now, key = self._clock(), (subject, name)
        if 0 <= now - self._told.get(key, -EVERY_S) < EVERY_S:
            return
        self._remember(key, now)
        detail = {"manifest": name, "reason": reason}
        act = Act(new_id("au_", self._random), tenant_id, SYSTEM, "manifest.refused", subject, detail)
        try:
            await self._catalog.write(lambda conn: audit.append(conn, act, now))
        except Problem as problem:
            self._told.pop(key, None)
            metrics.audit_failures.inc()
            log.error("audit_failed", action=act.action, subject=subject, **detail, problem=str(problem))  # noqa: TRY400 - the sentence says it

    def _remember(self, key: tuple[str, str], now: float) -> None:
        self._told[key] = now
        self._told.move_to_end(key)
        if len(self._told) > MOST_KNOWN:
            self._told.popitem(last=False)
