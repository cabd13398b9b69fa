"""The life of an upload, as a table: which event leads from which state to which. Pure.

    CREATED → RECEIVING ⇄ PAUSED → SEALING → COMMITTED
        └────────┴──────────┴─→ CANCELLED | EXPIRED       any but the ends → FAILED

An upload of no bytes is sealed at once. The catalog carries the arrows out (`origin.catalog.uploads`), one statement
each, so that two who want to go different ways do not both get there.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from origin.catalog.uploads import State


class Event(StrEnum):
    """What may happen to an upload."""

    OPENED = "opened"
    """A request writes to it; a later one takes it from an earlier one."""
    LEFT = "left"
    """Who wrote has gone, or the server has stopped."""
    FILLED = "filled"
    """All its bytes are surely on the disk."""
    STORED = "stored"
    """It is an object's version."""
    BROKEN = "broken"
    """The disk has lost bytes, or they cannot be stored ever."""
    CANCELLED = "cancelled"
    RAN_OUT = "ran_out"
    """Nobody has written for as long as it is kept."""


class IllegalStepError(Exception):
    """Nothing leads there: the event came too late, or there is a mistake in here."""


_OPEN: Final = (State.CREATED, State.RECEIVING, State.PAUSED)

STEPS: Final[dict[tuple[State, Event], State]] = {
    **{(state, Event.OPENED): State.RECEIVING for state in _OPEN},
    (State.RECEIVING, Event.LEFT): State.PAUSED,
    (State.CREATED, Event.FILLED): State.SEALING,
    (State.RECEIVING, Event.FILLED): State.SEALING,
    (State.SEALING, Event.STORED): State.COMMITTED,
    **{(state, Event.BROKEN): State.FAILED for state in (*_OPEN, State.SEALING)},
    **{(state, Event.CANCELLED): State.CANCELLED for state in _OPEN},
    **{(state, Event.RAN_OUT): State.EXPIRED for state in _OPEN},
}
"""Whatever is not here cannot happen. What is being sealed has been accepted: it is no longer cancelled nor expires."""

ENDS: Final = frozenset(State) - {state for state, _ in STEPS}


def follow(state: State, event: Event) -> State:
    """Give where the event leads. Raises `IllegalStepError`."""
    try:
        return STEPS[state, event]
    except KeyError:
        raise IllegalStepError(f"{event} does not happen to an upload that is {state}.") from None


def before(event: Event) -> tuple[State, ...]:
    """Give the states in which an event may come."""
    return tuple(state for state, each in STEPS if each is event)
