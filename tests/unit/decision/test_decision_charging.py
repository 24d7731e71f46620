"""What steps charge and offer: carried by their message, worked out from facts, let go for paying in time."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from story import ANN, Story, disputed, invoice, paid, returned, settled_dispute, usd

from dunning_engine.domain.approval_events import ApprovalGranted
from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.charges import Charge, ChargeKind
from dunning_engine.domain.events import ActionCancelled, HoldPlaced, PaymentReceived, PaymentReversed
from dunning_engine.domain.ledger_events import ChargeAssessed, ChargeReversed, InvoiceCancelled
from dunning_engine.domain.parties import Party

INTEREST = """
interest: {rate: 10 %}
applies_to: [debtor is business]
steps:
  - {step: first, when: 15 days after due, send: email first, charge: [interest to date, fee of 10.00]}
  - {step: second, when: 10 days after first, charge: interest to date}
"""
ONE = invoice("INV-1", "100.00", due="2026-01-01", issued="2025-12-01")


def story(text, *invoices, **more):
    return Story(text, *(invoices or (ONE,)), opened="2025-12-01", **more)


def part_disputed(amount):
    return HoldPlaced(HoldReason.DISPUTE, "INV-1", amount=usd(amount))


def sums(told):
    return [(account.charge.rule, account.charge.amount) for account in told.case.charges if not account.void]


def test_charges_go_with_their_message():
    """Fee and interest are in the amount of the letter, and owed once it is cleared."""
    told = story(INTEREST)
    decision = told.decide("2026-01-16 10:00")
    assert [c.action.action.amount for c in decision.cleared] == [11_041, 41, 1000]
    assert len(decision.cleared[0].action.action.charges) == 2
    told.look("2026-01-16 10:00")
    assert sorted(sums(told)) == [("fee of 10.00", 1000), ("interest to date", 41)]
    assert not told.decide("2026-01-16 11:00").cleared


def test_interest_goes_on_where_it_was_left():
    """Ten more days are charged as the whole less what was charged."""
    told = story(INTEREST)
    told.look("2026-01-16 10:00")
    told.look("2026-01-26 10:00")
    assert [minor for rule, minor in sums(told) if rule == "interest to date"] == [41, 27]


def test_a_payment_that_becomes_known_late_lowers_what_comes_next():
    """Money that came before the first charge bears no interest in the second one, and nothing is charged twice."""
    told = story(INTEREST)
    told.look("2026-01-16 10:00")
    told.tell("2026-01-02", paid("100.00"))
    told.look("2026-01-26 10:00")
    assert [minor for rule, minor in sums(told) if rule == "interest to date"] == [41]


def test_a_message_that_is_cancelled_takes_its_charges_along_and_brings_them_again():
    """What never went out is not owed; when it goes out after all, the charges are made anew, once."""
    told = story(INTEREST)
    first = told.decided("2026-01-16 10:00").cleared[0].action.action
    told.tell("2026-01-16 10:01", ActionCancelled(first.id, "taken back"))
    assert not sums(told)
    told.look("2026-01-17 10:00")
    assert sorted(sums(told)) == [("fee of 10.00", 1000), ("interest to date", 44)]


def test_what_a_person_took_back_is_not_charged_again():
    """A charge that was waived counts as made."""
    told = story(INTEREST)
    told.look("2026-01-16 10:00")
    waived = next(a.charge.id for a in told.case.charges if a.charge.rule == "interest to date")
    told.tell("2026-01-17", ChargeReversed(waived, "ann", "goodwill"))
    told.look("2026-01-26 10:00")
    assert [minor for rule, minor in sums(told) if rule == "interest to date"] == [27]


def test_what_is_disputed_bears_no_interest_until_it_is_decided():
    """Half of it is disputed: half of the interest is asked, and the rest only when the dispute was rejected."""
    told = story(INTEREST)
    told.tell("2026-01-05", part_disputed("50.00"))
    told.look("2026-01-16 10:00")
    assert ("interest to date", 21) in sums(told)
    told.tell("2026-01-20", settled_dispute("INV-1"))
    told.look("2026-01-26 10:00")
    assert [minor for rule, minor in sums(told) if rule == "interest to date"] == [21, 47]


def test_what_was_charged_before_a_dispute_is_not_charged_twice():
    """While nearly all is disputed, what was charged on all of it covers the days to come."""
    told = story(INTEREST)
    told.look("2026-01-16 10:00")
    told.tell("2026-01-17", part_disputed("90.00"))
    told.look("2026-01-26 10:00")
    assert [minor for rule, minor in sums(told) if rule == "interest to date"] == [41]


def test_interest_that_grows_does_not_void_an_approval():
    """A person agrees to principal and fees; interest goes on day by day."""
    told = story(INTEREST.replace("send: email first,", "send: email first, approval: boss,"))
    (asked,) = told.decided("2026-01-16 10:00").waiting
    assert not told.case.charges
    told.tell("2026-01-19", ApprovalGranted(asked.action.id, asked.digest, "bob"))
    assert told.look("2026-01-20 10:00")[0] == "first: email first"
    assert ("interest to date", 52) in sums(told)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(16, 60), max_size=8))
def test_looking_often_charges_the_same_as_looking_once(days):
    """Whatever was looked at in between, interest up to a day is the same."""
    text = """
