"""The export of a ledger, read run after run: each time it tells how things stand, and what is new is recorded once."""

from __future__ import annotations

import pytest
from engine_house import House

from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.events import HoldLifted, HoldPlaced, PaymentReceived, PaymentReversed
from dunning_engine.engine.bringing_in import bring_in, itinerary
from dunning_engine.engine.clocks import instant
from dunning_engine.intake.csvfile import read_events, read_invoices
from dunning_engine.intake.gather import gather
from dunning_engine.intake.mapping import load_mapping
from dunning_engine.intake.table import header_of
from dunning_engine.kernel.money import Money

MAPPING = """
invoice: n
debtor: {value: ann}
issued: {value: "2026-02-02"}
due: {value: "2026-03-02"}
amount: {value: "240.00"}
currency: {value: EUR}
kind: {value: consumer}
email: {value: ann@example.com}
zone: {value: Europe/Berlin}
paid_on: on
paid_amount: paid
disputed: {column: disputed, values: {Yes: true, No: false}}
"""


class Ledger:
    """A house that reads an export a day: `on,paid,disputed` of INV-1, and perhaps a table of events."""

    def __init__(self, house: House) -> None:
        self.house = house

    def says(self, day: str, line: str, events: str = "") -> list[str]:
        """What the run of a day takes in, as far as it is about INV-1; refusals last."""
        table = f"n,on,paid,disputed\nINV-1,{line}\n".encode()
        mapping = load_mapping(MAPPING, file="mapping.yaml", header=header_of(table), of="invoices").mapping
        told = read_events(f"date,invoice,fact\n{events}\n".encode(), file="events.csv") if events else None
        intake = gather(read_invoices(table, mapping, file="ledger.csv"), *([told] if told else []))
        assert not intake.errors
        self.house.clock.move_to(f"{day}T09:00:00+01:00")
        items, _ = itinerary(intake, self.house.policies)
        before = self.seq
        brought = bring_in(self.house.engine, [item for item in items if item.at <= self.house.clock.now()])
        new = [recorded for recorded in self.history if recorded.seq > before]
        return [*filter(None, map(_words, new)), *brought.refused]

    @property
    def history(self):
        return self.house.engine.history("ann/EUR") if self.house.engine.cases() else ()

    @property
    def seq(self) -> int:
        return len(self.history)

    @property
    def open(self) -> int:
        return self.house.engine.case("ann/EUR").receivables[0].open


def _words(recorded):
    match recorded.event:
        case PaymentReceived(amount) | PaymentReversed(amount):
            what = f"{type(recorded.event).__name__} {amount}"
        case HoldPlaced(HoldReason.DISPUTE) | HoldLifted(HoldReason.DISPUTE):
            what = type(recorded.event).__name__
        case _:
            return None
    return f"{_day(recorded.at)} {what}"


def _day(at: int) -> str:
    days = [f"2026-{month:02}-{day:02}" for month in (2, 3, 4) for day in range(1, 29)]
    return next(day for day in reversed(days) if instant(day, "Europe/Berlin") <= at)


@pytest.fixture
def ledger(house: House) -> Ledger:
    return Ledger(house)


def test_the_paid_amount_is_a_total(ledger: Ledger) -> None:
    """Three exports with a growing total: each brings the difference on the day of the last payment, and again nothing."""
    exports = [
        ("2026-03-06", "2026-03-05,40.00,No", ["2026-03-05 PaymentReceived 40.00 EUR"], 20_000),
        ("2026-03-10", "2026-03-09,100.00,No", ["2026-03-09 PaymentReceived 60.00 EUR"], 14_000),
        ("2026-03-13", "2026-03-12,240.00,No", ["2026-03-12 PaymentReceived 140.00 EUR"], 0),
    ]
    for day, line, new, left in exports:
        assert ledger.says(day, line) == new
        assert ledger.says(day, line) == []
        assert ledger.open == left


def test_a_smaller_total_takes_money_back(ledger: Ledger) -> None:
    """A payment that went back is known on the day of the run; the same total may come, go and come again."""
    assert ledger.says("2026-03-10", "2026-03-09,100.00,No") == ["2026-03-09 PaymentReceived 100.00 EUR"]
    assert ledger.says("2026-03-13", "2026-03-05,40.00,No") == ["2026-03-13 PaymentReversed 60.00 EUR"]
    assert ledger.says("2026-03-14", "2026-03-05,40.00,No") == []
    assert ledger.says("2026-03-16", "2026-03-09,100.00,No") == ["2026-03-13 PaymentReceived 60.00 EUR"]
    assert ledger.says("2026-03-17", "2026-03-05,40.00,No") == ["2026-03-17 PaymentReversed 60.00 EUR"]
    assert ledger.says("2026-03-18", ",0.00,No") == ["2026-03-18 PaymentReversed 40.00 EUR"]
    assert ledger.says("2026-03-19", ",0.00,No") == []
    assert ledger.says("2026-03-20", "2026-03-19,,No") == ["2026-03-19 PaymentReceived 240.00 EUR"]
    assert ledger.open == 0


