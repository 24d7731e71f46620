"""What is owed and what came: allocation of money, exact and in any order."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dunning_engine.domain.allocation import Books, balance
from dunning_engine.domain.receivables import Entry, EntryKind, Invoice, Receivable, in_order
from dunning_engine.kernel.calendar import CalendarError
from dunning_engine.kernel.errors import UsageError
from dunning_engine.kernel.money import Money

NUMBERS = ("A", "B", "C")


def owed(number, amount, due):
    return Receivable(number, amount, issued=due - 14, due=due, added_at=0, open=amount)


def paid(at, amount, invoice=None, key=""):
    return Entry(at, amount, invoice, key or f"#{at}", EntryKind.PAYMENT if amount >= 0 else EntryKind.REVERSAL)


RECEIVABLES = st.lists(
    st.builds(owed, st.sampled_from(NUMBERS), st.integers(1, 100), st.integers(100, 103)),
    min_size=1,
    unique_by=lambda r: r.number,
)
ENTRIES = st.lists(
    st.builds(
        paid,
        st.integers(0, 5),
        st.integers(-120, 150),
        st.sampled_from([None, *NUMBERS, "unknown"]),
        st.uuids().map(str),
    ),
    max_size=8,
)


def opens(receivables):
    return {r.number: r.open for r in receivables}


def test_an_invoice_has_dates_as_text_or_as_dates():
    """Both are the same invoice."""
    text = Invoice("INV-1", Money("240.00", "USD"), due="2026-03-01", issued="2026-02-01")
    assert text == Invoice("INV-1", Money("240.00", "USD"), due=date(2026, 3, 1), issued=date(2026, 2, 1))
    assert Invoice("INV-1", Money("1", "USD"), due="2026-03-01").issued is None


def allocate(bills, entries):
    """The bills after payments and credits, and what is left over as credit of the debtor."""
    found = balance(Books(tuple(bills), entries))
    return found.receivables, found.credit


def test_an_invoice_needs_a_number_and_something_to_pay():
    """A credit is recorded as what it is."""
    with pytest.raises(UsageError, match="an invoice needs a number"):
        Invoice("", Money("1", "USD"), due="2026-03-01")
    for amount in ("0", "-1.00"):
        with pytest.raises(UsageError, match="record what lowers a debt as a CreditNoteIssued"):
            Invoice("INV-1", Money(amount, "USD"), due="2026-03-01")
    with pytest.raises(CalendarError, match="is not a date"):
        Invoice("INV-1", Money("1", "USD"), due="1 March")


def test_money_without_a_word_goes_to_the_oldest_due():
    """Then to the next; the number decides between those due on one day."""
    settled, spare = allocate([owed("B", 50, 100), owed("A", 50, 101), owed("C", 50, 100)], [paid(7, 120)])
    assert opens(settled) == {"B": 0, "C": 0, "A": 30}
    assert spare == 0
    assert [r.settled_at for r in settled] == [7, None, 7]


def test_money_meant_for_an_invoice_goes_there_first():
    """What is too much goes to the oldest of the others, and then stays as credit."""
    settled, spare = allocate([owed("A", 50, 100), owed("B", 50, 101)], [paid(1, 60, "B")])
    assert opens(settled) == {"A": 40, "B": 0}
    settled, spare = allocate([owed("A", 50, 100), owed("B", 50, 101)], [paid(1, 130, "B")])
    assert (opens(settled), spare) == ({"A": 0, "B": 0}, 30)


def test_money_for_an_unknown_invoice_is_not_lost():
    """It counts like money without a word."""
    settled, _ = allocate([owed("A", 50, 100)], [paid(1, 20, "elsewhere")])
    assert opens(settled) == {"A": 30}


def test_a_reversal_opens_what_it_paid():
    """That of the named invoice, else the latest due that was paid; the debt is settled no longer."""
    bills = [owed("A", 50, 100), owed("B", 50, 101)]
    settled, _ = allocate(bills, [paid(1, 100), paid(2, -30)])
    assert opens(settled) == {"A": 0, "B": 30}
    assert [r.settled_at for r in settled] == [1, None]
    settled, _ = allocate(bills, [paid(1, 100), paid(2, -70, "A")])
    assert opens(settled) == {"A": 50, "B": 20}


def test_a_debt_that_is_paid_again_is_settled_then():
    """The instant is that of the payment that made it whole."""
    (bill,), _ = allocate([owed("A", 50, 100)], [paid(1, 50), paid(2, -50), paid(9, 50)])
    assert (bill.open, bill.settled_at) == (0, 9)


def test_a_reversal_of_more_than_was_paid_waits_for_money():
    """It never makes an invoice larger than it was."""
    (bill,), spare = allocate([owed("A", 50, 100)], [paid(1, -20), paid(2, 30)])
    assert (bill.open, spare) == (40, 0)
    (bill,), spare = allocate([owed("A", 50, 100)], [paid(1, -20)])
    assert (bill.open, spare) == (50, -20)


@given(bills=RECEIVABLES, entries=ENTRIES)
def test_no_cent_is_lost_or_found(bills, entries):
    """What is open, plus what came, less what is spare, is what was owed; nothing is open beyond its amount."""
    settled, spare = allocate(bills, entries)
    assert sum(r.open for r in settled) + sum(e.amount for e in entries) - spare == sum(r.amount for r in bills)
    assert all(0 <= r.open <= r.amount for r in settled)
    assert all((r.settled_at is not None) <= (r.open == 0) for r in settled)
    if spare > 0:
        assert all(r.open == 0 for r in settled)
    if spare < 0:
        assert all(r.open == r.amount for r in settled)


@given(bills=RECEIVABLES, data=st.data(), entries=ENTRIES)
def test_the_order_in_which_money_becomes_known_does_not_matter(bills, data, entries):
    """Not even between entries of one instant."""
    shuffled = data.draw(st.permutations(entries))
    assert allocate(bills, shuffled) == allocate(bills, entries)
    assert in_order(shuffled) == in_order(entries)


@given(bills=RECEIVABLES, entries=ENTRIES)
def test_numbering_by_arrival_does_not_matter(bills, entries):
    """Entries without an outside identity are told apart by arrival, which must not show in what is open."""
    renamed = [paid(e.at, e.amount, e.invoice, f"#{len(entries) - i}") for i, e in enumerate(entries)]
    assert allocate(bills, renamed) == allocate(bills, entries)