interest: {rate: 10 %}
steps:
  - {step: first, when: 15 days after due, cadence: every 1 day, charge: interest to date}
"""
    told = story(text)
    for day in sorted({*days, 61}):
        told.look(f"2026-{(day // 31) + 1:02}-{day % 31 + 1:02} 10:00" if day < 59 else f"2026-03-{day - 58:02} 10:00")
    total = sum(minor for _rule, minor in sums(told))
    last = max(account.charge.last for account in told.case.charges)
    first = min(account.charge.first for account in told.case.charges)
    assert total == round(Decimal(10_000) * 10 * (last - first + 1) / 36_500)


# By statute -----------------------------------------------------------------------------------------------------------

STATUTE = """
interest: {pack}
steps:
  - {{step: claim, when: 20 days after due, send: email claim, charge: [statutory fixed sum, interest to date]}}
"""
FIRM = replace(ANN, kind=Party.business("b").kind, country=None)


@pytest.mark.parametrize(
    ("pack", "debtor", "rules"),
    [
        ("de/verzug", FIRM, []),
        ("de/verzug", replace(FIRM, country="DE"), []),
        ("eu/late-payment", replace(FIRM, country="US"), []),
        ("uk/late-payment", ANN, []),
    ],
)
def test_statutes_charge_nobody_whom_they_do_not_bind(pack, debtor, rules):
    """A fixed sum in another currency, a country elsewhere, a consumer: nothing, with a reason; interest where it may."""
    told = story(STATUTE.format(pack=pack), debtor=debtor)
    decision = told.decided("2026-01-21 10:00")
    fixed = [rule for rule, _minor in sums(told) if rule == "statutory fixed sum"]
    assert fixed == rules
    assert any("statutory fixed sum" in note.words for note in decision.why)


# Offers ---------------------------------------------------------------------------------------------------------------

SETTLE = """
steps:
  - {step: settle, when: 20 days after due, send: email settle, offer: settlement of 80 % within 14 days}
