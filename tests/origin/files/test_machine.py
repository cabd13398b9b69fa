from __future__ import annotations

import pytest

from origin.catalog.uploads import OPEN, State
from origin.files import machine
from origin.files.machine import ENDS, STEPS, Event, IllegalStepError


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("event", Event)
def test_any_event_in_any_state_is_in_the_table_or_illegal(state: State, event: Event) -> None:
    if (state, event) in STEPS:
        assert machine.follow(state, event) is STEPS[state, event]
    else:
        with pytest.raises(IllegalStepError, match=f"{event} does not happen"):
            machine.follow(state, event)


def test_ends_are_ends_and_every_state_can_be_reached_and_left() -> None:
    assert {State.COMMITTED, State.FAILED, State.CANCELLED, State.EXPIRED} == ENDS
    reached, new = {State.CREATED}, {State.CREATED}
    while new:
        new = {to for (state, _), to in STEPS.items() if state in new} - reached
        reached |= new
    assert reached == set(State)
    for state in set(State) - ENDS:
        assert machine.follow(state, Event.BROKEN) is State.FAILED


def test_what_has_been_accepted_is_not_taken_back() -> None:
    assert set(machine.before(Event.CANCELLED)) == set(machine.before(Event.RAN_OUT)) == set(OPEN)
    assert set(machine.before(Event.OPENED)) == set(OPEN)
    with pytest.raises(IllegalStepError):
        machine.follow(State.SEALING, Event.CANCELLED)