def test_a_line_that_falls_silent_takes_nothing_back(ledger: Ledger) -> None:
    """An empty value is no fact, but somebody should look at it."""
    ledger.says("2026-03-10", "2026-03-09,100.00,No")

    (warning,) = ledger.says("2026-03-11", ",,No")
    assert warning.startswith("ledger.csv:2: invoice INV-1 says nothing of the 100.00 EUR that an earlier export told")
    assert ledger.open == 14_000


def test_what_others_told_is_not_compared(ledger: Ledger) -> None:
    """Payments of the bank and of a table of events are facts of their own: a ledger's total does not swallow them."""
    ledger.says("2026-03-05", ",,No")
    ledger.house.engine.record("ann/EUR", PaymentReceived(Money("10.00", "EUR"), "INV-1", "bank", "tx-1"))
    events = "2026-03-08,INV-1,payment of 20.00"

    assert ledger.says("2026-03-10", "2026-03-09,100.00,No", events) == [
        "2026-03-08 PaymentReceived 20.00 EUR",
        "2026-03-09 PaymentReceived 100.00 EUR",
    ]
    assert ledger.says("2026-03-11", "2026-03-09,100.00,No", events) == []
    assert ledger.open == 11_000


def test_a_payment_that_is_dated_later_waits(ledger: Ledger) -> None:
    """A total of a day to come is no news yet, and no silence either."""
    ledger.says("2026-03-06", "2026-03-05,40.00,No")

    assert ledger.says("2026-03-10", "2026-03-12,100.00,No") == []
    assert ledger.says("2026-03-12", "2026-03-12,100.00,No") == ["2026-03-12 PaymentReceived 60.00 EUR"]


def test_a_dispute_ends_when_the_ledger_says_no(ledger: Ledger) -> None:
    """Yes counts from the issue date; no, and yes again, from the run that reads it; an empty value says nothing."""
    assert ledger.says("2026-03-06", ",,Yes") == ["2026-02-02 HoldPlaced"]
    assert ledger.says("2026-03-07", ",,Yes") == []
    assert ledger.says("2026-03-09", ",,") == []
    assert ledger.says("2026-03-10", ",,No") == ["2026-03-10 HoldLifted"]
    assert ledger.says("2026-03-11", ",,No") == []
    assert ledger.says("2026-03-12", ",,Yes") == ["2026-03-12 HoldPlaced"]
    assert ledger.says("2026-03-13", ",,Yes") == []
    assert ledger.says("2026-03-16", "2026-03-15,240.00,Yes") == [
        "2026-03-15 PaymentReceived 240.00 EUR",
        "2026-03-15 HoldLifted",
    ]
    assert ledger.says("2026-03-17", "2026-03-15,240.00,Yes") == []


def test_a_dispute_of_somebody_else_stays(ledger: Ledger) -> None:
    """A ledger that never said yes does not end what the debtor told an agent; its first yes counts after that, too."""
    ledger.says("2026-03-05", ",,No")
    ledger.house.engine.record("ann/EUR", HoldPlaced(HoldReason.DISPUTE, "INV-1", by="Ida"))
    assert ledger.says("2026-03-06", ",,No") == []
    ledger.house.engine.record("ann/EUR", HoldLifted(HoldReason.DISPUTE, "INV-1", by="Ida"))

    assert ledger.says("2026-03-09", ",,Yes") == ["2026-03-09 HoldPlaced", "2026-02-02 HoldPlaced"]
    assert ledger.says("2026-03-10", ",,Yes") == []
    assert [hold.end is None for hold in ledger.house.engine.case("ann/EUR").holds] == [False, True]


def test_what_an_agent_closed_stays_closed(ledger: Ledger) -> None:
    """The same yes as before is no news."""
    ledger.says("2026-03-06", ",,Yes")
    ledger.house.engine.record("ann/EUR", HoldLifted(HoldReason.DISPUTE, "INV-1", by="Ida"))

    assert ledger.says("2026-03-09", ",,Yes") == []
    assert [hold.end is None for hold in ledger.house.engine.case("ann/EUR").holds] == [False]
