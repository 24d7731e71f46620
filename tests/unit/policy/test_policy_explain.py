"""A policy told in plain English."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dunning_engine.domain.parties import OFFERED
from dunning_engine.policy import explain as module
from dunning_engine.policy import explain_conditions, explain_steps
from dunning_engine.policy.explain import explain
from dunning_engine.policy.model import AnchorKind, CatchUp, Pause, Restore, Stop, Test

POLICIES = Path(__file__).parents[2] / "policies/good"


@pytest.fixture(scope="module")
def house(compiled):
    return compiled((POLICIES / "house_example.yaml").read_text(encoding="utf-8")).policy


@pytest.fixture(scope="module")
def every(compiled):
    return explain(compiled((POLICIES / "every_phrase.yaml").read_text(encoding="utf-8")).policy)


def test_the_house_example_reads_aloud(house):
    """Who it is for, when nothing happens, each step, limits, ends and law."""
    assert (
        explain(house, {"courtesy": "25 February 2026"})
        == """\
us-consumer, version 3: Households in the United States, our own invoices

This policy is for debts where the debtor is a consumer, the country is US, the currency is USD and the balance is at \
least 25.00; that is asked once, when a case is opened. We collect our own debts in our own name. Each debtor has one case with everything that is owed in one \
currency, and the oldest invoice leads. When it is paid, the next one carries the ladder on.

Days are counted in the zone America/New_York, and contacts are due at 10:00 for the debtor. Business days are those \
of US. A contact on any other day moves to the next business day. Nobody is contacted in the 3 business days of grace \
after the due date, and payment is still in time. Two contacts are at least 1 day apart. When days were missed, the \
earliest missed step is taken now and the others follow with their own waits.

1. courtesy: 5 days before the due date (for example 25 February 2026), we send the email upcoming-invoice.

2. reminder: when grace has ended, we send the email reminder with the invoice and we send the sms nudge.

3. chase: 7 days after the step reminder, we send the email still-overdue and we call with the script reminder-script. \
It is repeated every 5 business days, 3 times in all.

4. ultimatum: 30 days after the due date, we send the certified letter final-demand (where that is impossible, we send \
the letter final-demand). Only if the balance is at least 50.00. The debtor gets 14 days to pay, counted from the proven delivery of the certified letter, of \
anything else from its sending.

5. agency: 7 days after the deadline of ultimatum has expired, we hand the case off to the agency acme-recovery. It \
waits for the approval of credit-manager, and the request lapses after 30 days.

At most 3 contacts in 7 days per debtor. At most 1 call per day per debtor. Calls and messages are made from 09:00 to \
20:00 only, in every zone where the debtor may be.

Money settles fees first, then interest, then principal; in each the oldest due comes first. Charges stay owed when \
their invoice is paid.

The case waits while a debt is disputed, a promise to pay is open or a payment plan is on track. It ends when \
everything is paid, the debtor is bankrupt or the debtor has died.

After a wait the ladder goes on where it stood, and the days of the wait do not count. A dispute waits for its answer, \
however long that takes. A payment plan is broken when an instalment is missed.

Whatever this policy says, the rulebook us/reg-f-limits must allow each contact.
"""
    )


@pytest.mark.parametrize(
    "sentence",
    [
        "We collect for others.",
        "We are regulated as fca and rbi.",
        "Each invoice has a case of its own.",
        "A letter on such a day goes out all the same.",
        "An email on such a day moves to the business day before.",
        "An open amount of up to 5.00 EUR or 5.00 USD counts as paid.",
        "8. fifth: at the first end of a month after the due date,",
        "when the deadline of fifth has expired, we send the certified letter sixth.",
        (
            "we send the letter second with the invoice (where that is impossible, we send the email second, or else we send "
            "the sms second)."
        ),
        "Not if first was answered, first was opened or courtesy was bounced.",
        "Only if the debtor can be reached by email, the debtor can be reached by call or",
        "It is repeated every week, until the step fifth is taken.",
        "It needs proof that fifth was delivered, first was sent,",
        "It counts as done once delivery is proven.",
        "Nobody is contacted on Sundays and public holidays.",
        "Whatever this policy says, the rulebooks us/reg-f and us/reg-f-limits must allow each contact.",
    ],
)
def test_every_phrase_has_words(sentence, every):
    """Sentences that the house example does not need."""
    assert sentence in every


def test_a_small_policy_says_what_it_leaves_open(part):
    """No conditions, no calendar, no law."""
    told = explain(part("time: {zone: UTC}\non_lead_paid: restart").policy)
    assert "This policy is for every debt." in told
    assert "When it is paid, the next one starts from the first step." in told
    assert "Every day is a business day." in told
    assert "The case waits" not in told
    assert "No rulebook is enforced: lawful contact is left to this policy." in told


def test_grace_that_nobody_gives_ends_with_the_due_date(part):
    """The words say what is counted from."""
    ladder = """steps:
      - {step: one, when: grace ends, send: email one}
      - {step: two, when: 4 days after grace ends, send: email two}
    """
    told = explain(part(ladder).policy)
    assert "1. one: when the due date is over, we send" in told
    assert "2. two: 4 days after the day after the due date, we send" in told
    told = explain(part("grace: 3 days\n" + ladder).policy)
    assert "1. one: when grace has ended, we send" in told
    assert "2. two: 4 days after the end of grace, we send" in told


def test_retries_are_told_with_the_rulebook_of_the_schemes(part):
    """It is asked whether the policy names it or not; contacts are none of its matter."""
    told = explain(part("steps: [{step: again, when: 9 days after due, retry: payment}]").policy)
    assert "No rulebook is enforced: lawful contact is left to this policy." in told
    assert "the rulebook cards/retries must allow each try." in told


def test_a_policy_without_ends_is_told_without_them(house):
    """Policies built by hand may stop for nothing."""
    assert "It ends when" not in explain(replace(house, stop_when=frozenset()))


def test_every_word_of_the_language_is_told():
    """A new anchor, condition or reason cannot be forgotten here."""
    assert {*explain_steps._WHEN, *explain_steps._AT_ONCE} == set(AnchorKind)
    assert set(explain_conditions._ASKED) == set(Test)
    assert set(module._PAUSES) == set(Pause)
    assert set(module._STOPS) == set(Stop)
    assert set(module._RESTORED) == set(Restore)
    assert set(module._CATCH_UP) == set(CatchUp)
    assert set(module._BY_CHANNEL) == set(OFFERED)
