"""Rules of `policy_machine` about money: what comes, goes back, is corrected, charged, let go or given up."""

from __future__ import annotations

from datetime import date
from typing import Final

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from dunning_engine.domain.charges import Charge, ChargeKind
from dunning_engine.domain.declines import Decline, Scheme
from dunning_engine.domain.events import (
    CreditNoteIssued,
    PaymentFailed,
    PaymentReceived,
    PaymentReversed,
    ReceivableAdded,
)
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
from dunning_engine.domain.receivables import Invoice
from dunning_engine.testing.driving import DAYS, NUMBERS, PARTS, Driven
from dunning_engine.testing.happenings import Late

CHARGES: Final = ("late-1", "late-2")


def _paid(machine: Driven) -> bool:
    return any(isinstance(recorded.event, PaymentReceived) for recorded in machine.stage.events)


def _credited(machine: Driven) -> bool:
    return any(isinstance(recorded.event, CreditNoteIssued) for recorded in machine.stage.events)


class MoneyRules(Driven):
    """Everything that a ledger may hear."""

    @rule(part=PARTS)
    def pays(self, part: int) -> None:
        self.happens(PaymentReceived(self.share(part)))

    @rule(number=NUMBERS)
    def pays_an_invoice(self, number: int) -> None:
        invoices = self.stage.setting.invoices
        invoice = invoices[number % len(invoices)]
        self.happens(PaymentReceived(invoice.amount, invoice.number))

    @rule(part=PARTS, days=DAYS)
    def paid_before_anybody_knew(self, part: int, days: int) -> None:
        self.happens(Late(PaymentReceived(self.share(part)), days))

    @rule(part=PARTS)
    def is_told_twice_of_a_payment(self, part: int) -> None:
        told = PaymentReceived(self.share(part), source="bank", event_id="tx-1")
        self.happens(told, told)

    @precondition(_paid)
    @rule(part=PARTS, kind=st.sampled_from(ReversalKind))
    def payment_goes_back(self, part: int, kind: ReversalKind) -> None:
        self.happens(PaymentReversed(self.share(part), kind=kind))

    @precondition(_paid)
    @rule(part=PARTS, kind=st.sampled_from(ReversalKind), days=DAYS)
    def one_payment_goes_back(self, part: int, kind: ReversalKind, days: int) -> None:
        back = PaymentReversed(self.share(part), source="bank", event_id="back-1", kind=kind, payment="tx-1")
        self.happens(Late(back, days))

    @rule(part=PARTS)
    def is_credited(self, part: int) -> None:
        self.happens(CreditNoteIssued(self.share(part)))

    @precondition(_credited)
    @rule(part=PARTS)
    def credit_is_cancelled(self, part: int) -> None:
        self.happens(CreditNoteCancelled(self.share(part)))

    @rule(part=PARTS, note=st.booleans())
    def money_comes_for_nothing_yet(self, part: int, note: bool) -> None:
        kind = CreditNoteIssued if note else PaymentReceived
        self.happens(kind(self.share(part), unapplied=True))

    @rule(part=PARTS, number=NUMBERS, named=st.booleans())
    def credit_is_applied(self, part: int, number: int, named: bool) -> None:
        self.happens(CreditApplied(self.share(part), self.number(number) if named else None))

    @rule(part=PARTS, number=NUMBERS, named=st.booleans())
    def less_is_asked(self, part: int, number: int, named: bool) -> None:
        self.happens(DiscountGranted(self.share(part // 10), self.number(number) if named else None, why="goodwill"))

    @rule(decline=st.sampled_from(Decline), scheme=st.sampled_from(Scheme))
    def payment_fails(self, decline: Decline, scheme: Scheme) -> None:
        self.happens(PaymentFailed(decline=decline, scheme=scheme))

    # Invoices ----------------------------------------------------------------------------------------------------------

    @rule(number=NUMBERS, part=PARTS, days=st.none() | st.integers(-30, 60))
    def invoice_is_corrected(self, number: int, part: int, days: int | None) -> None:
        due = None if days is None else date.fromordinal(self.today + days)
        self.happens(InvoiceCorrected(self.number(number), self.share(part), due=due, by="north"))

    @rule(number=NUMBERS, days=st.integers(-30, 60))
    def due_day_is_corrected(self, number: int, days: int) -> None:
        self.happens(InvoiceCorrected(self.number(number), due=date.fromordinal(self.today + days)))

    @rule(number=NUMBERS)
    def invoice_is_cancelled(self, number: int) -> None:
        self.happens(InvoiceCancelled(self.number(number), by="north"))

    @rule(number=NUMBERS, part=PARTS, days=st.integers(-40, 40))
    def another_invoice_comes(self, number: int, part: int, days: int) -> None:
        due = date.fromordinal(self.today + days)
        invoice = Invoice(f"L-{number}", self.share(part), due=due, issued=date.fromordinal(self.today + days - 14))
        self.happens(ReceivableAdded(invoice))

    # Charges and what is given up --------------------------------------------------------------------------------------

    @rule(name=st.sampled_from(CHARGES), kind=st.sampled_from(ChargeKind), number=st.none() | NUMBERS)
    def is_charged_by_hand(self, name: str, kind: ChargeKind, number: int | None) -> None:
        invoice = None if number is None else self.number(number)
        charge = Charge(id=name, kind=kind, amount=self.share(40).minor, invoice=invoice, currency=self.currency)
        self.happens(ChargeAssessed(charge))

    @rule(name=st.sampled_from(CHARGES))
    def charge_is_taken_back(self, name: str) -> None:
        self.happens(ChargeReversed(name, "north", "goodwill"))

    @rule(part=st.none() | PARTS, number=st.none() | NUMBERS)
    def is_written_off(self, part: int | None, number: int | None) -> None:
        amount = None if part is None else self.share(part)
        self.happens(WrittenOff(amount, None if number is None else self.number(number), by="north"))
