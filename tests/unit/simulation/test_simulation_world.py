"""What simulations assume about the world, and what they say of each action at its final verdict."""

from __future__ import annotations

from datetime import date

import pytest

from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.contacts import Outcome
from dunning_engine.domain.events import ContactMade, HoldPlaced, PaymentReceived
from dunning_engine.domain.facts import parse_fact
from dunning_engine.domain.parties import Channel, Party, ZoneHint
from dunning_engine.domain.receivables import Invoice
from dunning_engine.engine.casework import CasePlan
from dunning_engine.intake.model import IncomingInvoice
from dunning_engine.kernel.errors import UsageError
from dunning_engine.kernel.money import Money
from dunning_engine.policy.compiler import compile_policy
from dunning_engine.simulation.run import Simulation, law_of, with_address
from dunning_engine.simulation.world import Approvals
from dunning_engine.whereabouts.holidays import Holidays

ANN = Party.consumer("ann", email="ann@example.com", phone="+12125550123")


class Zones:
    def hints(self, party):
        return (ZoneHint("zone", (party.zone,)),) if party.zone else ()


def policy(steps, head=""):
    text = f"policy: p\nversion: 1\ntime: {{zone: America/New_York}}\n{head}\nsteps:\n{steps}"
    compiled = compile_policy(text, file="p.yaml", calendars=Holidays(), rulebooks=())
    assert compiled.policy is not None, compiled.diagnostics
    return compiled.policy


def plan(policy, number="INV-1", *, due="2026-03-02", debtor=ANN, facts=()):
    invoice = Invoice(number, Money("240.00", "USD"), due=due, issued="2026-02-01")
    incoming = IncomingInvoice(invoice=invoice, debtor=debtor.id, file="a.csv", line=2)
    told = [(date.fromisoformat(day) if day else None, fact) for day, fact in facts]
    return CasePlan(f"{debtor.id}/{number}", policy, debtor, "USD", [incoming], told)


def simulation(*plans, start="2026-01-01", until="2026-12-31", approvals=Approvals()):  # noqa: B008 - a frozen value
    return Simulation(
        plans=plans,
        rulebooks={},
        zones=Zones(),
        start=date.fromisoformat(start),
        until=date.fromisoformat(until),
        approvals=approvals,
    )


def told(*plans, **more):
    """Each line as `time step channel verdict`."""
    lines = [line.as_json() for line in simulation(*plans, **more).run()]
    return [f"{line['at'][5:16]} {line['step']} {line['channel']} {line['verdict']}" for line in lines]


ONE = "  - {step: one, when: 3 days after due, send: email one}"
TWO = f"{ONE}\n  - {{step: two, when: 5 days after one, send: letter two}}"


def test_cleared_is_sent_and_delivered_at_that_instant():
    """What is cleared has arrived, so that the next step counts from it; a postal address is assumed."""
    assert told(plan(policy(TWO))) == ["03-05T10:00 one email cleared", "03-10T10:00 two letter cleared"]


def test_a_line_says_everything_about_an_action():
    """One JSON object per action, times with the offset of the debtor's zone."""
    (line,) = simulation(
        plan(policy(ONE), debtor=Party.consumer("bob", email="b@example.com", zone="America/Denver"))
    ).run()
    assert line.as_json() == {
        "at": "2026-03-05T10:00:00-07:00",
        "case": "bob/INV-1",
        "debtor": "bob",
        "invoices": ["INV-1"],
        "step": "one",
        "do": "send",
        "channel": "email",
        "template": "one",
        "verdict": "cleared",
        "deferred_from": None,
        "reasons": [],
    }


def test_a_deferral_shows_where_it_came_from():
    """`at` is when it is handed over; since when it waited, and why, stand beside it."""
    late = policy(ONE, "quiet_hours: 09:00 to 12:00")
    (line,) = simulation(plan(late, debtor=Party.consumer("ann", email="a@b.c", zone="America/New_York"))).run()
    json = line.as_json()
    assert (json["at"][11:16], json["deferred_from"][11:16], json["reasons"]) == (
        "12:00",
        "10:00",
        ["policy/quiet-hours"],
    )


def test_what_is_blocked_is_told_when_it_was_refused():
    """E-mail and phone are only as given."""
    nobody = Party.consumer("ann")
    assert told(plan(policy(ONE), debtor=nobody)) == ["03-05T10:00 one email blocked"]


def test_what_still_waits_at_the_end_is_waiting():
    """A deferral beyond the last day is told with the instant for which it waits."""
    strict = policy(ONE, "contact_limits: [1 contact in 90 days per debtor]")
    facts = [("2026-03-01", ContactMade(Channel.SMS, Outcome.ATTEMPTED))]
    assert told(plan(strict, facts=facts), until="2026-03-31") == ["05-30T00:00 one email waiting"]


def test_what_nobody_wants_any_more_is_not_told():
    """What waited until it was paid, or until a later step took its place, is no line."""
    head = "contact_limits: [1 email in 90 days per debtor]"
    mailed = ("2026-03-01", ContactMade(Channel.EMAIL, Outcome.ATTEMPTED))
    paid = ("2026-03-20", PaymentReceived(Money("240.00", "USD")))
    assert told(plan(policy(ONE, head), facts=[mailed, paid])) == []
    both = (
        "  - {step: one, when: 3 days after due, send: [email one, sms one]}\n"
        "  - {step: two, when: 9 days after due, send: letter two}"
    )
    assert told(plan(policy(both, head), facts=[mailed])) == [
        "03-05T10:00 one sms cleared",
        "03-11T10:00 two letter cleared",
    ]


