"""A case's ledger: charges as items, what goes back, corrections, credit, write-off; every cent accounted for."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dunning_engine.domain import events as ev
from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.case import fold
from dunning_engine.domain.charges import DEFAULT_TERMS, Charge, ChargeKind, ItemClass, LedgerTerms, OnPaid
from dunning_engine.domain.ledger import ledger_at, principal_courses
from dunning_engine.domain.ledger_events import (
    ChargeAssessed,
    ChargeReversed,
    CreditApplied,
    CreditNoteCancelled,
    DiscountGranted,
    InvoiceCancelled,
    InvoiceCorrected,
    ReversalKind,
    WrittenOff,
)
from dunning_engine.domain.parties import Party
from dunning_engine.domain.receivables import Invoice
from dunning_engine.kernel.errors import UsageError
from dunning_engine.kernel.money import Money

NUMBERS = ("A", "B")
PRINCIPAL_FIRST = (ItemClass.PRINCIPAL, ItemClass.INTEREST, ItemClass.FEES)


def usd(minor):
    return Money.of_minor(minor, "USD")


def bill(number="A", minor=100, due="2026-03-01"):
    return ev.ReceivableAdded(Invoice(number, usd(minor), due=due, issued="2026-02-01"))


def fee(name="f", minor=10, invoice="A", **more):
    return ChargeAssessed(Charge(id=name, kind=ChargeKind.FEE, amount=minor, invoice=invoice, **more))


def told(*facts, terms=DEFAULT_TERMS):
    """The case after facts, an hour after each other unless they say when."""
    opened = ev.CaseOpened(Party.consumer("ann"), ev.PolicyRef("p", 1, "h"), terms=terms)
    dated = [fact if isinstance(fact, tuple) else (n, fact) for n, fact in enumerate(facts, 1)]
    stream = [ev.Recorded(1, 0, 0, opened)]
    stream += [ev.Recorded(n, at * 3600, 0, fact) for n, (at, fact) in enumerate(dated, 2)]
    return fold("c", stream)


def opens(case):
    return {r.number: r.open for r in case.receivables} | {a.charge.id: a.open for a in case.charges}


def paid(minor, invoice=None, **more):
    return ev.PaymentReceived(usd(minor), invoice, **more)


def test_money_settles_charges_first_unless_the_policy_says_otherwise():
    """The order travels with the case."""
    assert opens(told(bill(), fee(), paid(100))) == {"A": 10, "f": 0}
    assert opens(told(bill(), fee(), paid(100), terms=LedgerTerms(PRINCIPAL_FIRST))) == {"A": 0, "f": 10}


def test_charges_of_a_paid_invoice_lapse_where_the_policy_lets_them():
    """And are back when the money is."""
    terms = LedgerTerms(PRINCIPAL_FIRST, OnPaid.LAPSE)
    case = told(bill(), fee(), fee("c", 5, None), paid(100), terms=terms)
    assert opens(case) == {"A": 0, "f": 0, "c": 0}
    assert {a.void for a in case.charges} == {"lapsed: A is paid", "lapsed: the debt is paid"}
    back = told(bill(), fee(), paid(100), ev.PaymentReversed(usd(100)), terms=terms)
    assert opens(back) == {"A": 100, "f": 10}


def test_a_reversal_opens_what_the_payment_had_settled_and_no_credit_note():
    """Even where it names the invoice of both."""
    case = told(bill(), ev.CreditNoteIssued(usd(40), "A"), paid(60, "A"), ev.PaymentReversed(usd(100), "A"))
    assert opens(case) == {"A": 60}
    assert case.credit == -40


def test_a_reversal_finds_its_payment():
    """By its name, by the invoice, by the sum; else the latest money goes back first."""
    bills = [bill("A"), bill("B", 50, "2026-03-02")]
    money = [paid(100, "A", source="bank", event_id="1"), paid(50, "B", source="bank", event_id="2")]
    assert opens(told(*bills, *money, ev.PaymentReversed(usd(50), payment="1"))) == {"A": 50, "B": 0}
    assert opens(told(*bills, *money, ev.PaymentReversed(usd(100)))) == {"A": 100, "B": 0}
    assert opens(told(*bills, *money, ev.PaymentReversed(usd(20)))) == {"A": 0, "B": 20}


def test_a_refund_goes_out_of_credit_first():
    """The invoice that was paid too high stays paid."""
    case = told(bill(), paid(120), ev.PaymentReversed(usd(20), kind=ReversalKind.REFUND))
    assert (opens(case), case.credit) == ({"A": 0}, 0)


def test_a_credit_note_may_be_cancelled():
    """What it had lowered is owed again."""
    assert opens(told(bill(), ev.CreditNoteIssued(usd(100), "A"), CreditNoteCancelled(usd(100), "A"))) == {"A": 100}


def test_credit_that_is_for_nothing_yet_waits_to_be_applied():
    """Until then it settles nothing."""
    alone = ev.CreditNoteIssued(usd(100), unapplied=True)
    case = told(bill(), alone)
    assert (opens(case), case.credit, case.unapplied) == ({"A": 100}, 100, 100)
    case = told(bill(), alone, CreditApplied(usd(70), "A"))
    assert (opens(case), case.credit, case.unapplied) == ({"A": 30}, 30, 30)
    case = told(bill(), alone, alone, CreditApplied(usd(70), "A"))
    assert (opens(case), case.credit) == ({"A": 30}, 130)


def test_the_newest_word_about_an_invoice_counts():
    """A correction may come before its invoice; what was paid beyond it is credit."""
    words = [(9, InvoiceCorrected("A", usd(80))), (5, InvoiceCorrected("A", usd(70), due="2026-04-01")), (1, bill())]
    case = told(*words, (2, paid(90)))
    assert [(r.amount, r.open, r.due) for r in case.receivables] == [(80, 0, case.receivables[0].due)]
    assert case.receivables[0].due == told(bill(due="2026-04-01")).receivables[0].due
    assert case.credit == 10


def test_the_same_correction_again_says_nothing_new():
    """A host that sends it twice changes nothing, and a correction of a day alone leaves the sum."""
    word = (5, InvoiceCorrected("A", due="2026-04-01"))
    once = told((1, bill()), word)
    assert told((1, bill()), word, word).corrections == once.corrections
    assert [(r.amount, r.open) for r in once.receivables] == [(100, 100)]


def test_a_cancelled_invoice_is_owed_no_more():
    """Nor the charges on it; what was paid settles others."""
    case = told(bill(), fee(), bill("B", 50, "2026-03-02"), paid(60, "A"), InvoiceCancelled("A"))
    assert (opens(case), case.credit) == ({"A": 0, "B": 0, "f": 0}, 10)
    assert case.charges[0].void == "invoice A was cancelled"


def test_money_after_a_write_off_is_recovered():
    """And goes back to what was given up when it bounces."""
    case = told(bill(), paid(30), WrittenOff(), paid(25))
    assert (opens(case), case.written_off, case.recovered) == ({"A": 0}, 45, 25)
    back = told(bill(), paid(30), WrittenOff(), paid(25), ev.PaymentReversed(usd(25)))
    assert (opens(back), back.written_off, back.recovered) == ({"A": 0}, 70, 0)
    assert opens(told(bill(), WrittenOff(usd(40), "A"))) == {"A": 60}


def test_money_without_a_name_settles_nothing_disputed():
    """It waits as credit, and settles once the dispute has ended; money that names the invoice settles it."""
    dispute = ev.HoldPlaced(HoldReason.DISPUTE, "A")
    bills = [bill(), fee(), bill("B", 50, "2026-03-02"), dispute]
    case = told(*bills, paid(80))
    assert (opens(case), case.credit) == ({"A": 100, "f": 10, "B": 0}, 30)
    assert opens(told(*bills, paid(80), ev.HoldLifted(HoldReason.DISPUTE, "A"))) == {"A": 80, "f": 0, "B": 0}
    assert opens(told(*bills, paid(80, "A"))) == {"A": 30, "f": 0, "B": 50}


@pytest.mark.parametrize("names", [("a", "b", "c"), ("c", "a", "b"), ("b", "c", "a")])
def test_charges_are_settled_in_the_order_in_which_they_were_asked(names):
    """Whatever they are called: of one instant as they were told, of one day by their instants, however late these became known."""
    first, second, third = names
    together = told((1, bill()), *((2, fee(name)) for name in names), (3, paid(15)))
    assert opens(together) == {"A": 100, first: 0, second: 5, third: 10}

    late = told((1, bill()), (4, fee(third)), (3, fee(second)), (2, fee(first)), (5, paid(15)))
    assert opens(late) == {"A": 100, first: 0, second: 5, third: 10}
    assert [account.charge.id for account in late.charges] == list(names)

    lapsing = LedgerTerms(PRINCIPAL_FIRST, OnPaid.LAPSE)
    partly = told((1, bill()), *((2, fee(name)) for name in names), (3, paid(105)), terms=lapsing)
    assert [(a.charge.id, a.lapsed) for a in partly.charges] == [(first, 5), (second, 10), (third, 10)]


def test_charges_count_once_and_may_be_taken_back():
    """A reversal may come first."""
    assert opens(told(bill(), fee(), fee())) == {"A": 100, "f": 10}
    for facts in ((fee(), ChargeReversed("f", why="a gesture")), (ChargeReversed("f", why="a gesture"), fee())):
        (account,) = told(bill(), *facts).charges
        assert (account.open, account.void) == (0, "a gesture")


def test_currencies_never_mix():
    """Each fact with an amount is refused in another currency."""
    euro = Money("1.00", "EUR")
    for fact in (fee(currency="EUR"), InvoiceCorrected("A", euro), DiscountGranted(euro), WrittenOff(euro)):
        with pytest.raises(UsageError, match="open a case per currency"):
            told(bill(), fact)


def test_facts_that_say_nothing_are_refused():
    """What to pass instead is said."""
    with pytest.raises(UsageError, match="changes nothing"):
        InvoiceCorrected("A")
    with pytest.raises(UsageError, match="above zero"):
        Charge(id="f", kind="fee", amount=0)
    with pytest.raises(UsageError, match="ends before it begins"):
        Charge(id="f", kind="interest", amount=1, first=9, last=8)
    with pytest.raises(UsageError, match="pass a Charge"):
        ChargeAssessed("fee")


def test_a_ledger_is_known_at_any_instant():
    """And the open principal from change to change."""
    case = told(bill(), paid(30), InvoiceCorrected("A", usd(90)))
    assert ledger_at(case, 2 * 3600).receivables[0].open == 100
    assert principal_courses(case) == {"A": ((7200, 70), (10800, 60))}


MINOR = st.integers(1, 150).map(usd)
WHERE = st.sampled_from([None, *NUMBERS])
FACTS = st.one_of(
    st.builds(ev.PaymentReceived, MINOR, WHERE, unapplied=st.booleans()),
    st.builds(ev.CreditNoteIssued, MINOR, WHERE, unapplied=st.booleans()),
    st.builds(ev.PaymentReversed, MINOR, WHERE, kind=st.sampled_from(ReversalKind)),
    st.builds(CreditNoteCancelled, MINOR, WHERE),
    st.builds(CreditApplied, MINOR, WHERE),
    st.builds(DiscountGranted, MINOR, WHERE),
    st.builds(WrittenOff, st.none() | MINOR, WHERE),
    st.builds(InvoiceCorrected, st.sampled_from(NUMBERS), MINOR),
    st.builds(InvoiceCancelled, st.sampled_from(NUMBERS)),
    st.builds(fee, st.sampled_from("xyz"), st.just(10), st.just("A")),
    st.builds(ChargeReversed, st.sampled_from("xyz")),
    st.builds(ev.HoldPlaced, st.just(HoldReason.DISPUTE), WHERE),
    st.builds(ev.HoldLifted, st.just(HoldReason.DISPUTE), WHERE),
)
TERMS = st.builds(LedgerTerms, st.permutations(list(ItemClass)).map(tuple), st.sampled_from(OnPaid))
HISTORIES = st.lists(FACTS, max_size=9).map(
    lambda facts: list(enumerate((bill(), bill("B", 60, "2026-03-02"), *facts)))
)


@given(facts=HISTORIES, terms=TERMS)
def test_every_cent_is_accounted_for(facts, terms):
    """Billed and charged is what came and was credited, what was given up and what is open, less credit."""
    for length in range(1, len(facts) + 1):
        case = told(*facts[:length], terms=terms)
        asked = sum(r.amount for r in case.receivables)
        asked += sum(a.charge.amount - a.lapsed for a in case.charges if a.lapsed or not a.void)
        came = sum(e.amount for e in case.entries if e.kind.value not in ("write-off", "applied credit"))
        left = sum(r.open for r in case.receivables) + sum(a.open for a in case.charges)
        assert asked == came + case.written_off + left - case.credit
        assert all(0 <= r.open <= r.amount for r in case.receivables)
        assert all(0 <= a.open <= a.charge.amount for a in case.charges)


@given(facts=HISTORIES, terms=TERMS, data=st.data())
def test_a_ledger_does_not_depend_on_the_order_of_arrival(facts, terms, data):
    """Facts count when they happened."""

    def stands(case):
        entries = tuple(replace(entry, key="") for entry in case.entries)
        return replace(case, seq=0, entries=entries, marks=tuple(replace(mark, seq=0) for mark in case.marks))

    assert stands(told(*data.draw(st.permutations(facts)), terms=terms)) == stands(told(*facts, terms=terms))
