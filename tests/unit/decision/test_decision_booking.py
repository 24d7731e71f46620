"""How often a step charges, what it does not offer, and when the books are told of a charge."""

from __future__ import annotations

from dataclasses import replace

import pytest
from story import ANN, Story, invoice, paid, usd

from dunning_engine.compliance.rulebook import rulebook_of
from dunning_engine.decision.decision import Withdrawn
from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.events import FactRecorded, HoldPlaced
from dunning_engine.domain.ledger_events import ChargeReversed
from dunning_engine.domain.parties import PartyKind
from dunning_engine.domain.receivables import Invoice
from dunning_engine.kernel.money import Money

FEE = """
steps:
  - {step: first, when: 15 days after due, send: email first, charge: fee of 10.00}
"""
SETTLE = """
pause_while: []
steps:
  - {step: settle, when: 20 days after due, send: email settle, offer: settlement of 80 % within 14 days}
"""
FIRM = replace(ANN, kind=PartyKind.BUSINESS, country=None)


def story(text, *invoices, **more):
    debts = invoices or (invoice("INV-1", "100.00", due="2026-01-01", issued="2025-12-01"),)
    return Story(text, *debts, opened="2025-12-01", **more)


def pounds(number, due):
    return Invoice(number, Money("100.00", "GBP"), due=due, issued="2025-12-01")


def decided(told, when):
    """The letter and the charge that one look clears."""
    letter, charge = (cleared.action.action for cleared in told.decided(when).cleared)
    return letter, charge


# How often, and how far ------------------------------------------------------------------------------------------------

OFTEN = """
fees: {{late: {{fixed: 10.00, once: {once}}}}}
steps:
  - {{step: first, when: 15 days after due, send: email first, charge: fee late}}
  - {{step: second, when: 10 days after first, send: email second, charge: fee late}}
  - {{step: third, when: 10 days after second, send: email third, charge: fee late}}
"""


@pytest.mark.parametrize(
    ("once", "steps"),
    [
        ("each time", ["first", "second", "third"]),
        ("per step", ["first", "second", "third"]),
        ("per month", ["first", "third"]),
        ("per year", ["first"]),
        ("per case", ["first"]),
    ],
)
def test_a_fee_is_charged_as_often_as_it_says(once, steps):
    """Three letters, two of them in January and one in February."""
    told = story(OFTEN.format(once=once))
    for day in ("2026-01-16", "2026-01-26", "2026-02-05"):
        told.look(f"{day} 10:00")
    assert [account.charge.step for account in told.case.charges] == steps


def test_a_fixed_sum_is_charged_once_for_each_debt():
    """The second claim adds the sum of the debt that was not late at the first one, and no other."""
    told = story(
        "interest: uk/late-payment\n"
        "steps:\n"
        "  - {step: claim, when: 20 days after due, send: email claim, charge: statutory fixed sum}\n"
        "  - {step: again, when: 20 days after claim, send: email again, charge: statutory fixed sum}\n",
        pounds("INV-1", "2026-01-01"),
        pounds("INV-2", "2026-02-01"),
        debtor=FIRM,
    )
    told.look("2026-01-21 10:00")
    assert [account.charge.invoice for account in told.case.charges] == ["INV-1"]
    told.look("2026-02-10 10:00")
    assert [account.charge.invoice for account in told.case.charges] == ["INV-1", "INV-2"]


def test_a_rate_that_nobody_looked_up_yet_charges_nothing():
    """The days of the debt lie behind the last half-year of the table: no guess, and a reason."""
    told = story(
        "interest: {rate: 5 points above ecb-mro}\n"
        "steps:\n"
        "  - {step: claim, when: 20 days after due, send: email claim, charge: interest to date}\n",
        invoice("INV-1", "100.00", due="2090-01-01", issued="2089-12-01"),
    )
    decision = told.decided("2090-01-21 10:00")
    assert not told.case.charges
    assert any("interest to date on INV-1" in note.words for note in decision.why)


def test_nothing_is_offered_while_the_debt_is_disputed():
    """A message that goes out all the same makes no offer, and the decision says why."""
    told = story(SETTLE)
    told.tell("2026-01-05", HoldPlaced(HoldReason.DISPUTE, "INV-1", amount=usd("50.00")))
    decision = told.decided("2026-01-21 10:00")
    assert not told.case.offers
    assert any("nothing is offered while a debt is disputed" in note.words for note in decision.why)