def test_a_portfolio_is_taken_in_from_a_day_on():
    """What was missed before the first day follows the catch-up rule; facts before it have happened."""
    paid = ("2026-03-20", PaymentReceived(Money("240.00", "USD")))
    assert told(plan(policy(TWO)), plan(policy(TWO), "INV-2", facts=[paid]), start="2026-04-01") == [
        "04-01T00:00 one email cleared",
        "04-06T10:00 two letter cleared",
    ]


def test_facts_without_a_day_hold_from_the_start():
    """A hold that a table of debtors gives stands when the case is opened."""
    assert told(plan(policy(ONE), facts=[(None, HoldPlaced(HoldReason.MANUAL))])) == []


def test_of_rivals_the_earlier_planned_goes_first_and_then_the_order_of_the_file():
    """Cases of one debtor share their limits."""
    one = policy(ONE, "contact_limits: [1 contact in 7 days per debtor]\nunit: invoice")
    same_day = told(plan(one, "INV-9"), plan(one, "INV-1"), until="2026-03-06")
    lines = simulation(plan(one, "INV-9"), plan(one, "INV-1"), until="2026-03-06").run()
    assert [line.trace.action.invoices for line in lines if line.trace.verdict == "cleared"] == [("INV-9",)]
    assert len(same_day) == 2
    late = simulation(plan(one, "INV-9", due="2026-03-03"), plan(one, "INV-1"), start="2026-04-01").run()
    assert [line.trace.action.invoices for line in late] == [("INV-1",), ("INV-9",)]


# Approvals -----------------------------------------------------------------------------------------------------------

ASK = "  - {step: one, when: 3 days after due, send: letter one, approval: manager}"


@pytest.mark.parametrize(
    ("days", "line"),
    [
        (0, "03-05T10:00 one letter cleared"),
        (3, "03-08T11:00 one letter cleared"),
        (None, "03-05T10:00 one letter waiting"),
    ],
)
def test_people_answer_as_the_simulation_says(days, line):
    """Approvals are granted at once, after some days of 24 hours, or never."""
    assert told(plan(policy(ASK)), until="2026-03-31", approvals=Approvals(days)) == [line]


@pytest.mark.parametrize(
    ("phrase", "lines"), [("approved one", ["03-05T10:00 one letter cleared"]), ("refused one", [])]
)
def test_facts_may_answer(phrase, lines):
    """Where nobody grants by assumption, dated facts answer: a fact of the day counts for what is asked on it."""
    facts = [("2026-03-05", parse_fact(phrase))]
    assert told(plan(policy(ASK), facts=facts), approvals=Approvals(None)) == lines


def test_what_waits_for_an_answer_is_told_while_the_case_is_held():
    """A question that stands is a line even when a hold lets the case wait."""
    facts = [("2026-03-07", HoldPlaced(HoldReason.MANUAL))]
    assert told(plan(policy(ASK), facts=facts), until="2026-03-31", approvals=Approvals(None)) == [
        "03-05T10:00 one letter waiting"
    ]


def test_what_is_asked_again_waits_since_the_first_question():
    """A payment changes what is asked, but not since when nobody has answered."""
    facts = [("2026-03-15", PaymentReceived(Money("40.00", "USD")))]
    ended = {"until": "2026-03-31", "approvals": Approvals(None)}
    assert told(plan(policy(ASK), facts=facts), **ended) == ["03-05T10:00 one letter waiting"]


def test_news_of_a_step_overrides_the_assumption():
    """A bounce told for the day is what becomes of the message; the fallback follows."""
    fallback = "  - {step: one, when: 3 days after due, send: email one or else letter one}"
    facts = [("2026-03-05", parse_fact("one bounced"))]
    assert told(plan(policy(fallback), facts=facts)) == [
        "03-05T10:00 one email cleared",
        "03-05T10:00 one letter cleared",
    ]
    late = [("2026-03-08", parse_fact("one bounced"))]
    assert told(plan(policy(fallback), facts=late)) == [
        "03-05T10:00 one email cleared",
        "03-08T00:00 one letter cleared",
    ]


def test_news_of_a_step_that_never_went_out_is_unheard():
    """What cannot be about any action is kept apart and changes nothing."""
    ((_debtor, world),) = simulation(plan(policy(ONE), facts=[("2026-02-10", parse_fact("one opened"))])).worlds()
    assert [case_id for _at, case_id, _news in world.unheard] == ["ann/INV-1"]


# The parts -----------------------------------------------------------------------------------------------------------


def test_worlds_are_told_by_debtor_with_their_closings():
    """Each debtor is simulated alone; when and as what a case closed is known."""
    paid = ("2026-03-20", PaymentReceived(Money("240.00", "USD")))
    done = []
    run = simulation(
        plan(policy(ONE), facts=[paid]), plan(policy(ONE), "INV-2", debtor=Party.consumer("bob", email="b@c.d"))
    )
    assert len(run.run(done.append)) == 2
    assert done == ["ann", "bob"]
    worlds = dict(run.worlds())
    assert [why for _at, why in worlds["ann"].threads["ann/INV-1"].closings] == ["paid"]


def test_an_address_is_assumed_only_where_none_is_known():
    """A given postal address stays."""
    assert with_address(ANN).address == ("(postal address assumed)",)
    known = Party.consumer("ann", address=("1 Main Street",))
    assert with_address(known) is known


def test_the_rulebooks_of_a_policy_are_found_by_name():
    """The rulebooks that `law:` names, in its order."""
    one = policy(ONE)
    assert law_of(one, {}) == ()
    with pytest.raises((KeyError, UsageError)):
        law_of(type("Named", (), {"books": ("us/none",)})(), {})
