"""What hosts say is looked at before it is an event: events cannot be deleted."""

from __future__ import annotations

import pickle
from dataclasses import replace
from datetime import date, datetime

import pytest

from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.contacts import Outcome
from dunning_engine.domain.events import (
    ContactMade,
    CreditNoteIssued,
    HoldLifted,
    HoldPlaced,
    OptedIn,
    OptedOut,
    PaymentReceived,
    PaymentReversed,
    PromiseMade,
)
from dunning_engine.domain.parties import Channel
from dunning_engine.domain.receivables import Invoice
from dunning_engine.kernel.errors import UsageError
from dunning_engine.kernel.money import Money
from dunning_engine.ports.codec import decode_event

FIVE = Money("5.00", "USD")


@pytest.mark.parametrize("by", ["2026-03-20", date(2026, 3, 20), date(2026, 3, 20).toordinal()])
def test_a_promise_is_until_a_day(by):
    """As a date, its text or its ordinal."""
    promise = PromiseMade(FIVE, by)
    assert promise == PromiseMade(amount=FIVE, by=739_695) == replace(promise) == pickle.loads(pickle.dumps(promise))


@pytest.mark.parametrize("by", [datetime(2026, 3, 20), "soon", None, True, 3.5])
def test_a_promise_until_no_day(by):
    """An instant is refused as well: its day depends on where one is."""
    with pytest.raises(UsageError, match=r"no date|not a date"):
        PromiseMade(FIVE, by)


@pytest.mark.parametrize("kind", [PaymentReceived, CreditNoteIssued, PaymentReversed])
def test_money_is_above_zero(kind):
    """What went the other way has a fact of its own."""
    for amount in ("0", "-5.00"):
        with pytest.raises(UsageError, match=r"is over -?\d\.00 USD: "):
            kind(Money(amount, "USD"))
    for amount in (5.0, "5.00", None):
        with pytest.raises(UsageError, match=r'which is no Money: pass Money\("5\.00", "USD"\)'):
            kind(amount)
    with pytest.raises(UsageError, match="record money that went back as a PaymentReversed"):
        PaymentReceived(-FIVE)


def test_words_stand_for_what_they_name():
    """The value of an enum is as good as its member."""
    assert HoldPlaced("dispute", "INV-1") == HoldPlaced(HoldReason.DISPUTE, "INV-1")
    assert HoldLifted("hold") == HoldLifted(HoldReason.MANUAL)
    assert OptedOut("email") == OptedOut(Channel.EMAIL)
    assert OptedIn("sms") == OptedIn(Channel.SMS)
    assert ContactMade("call", "conversation") == ContactMade(Channel.CALL, Outcome.CONVERSATION)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: HoldPlaced("disputed"), '\'disputed\': pass one of "dispute", "plan"'),
        (lambda: OptedOut("mail"), "'mail': pass one of \"email\""),
        (lambda: ContactMade("call", "spoke"), "'spoke': pass one of \"attempted\""),
        (
            lambda: ContactMade("call", "attempted", line="office"),
            "line of a contact is 'office': pass one of '', 'per",
        ),
        (lambda: ContactMade("call", "attempted", addressee="aunt"), "of a contact is 'aunt': pass one of 'consumer'"),
    ],
)
def test_other_words_are_told(make, message):
    """With those that there are."""
    with pytest.raises(UsageError) as error:
        make()
    assert message in str(error.value)


@pytest.mark.parametrize("fields", [{"amount": 100.0}, {"due": datetime(2026, 3, 1)}, {"issued": 7}])
def test_an_invoice_of_what_is_none(fields):
    """Amounts are money and days are dates."""
    with pytest.raises(UsageError, match=r"pass Money|pass date"):
        Invoice("INV-1", **{"amount": FIVE, "due": "2026-03-01", **fields})


def test_what_was_stored_stays_readable():
    """Events of before these questions are folded as they are."""
    body = '{"amount":{"currency":"USD","minor":-500},"event_id":"","invoice":null,"source":""}'
    assert decode_event("PaymentReceived", 1, body).amount == -FIVE