"""


def test_a_share_in_time_settles_everything():
    """80.00 of 100.00 on the last day: the rest is let go, and the case closes as paid."""
    told = story(SETTLE)
    told.look("2026-01-21 10:00")
    told.tell("2026-02-04 23:00", paid("80.00"))
    told.look("2026-02-05 10:00")
    assert told.case.closed_as == "paid"


@pytest.mark.parametrize(("day", "amount"), [("2026-02-05 09:00", "80.00"), ("2026-02-04 09:00", "79.99")])
def test_too_late_or_too_little_settles_nothing(day, amount):
    told = story(SETTLE)
    told.look("2026-01-21 10:00")
    told.tell(day, paid(amount))
    told.look("2026-02-06 10:00")
    assert told.case.closed_as == ""


def test_a_dispute_keeps_an_offer_from_being_accepted():
    told = story(SETTLE)
    told.look("2026-01-21 10:00")
    told.tell("2026-01-25", disputed())
    told.tell("2026-01-26", paid("80.00"))
    told.look("2026-01-27 10:00")
    assert told.case.closed_as == ""


EARLY = """
discount: [2 % within 10 days of issue, 1 % within 20 days of issue]
steps:
  - {step: reminder, when: 5 days after due, send: email reminder}
"""


@pytest.mark.parametrize(
    ("day", "amount", "closed"),
    [
        ("2025-12-11", "98.00", "paid"),
        ("2025-12-12", "98.00", ""),
        ("2025-12-12", "99.00", "paid"),
        ("2025-12-22", "99.00", ""),
        ("2025-12-22", "100.00", "paid"),
    ],
)
def test_paying_early_is_paying_less(day, amount, closed):
    """Each discount up to its own last day, and no further."""
    told = story(EARLY)
    told.tell(day, paid(amount))
    told.look("2025-12-31 10:00")
    assert told.case.closed_as == closed


# Allowances whose payment goes back -----------------------------------------------------------------------------------


def sent(told, day):
    """What went out at a look."""
    return [line.partition(": ")[2] for line in told.look(day)]


def test_a_discount_goes_back_with_its_payment():
    """98.00 in time let 2.00 go; when the payment bounces, all 100.00 are asked again, and the books hear of both."""
    told = story(EARLY)
    told.tell("2025-12-11", paid("98.00"))
    assert sent(told, "2025-12-11 10:00") == ["allow discount"]
    assert told.case.closed_as == "paid"
    told.tell("2025-12-15", returned("98.00"))
    assert sent(told, "2025-12-15 10:00") == ["withdraw discount"]
    assert told.case.receivable("INV-1").open == 10_000
    assert sent(told, "2025-12-16 10:00") == []


def test_money_that_comes_again_too_late_earns_nothing():
    """It was there in time once, but it did not stay."""
    told = story(EARLY)
    told.tell("2025-12-11", paid("98.00"))
    told.look("2025-12-11 10:00")
    told.tell("2025-12-30", returned("98.00"))
    told.look("2025-12-30 10:00")
    told.tell("2025-12-31", paid("98.00"))
    told.look("2025-12-31 10:00")
    assert (told.case.closed_as, told.case.receivable("INV-1").open) == ("", 200)


def test_money_that_comes_again_in_time_earns_the_discount_of_its_day():
    """Bounced on the 15th and paid again on the 16th: 1 % within 20 days."""
    told = story(EARLY)
    told.tell("2025-12-11", paid("98.00"))
    told.look("2025-12-11 10:00")
    told.tell("2025-12-15", returned("98.00"))
    told.look("2025-12-15 10:00")
    told.tell("2025-12-16", paid("98.99"))
    assert sent(told, "2025-12-16 10:00") == []
    told.tell("2025-12-17", paid("0.01"))
    assert sent(told, "2025-12-17 10:00") == ["allow discount"]
    assert told.case.closed_as == "paid"


def test_a_discount_under_terms_that_are_gone_stays():
    """What an older version of the policy granted is not taken back because the newer one says nothing of it."""
    told = story(EARLY)
    told.tell("2025-12-11", paid("98.00"))
    told.look("2025-12-11 10:00")
    told.policy = replace(told.policy, discounts=())
    told.tell("2025-12-15", returned("98.00"))
    assert sent(told, "2025-12-15 10:00") == []
    assert told.case.receivable("INV-1").open == 9_800


CHARGED = """
allocation: [principal, fees, interest]
steps:
  - step: settle
    when: 20 days after due
    send: email settle
    charge: fee of 10.00
    offer: settlement of 80 % within 14 days
