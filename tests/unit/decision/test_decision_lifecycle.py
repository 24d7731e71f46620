"""The life of a case as one table, its compiled form, and the machines that hosts get."""

from __future__ import annotations

import pytest
from story import policy
from transitions import MachineError

from dunning_engine.decision.lifecycle import TABLE, TRIGGERS, CaseModel, Facts, case_machine, fire, machine, pull
from dunning_engine.domain.case import CaseStatus
from dunning_engine.kernel.errors import UsageError

U, O, P, A, C = (  # noqa: E741 - the initials of the states, as in the table
    CaseStatus.UPCOMING,
    CaseStatus.OVERDUE,
    CaseStatus.PAUSED,
    CaseStatus.PLACED,
    CaseStatus.CLOSED,
)


@pytest.mark.parametrize(
    ("status", "facts", "move"),
    [
        (U, Facts.NONE, None),
        (U, Facts.OVERDUE, ("fall_due", O)),
        (U, Facts.SETTLED, ("settle", C)),
        (O, Facts.NONE, ("cure", U)),
        (O, Facts.OVERDUE, None),
        (O, Facts.OVERDUE | Facts.PAUSED, ("pause", P)),
        (O, Facts.OVERDUE | Facts.PAUSED | Facts.SETTLED, ("settle", C)),
        (O, Facts.OVERDUE | Facts.STOPPED, ("stop", C)),
        (O, Facts.OVERDUE | Facts.PLACED, ("place", A)),
        (P, Facts.PAUSED | Facts.OVERDUE, None),
        (P, Facts.NONE, ("resume", U)),
        (P, Facts.OVERDUE, ("resume", O)),
        (P, Facts.OVERDUE | Facts.PLACED, ("resume", A)),
        (A, Facts.OVERDUE | Facts.PLACED, None),
        (A, Facts.OVERDUE, ("recall", O)),
        (A, Facts.PAUSED | Facts.PLACED, ("pause", P)),
        (C, Facts.SETTLED, None),
        (C, Facts.STOPPED | Facts.OVERDUE, None),
        (C, Facts.NONE, ("reopen", U)),
        (C, Facts.OVERDUE, ("reopen", O)),
        (C, Facts.OVERDUE | Facts.PLACED, ("reopen", A)),
    ],
)
def test_facts_pull_a_case_through_its_life(status, facts, move):
    """In each state the first trigger that the facts allow decides where the case goes."""
    assert pull(status, facts.value) == move


def test_facts_come_to_rest():
    """From every state, under all facts, the case comes to rest after a few moves."""
    for status in CaseStatus:
        for facts in range(32):
            now, moves = status, 0
            while (move := pull(now, facts)) is not None:
                now, moves = move[1], moves + 1
                assert moves < 4, (status, facts)


def test_a_trigger_without_a_row_leads_nowhere():
    """What the table does not allow does not happen."""
    assert fire(U, "resume", 0) is None
    assert fire(U, "unheard-of", 0) is None
    assert fire(O, "pause", Facts.PAUSED | Facts.SETTLED) is None
    assert fire(O, "pause", Facts.PAUSED) is P


def test_the_machine_of_cases_has_the_table_s_states_and_triggers():
    """Hosts get the same states and triggers from `transitions`, and nothing else."""
    model = CaseModel(Facts.OVERDUE)
    built = case_machine(model)
    assert sorted(built.states) == sorted(status.value for status in CaseStatus)
    assert tuple(built.events) == TRIGGERS
    assert len(TABLE) == len({(m.trigger, m.sources, m.dest, m.guards) for m in TABLE})
    assert model.fall_due()
    assert model.state == "overdue"
    with pytest.raises(MachineError):
        model.resume()


def test_the_machine_of_cases_brings_a_model():
    """Without a model of the host's the machine moves one of its own."""
    (model,) = case_machine().models
    assert isinstance(model, CaseModel)
    assert model.state == "upcoming"


LADDER = """
    steps:
      - {step: first-reminder, when: 3 days after due, send: email one}
      - {step: chase, when: 9 days after due, cadence: every 5 days, send: email two}
      - {step: agency, when: 60 days after due, hand_off: agency acme}
    """


def test_a_policy_s_ladder_is_a_machine_for_hosts():
    """Each step is a state that is entered from those before it; a repeating step enters itself."""

    class Host:
        entered = ()

        def on_enter_chase(self):
            self.entered = (*self.entered, "chase")

    host = Host()
    machine(policy(LADDER), host)
    assert host.state == "waiting"
    host.first_reminder()
    assert host.state == "first-reminder"
    host.chase()
    host.chase()
    assert host.entered == ("chase", "chase")
    with pytest.raises(MachineError):
        host.first_reminder()
    host.pause()
    host.resume()
    host.agency()
    host.settle()
    assert host.state == "closed"


def test_machines_draw_themselves():
    """The ladder of a policy and the life of a case give their pictures as text, without another program."""
    ladder = machine(policy(LADDER)).get_graph().source
    assert "stateDiagram" in ladder
    assert "waiting --> first-reminder: first_reminder" in ladder
    assert "chase --> chase: chase" in ladder
    model = CaseModel()
    case_machine(model)
    assert "upcoming --> overdue: fall_due [overdue & free]" in model.get_graph().source


@pytest.mark.parametrize("name", ["pause", "settle", "waiting", "closed", "trigger"])
def test_a_step_cannot_have_the_name_of_a_trigger_or_state(name):
    """A name that the machine needs for itself is refused with what to do."""
    with pytest.raises(UsageError, match=f"a step called '{name}' has the name of a trigger or state"):
        machine(policy(f"steps: [{{step: {name}, when: 3 days after due, send: email one}}]"))
