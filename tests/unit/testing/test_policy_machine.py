"""The stateful machine that users run over their own policies, and the strategies beside it."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.stateful import run_state_machine_as_test

from dunning_engine.engine.casework import casework
from dunning_engine.engine.loading import policy_of
from dunning_engine.kernel.calendar import instant_of, moment
from dunning_engine.policy.model import Policy
from dunning_engine.testing import policy_machine, rehearsal
from dunning_engine.testing.strategies import clocks, contact_histories, policies, portfolios
from dunning_engine.testing.strategies_worlds import debtors

TEXT = """policy: shop
version: 1
time: {zone: Europe/Berlin, business_days: DE}
contact_limits: [2 contacts in 7 days]
quiet_hours: 20:00 to 09:00
steps:
  - {step: reminder, when: 4 days after due, send: [email reminder, sms nudge]}
  - {step: ultimatum, when: 10 days after reminder, send: certified letter final, deadline: 10 days}
  - {step: agency, when: ultimatum expires, hand_off: agency north, approval: boss}
pause_while: [promise open, plan on track]
"""
POLICY = policy_of(TEXT, file="shop.yaml")
HEALTH = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
quick = settings(
    max_examples=40,
    stateful_step_count=20,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=HEALTH,
)
caught = settings(quick, max_examples=300, phases=[Phase.generate, Phase.shrink], report_multiple_bugs=False)


def test_a_sound_policy_passes():
    """Whatever Hypothesis lets happen, no monitor has anything to say."""
    run_state_machine_as_test(policy_machine(POLICY), settings=quick)


def test_the_machine_belongs_to_its_policy():
    machine = policy_machine(POLICY)

    assert machine.policy is POLICY
    assert machine.rulebooks == ()
    assert machine.TestCase is not policy_machine(POLICY).TestCase


def test_a_planted_breach_is_caught_and_told(monkeypatch):
    """An engine that is blind to money goes on after payment; the failure is a dated story."""
    decide, admit = rehearsal.decide, rehearsal.admit

    def unpaid(case):
        return replace(case, receivables=tuple(replace(r, open=r.amount) for r in case.receivables))

    monkeypatch.setattr(rehearsal, "decide", lambda case, *more: decide(unpaid(case), *more))
    monkeypatch.setattr(rehearsal, "admit", lambda case, *more: admit(unpaid(case), *more))

    with pytest.raises(AssertionError) as failure:
        run_state_machine_as_test(policy_machine(POLICY), settings=caught)

    told = str(failure.value)
    assert told.startswith("nothing after the end (I4): ")
    assert re.search(r"(payment|credit|discount|collected|written off|cancelled)  .*\n(.*\n)*.* sent  ", told)
    assert len(told.splitlines()) < 15


# Strategies -----------------------------------------------------------------------------------------------------------


@quick
@given(policies())
def test_drawn_policies_are_right(drawn):
    """Every text compiles, and says what the policy does."""
    assert isinstance(drawn.policy, Policy)
    assert drawn.policy.steps
    assert drawn.text in repr(drawn)


@quick
@given(policies(catch_up="catch_up: skip"))
def test_lines_of_the_head_can_be_fixed(drawn):
    assert "catch_up: skip\n" in drawn.text


@quick
@given(clocks())
def test_clocks_never_go_back(looks):
    assert list(looks) == sorted(looks)
    assert instant_of(moment(looks[0], "Europe/Berlin")) == looks[0]


@quick
@given(contact_histories(("one", "two")))
def test_contact_histories_are_logs(log):
    assert {debt for contact in log for debt in contact.debts} <= {"one", "two"}
    assert [contact.at for contact in log] == sorted(contact.at for contact in log)


@quick
@given(portfolios())
def test_portfolios_become_cases(intake):
    """Every drawn invoice belongs to a drawn debtor and finds its case."""
    work = casework(intake, {"shop": POLICY}, default="shop")

    assert sum(len(plan.invoices) for plan in work.plans) == len(intake.receivables)
    assert {plan.debtor.id for plan in work.plans} == set(intake.parties)


@quick
@given(debtors("bob"))
def test_debtors_lack_one_address_at_most(debtor):
    assert debtor.id == "bob"
    assert sum(not known for known in (debtor.email, debtor.phone, debtor.address)) <= 1