"""


def test_a_settlement_goes_back_with_its_payment():
    """Rest and fee are let go, and both come back when the payment does; the books are told, each time once."""
    told = story(CHARGED)
    told.look("2026-01-21 10:00")
    told.tell("2026-01-22", paid("88.00"))
    assert sorted(sent(told, "2026-01-22 10:00")) == ["allow settlement", "reverse fee of 10.00"]
    assert told.case.closed_as == "paid"
    told.tell("2026-02-20", returned("88.00"))
    assert sorted(sent(told, "2026-02-20 10:00")) == ["reinstate fee of 10.00", "withdraw settlement"]
    assert told.case.receivable("INV-1").open == 10_000
    assert sums(told) == [("fee of 10.00", 1000)]
    told.tell("2026-02-21", paid("88.00"))
    assert sent(told, "2026-02-21 10:00") == []
    assert told.case.closed_as == "" or told.case.receivable("INV-1").open > 0


def test_a_settlement_that_was_refused_in_a_dispute_is_not_accepted_after_its_days():
    """Paid in time while it was disputed, and the dispute ends when the days are over."""
    told = story(SETTLE)
    told.look("2026-01-21 10:00")
    told.tell("2026-01-25", disputed())
    told.tell("2026-01-26", paid("80.00"))
    told.look("2026-01-27 10:00")
    told.tell("2026-02-05", settled_dispute())
    told.look("2026-02-05 10:00")
    assert (told.case.closed_as, told.case.receivable("INV-1").open) == ("", 2_000)


def test_a_settlement_is_accepted_when_the_dispute_ends_within_its_days():
    told = story(SETTLE)
    told.look("2026-01-21 10:00")
    told.tell("2026-01-25", disputed())
    told.tell("2026-01-26", paid("80.00"))
    told.look("2026-01-27 10:00")
    told.tell("2026-02-04", settled_dispute())
    told.look("2026-02-04 10:00")
    assert told.case.closed_as == "paid"


def test_a_payment_in_time_that_becomes_known_late_settles():
    """Its own day counts, not the day on which it was looked at."""
    told = story(SETTLE)
    told.look("2026-01-21 10:00")
    told.look("2026-02-10 10:00")
    told.tell("2026-02-03", paid("80.00"))
    told.look("2026-02-11 10:00")
    assert told.case.closed_as == "paid"


def test_a_settlement_stands_when_an_older_payment_goes_back():
    """The reversal names a payment from before the offer: only that one is open again."""
    told = story(SETTLE)
    told.tell("2025-12-20", PaymentReceived(usd("50.00"), source="bank", event_id="old"))
    told.look("2026-01-21 10:00")
    told.tell("2026-01-22", PaymentReceived(usd("40.00"), source="bank", event_id="new"))
    told.look("2026-01-22 10:00")
    assert told.case.closed_as == "paid"
    told.tell("2026-01-30", PaymentReversed(usd("50.00"), payment="old"))
    assert sent(told, "2026-01-30 10:00") == []
    assert told.case.receivable("INV-1").open == 5_000


# What the books are told ----------------------------------------------------------------------------------------------

LAPSING = """
on_paid: lapse
allocation: [principal, fees, interest]
steps:
  - {step: first, when: 15 days after due, send: email first, charge: fee of 10.00}
