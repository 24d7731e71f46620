"""One table, two interpreters: the compiled lifecycle and the machine of `transitions` agree on everything."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from transitions import MachineError

from dunning_engine.decision.lifecycle import TRIGGERS, CaseModel, case_machine, fire, pull
from dunning_engine.domain.case import CaseStatus

MODEL = CaseModel()
MACHINE = case_machine(MODEL)
FACTS = st.integers(min_value=0, max_value=31)
MOVES = st.lists(st.tuples(st.sampled_from(TRIGGERS), FACTS), max_size=30)


def moved(trigger, facts):
    """Where the library's machine goes, or None where it refuses or its guards do."""
    MODEL.facts = facts
    try:
        return CaseStatus(MODEL.state) if getattr(MODEL, trigger)() else None
    except MachineError:
        return None


@given(MOVES)
def test_both_interpreters_agree_on_every_sequence_of_triggers(moves):
    """Whatever is triggered in whatever order under whatever facts, both are in the same state after each step."""
    MACHINE.set_state(CaseStatus.UPCOMING.value)
    status = CaseStatus.UPCOMING
    for trigger, facts in moves:
        dest = fire(status, trigger, facts)
        assert moved(trigger, facts) is dest
        status = dest or status
        assert MODEL.state == status.value


def test_both_interpreters_agree_on_every_single_move():
    """From every state, by every trigger, under every combination of facts."""
    for status in CaseStatus:
        for trigger in TRIGGERS:
            for facts in range(32):
                MACHINE.set_state(status.value)
                assert moved(trigger, facts) is fire(status, trigger, facts), (status, trigger, facts)


@given(st.sampled_from(CaseStatus), FACTS)
def test_facts_pull_by_a_trigger_of_the_table(status, facts):
    """What the facts pull is a move that its trigger allows, and the first one that any trigger does."""
    allowed = [(trigger, dest) for trigger in TRIGGERS if (dest := fire(status, trigger, facts)) is not None]
    assert pull(status, facts) == next(iter(allowed), None)