def test_an_offer_that_has_not_gone_out_cannot_be_accepted():
    """80.00 arrive while the message still lies in the outbox: nobody had read of it."""
    told = story(SETTLE)
    told.decided("2026-01-21 10:00")
    told.tell("2026-01-21 10:01", paid("80.00"))
    told.decided("2026-01-21 10:02")
    assert (told.case.closed_as, told.case.receivable("INV-1").open) == ("", 2_000)


# The books are told when the message has gone ---------------------------------------------------------------------------


def test_the_books_wait_for_the_message_of_a_charge():
    """A fee is handed over when its message has gone out."""
    told = story(FEE)
    letter, fee = decided(told, "2026-01-16 10:00")
    assert told.admit(fee, "2026-01-16 10:01") == Withdrawn(fee, "its message has not gone out")
    told.deliver(letter, "2026-01-16 10:02")
    assert told.admit(fee, "2026-01-16 10:03").action.action == fee


def test_a_charge_that_was_taken_back_is_not_told():
    """It gives the reason of whoever took it back."""
    told = story(FEE)
    letter, fee = decided(told, "2026-01-16 10:00")
    told.deliver(letter, "2026-01-16 10:01")
    told.tell("2026-01-16 10:02", ChargeReversed(fee.charges[0].id, "ann", "goodwill"))
    assert told.admit(fee, "2026-01-16 10:03") == Withdrawn(fee, "goodwill")


def test_a_charge_that_the_case_does_not_know_is_not_told():
    """It was worked out and never recorded."""
    told = story(FEE)
    fee = told.decide("2026-01-16 10:00").cleared[1].action.action
    assert told.admit(fee, "2026-01-16 10:01") == Withdrawn(fee, "it was never charged")


def test_the_books_are_told_once_when_the_letters_of_a_step_go_on_two_days():
    """One contact a day: the email takes the fee along, and the letter of the next day names it without booking it again."""
    told = story("""
contact_limits: [1 contact per day per debtor]
steps:
  - {step: first, when: 15 days after due, send: [email first, letter first], charge: fee of 10.00}
""")
    email, _fee = decided(told, "2026-01-16 10:00")
    told.deliver(email, "2026-01-16 10:01")
    (letter,) = (cleared.action.action for cleared in told.decided("2026-01-17 10:00").cleared)
    assert (letter.spec.words, letter.amount) == ("letter first", 11_000)
    assert len(told.case.charges) == 1


AGREED = rulebook_of(
    {
        "rulebook": "us/test",
        "title": "Test",
        "state_of": "2026-01-01",
        "rules": [
            {
                "rule": "authorised-charge",
                "kind": "prohibition",
                "says": "Fees are added only where the agreement allows them",
                "offstage": True,
                "when": [{"fact": "purpose", "op": "is", "words": ["charge"]}],
                "since": {
                    "1978-03-20": {
                        "prerequisites": {"needs": [{"fact": "charge_authorised", "op": "is", "words": ["agreement"]}]}
                    }
                },
                "citation": {"text": "§ 1", "url": "https://law.example/1"},
                "confidence": "house",
            }
        ],
    }
)


def test_what_the_law_refuses_to_add_stands_in_no_letter():
    """Nobody said that the agreement allows the fee: the letter asks for the debt alone, and the decision says why."""
    told = story("law: [us/test]" + FEE, rulebooks=(AGREED,))
    decision = told.decided("2026-01-16 10:00")
    (letter,) = (cleared.action.action for cleared in decision.cleared)
    assert (letter.amount, letter.charges, told.case.charges) == (10_000, (), ())
    assert any(note.words.startswith("not charged: charge fee of 10.00: ") for note in decision.why)


def test_the_law_lets_pass_what_the_agreement_allows():
    """With the ground recorded the fee goes along."""
    told = story("law: [us/test]" + FEE, rulebooks=(AGREED,))
    told.tell("2026-01-15", FactRecorded("charge_authorised", "agreement"))
    letter, fee = decided(told, "2026-01-16 10:00")
    assert (letter.amount, fee.amount) == (11_000, 1000)


def test_a_charge_without_a_message_is_refused_like_any_action():
    """The answer names the rule, and nothing is owed."""
    told = story("law: [us/test]" + FEE.replace("send: email first, ", ""), rulebooks=(AGREED,))
    (blocked,) = told.decided("2026-01-16 10:00").blocked
    assert (blocked.action.spec.words, blocked.reasons[0].rule) == ("charge fee of 10.00", "us/test/authorised-charge")
    assert not told.case.charges