"""


def test_the_books_hear_of_a_charge_that_lapses_and_comes_back():
    """The fee lapses with the payment, is owed again when that goes back, and lapses again: each time one message."""
    told = story(LAPSING)
    told.look("2026-01-16 10:00")
    keys = set()
    for day, fact, words in (
        ("2026-01-18", paid("100.00"), "reverse fee of 10.00"),
        ("2026-01-19", returned("100.00"), "reinstate fee of 10.00"),
        ("2026-01-20", paid("100.00"), "reverse fee of 10.00"),
    ):
        told.tell(day, fact)
        (booked,) = [c.action.action for c in told.decide(f"{day} 10:00").cleared]
        assert (booked.spec.words, booked.amount) == (words, 1000)
        assert booked.id not in keys
        keys.add(booked.id)
        assert sent(told, f"{day} 10:00") == [words]


def test_the_books_hear_of_a_charge_that_a_person_took_back():
    told = story(INTEREST)
    told.look("2026-01-16 10:00")
    waived = next(a.charge for a in told.case.charges if a.charge.rule == "fee of 10.00")
    told.tell("2026-01-17", ChargeReversed(waived.id, "ann", "goodwill"))
    (reversal,) = [c.action.action for c in told.decided("2026-01-17 10:00").cleared]
    assert (reversal.spec.words, reversal.amount, reversal.charges) == ("reverse fee of 10.00", 1000, (waived,))
    assert not told.decide("2026-01-18 10:00").cleared


def test_the_books_hear_nothing_of_a_charge_that_they_were_never_told_of():
    """The message was taken back before it went out, and its charge with it."""
    told = story(INTEREST, arrives=None)
    first = told.decided("2026-01-16 10:00").cleared[0].action.action
    told.tell("2026-01-16 10:01", ActionCancelled(first.id, "taken back"))
    assert not [c for c in told.decide("2026-01-16 10:02").cleared if not c.action.action.spec.verb.asked]


# Plans ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("phrase", "parts", "least"),
    [
        ("plan of up to 6 monthly instalments of at least 25.00", 4, 2500),
        ("plan of up to 3 weekly instalments", 3, 1),
        ("plan of up to 6 monthly instalments of at least 60.00", 0, 0),
    ],
)
def test_a_plan_is_offered_in_as_many_parts_as_the_sum_allows(phrase, parts, least):
    """Of 100.00 four parts of 25.00 at least; where no two are possible none is offered."""
    told = story(SETTLE.replace("settlement of 80 % within 14 days", phrase))
    told.look("2026-01-21 10:00")
    offers = [account.offer for account in told.case.offers]
    assert [(o.parts, o.least, o.amount, o.rule) for o in offers] == ([(parts, least, 10_000, phrase)] if parts else [])
    told.tell("2026-01-22", paid("99.99"))
    told.look("2026-01-23 10:00")
    assert told.case.closed_as == ""


TWO = invoice("INV-2", "50.00", due="2026-01-01", issued="2025-12-01")
FEE_OF_THE_CASE = """
applies_to: [debtor is business]
steps: [{step: first, when: 15 days after due, send: email first, charge: fee of 10.00}]
"""


@pytest.mark.parametrize(("cancelled", "owed"), [([], 1000), (["INV-1"], 1000), (["INV-1", "INV-2"], 0)])
def test_a_charge_of_the_case_goes_with_the_last_invoice_that_it_was_made_for(cancelled, owed):
    """Nothing of a cancelled invoice is owed: what was charged for it alone is not either."""
    told = story(FEE_OF_THE_CASE, ONE, TWO)
    told.look("2026-01-16 10:00")
    for number in cancelled:
        told.tell("2026-01-20", InvoiceCancelled(number))
    (account,) = told.case.charges
    assert (account.open, bool(account.void)) == (owed, not owed)


def test_a_charge_that_the_host_put_down_stays_when_an_invoice_is_cancelled():
    """Nobody knows for which invoices it was made."""
    told = story(FEE_OF_THE_CASE)
    told.tell("2026-01-10", ChargeAssessed(Charge(id="cost", kind=ChargeKind.FEE, amount=500)))
    told.tell("2026-01-12", InvoiceCancelled("INV-1"))
    assert [account.open for account in told.case.charges] == [500]
